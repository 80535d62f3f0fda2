import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** What a test of somebody's own backend imports: the suite is packed, our own tests are not. */
const CONFORMANCE = `
import { describeConformance, type ConformanceOptions } from 'anyfs/conformance';
import { HandleTable, resolveByCalls } from 'anyfs/backend-kit';
import { FileStorage, MemoryBackend } from 'anyfs/portable';

const { capabilities } = new MemoryBackend();
const options: ConformanceOptions = { capabilities };
console.log(typeof describeConformance, typeof resolveByCalls, new HandleTable().size, options.capabilities.limits);
console.log(typeof new FileStorage(new MemoryBackend()).createReadStream('/no').getReader);
`;

/** A program of somebody who has installed the package. */
const PROGRAM = `
import { FileStorage, isVfsError, MemoryBackend, quota, SqliteBackend, stack, tracing, VfsError } from 'anyfs';
import type { Layer, TraceEvent, VfsBackend } from 'anyfs';

interface Photos { readonly photos: true }

const events: TraceEvent[] = [];
const layers: Layer[] = [quota({ bytes: 10 }), tracing((event) => events.push(event))];
const backends: VfsBackend[] = [new MemoryBackend(), await SqliteBackend.open(process.argv[2] as string)];
for (const backend of backends) {
  const storage = new FileStorage<Photos>(stack(backend, ...layers));
  await storage.mkdir('/a/b', { recursive: true });
  await storage.writeFile('/a/b/f', 'content');
  const text: string = await storage.readFile('/a/b/f', 'utf8');
  const bytes: Uint8Array = await storage.readFile('/a/b/f');
  const refused: unknown = await storage.writeFile('/g', 'too much').catch((error: unknown) => error);
  const code = refused instanceof VfsError && isVfsError(refused, 'EDQUOT') ? refused.code : 'no error';
  console.log(text, bytes.length, code, (await storage.stat('/a/b')).isDirectory());
  await backend.dispose();
}
console.log(events.some(({ op }) => op === 'write'));
// @ts-expect-error: a storage of photos is not one of something else.
const wrong: FileStorage<{ readonly letters: true }> = new FileStorage<Photos>(new MemoryBackend());
console.log(typeof wrong);
`;

const CONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    skipLibCheck: false,
    outDir: 'out',
  },
  files: ['program.ts', 'conformance.ts'],
};

/** How bundlers find types. */
const BUNDLER = {
  extends: './tsconfig.json',
  compilerOptions: { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
};

describe('the package', function () {
  this.timeout(120_000);
  let directory: string;
  let manifest: { readonly dependencies: Readonly<Record<string, string>> };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'anyfs-package-'));
    manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as typeof manifest;
    await install();
  });

  after(() => rm(directory, { recursive: true }));

  /** As npm would lay it out: the built package, and its dependencies beside it. */
  async function install(): Promise<void> {
    const modules = join(directory, 'node_modules');
    await mkdir(join(modules, 'anyfs'), { recursive: true });
    await writeFile(join(modules, 'anyfs/package.json'), JSON.stringify(manifest));
    await run(process.execPath, [
      TSC,
      '-p',
      join(ROOT, 'tsconfig.build.json'),
      '--outDir',
      join(modules, 'anyfs/dist'),
    ]);
    const present = ['chai', 'fast-check', 'mocha'];
    for (const name of [...Object.keys(manifest.dependencies), ...present]) {
      await mkdir(join(modules, name, '..'), { recursive: true });
      await symlink(join(ROOT, 'node_modules', name), join(modules, name));
    }
  }

  it('is imported by its name, with types, and works', async () => {
    await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(directory, 'program.ts'), PROGRAM);
    await writeFile(join(directory, 'conformance.ts'), CONFORMANCE);
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(CONFIG));
    await writeFile(join(directory, 'tsconfig.bundler.json'), JSON.stringify(BUNDLER));
    await run(process.execPath, [TSC, '-p', directory]);
    await run(process.execPath, [TSC, '-p', join(directory, 'tsconfig.bundler.json')]);
    const storage = join(directory, 'storage.db');
    const { stdout } = await run(process.execPath, [join(directory, 'out/program.js'), storage]);
    const each = 'content 7 EDQUOT true';
    expect(stdout.trim().split('\n')).to.deep.equal([each, each, 'true', 'object']);
    const kit = await run(process.execPath, [join(directory, 'out/conformance.js')]);
    expect(kit.stdout.trim().split('\n')).to.deep.equal(['function function 0 true', 'function']);
  });

  it('is packed with its code, types and papers, and no test but the conformance suite', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT });
    const [packed] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
    const files = packed.files.map(({ path }) => path);
    expect(files).to.include.members([
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'bin/anyfs.js',
    ]);
    const suite = /^dist\/test\/conformance\/[\w-]+\.(js|d\.ts|js\.map)$/;
    const tests = files.filter((path) => /(^|\/)test\/|\.test\./.test(path));
    expect(tests.filter((path) => !suite.test(path))).to.deep.equal([]);
    expect(tests).to.include('dist/test/conformance/index.js');
  });
});
