import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc');
/** By its place, since a program may run outside of the project. */
const TSX = import.meta.resolve('tsx');
const BLOCK = /^```(\w+)\n([\s\S]*?)^```$/gm;
const FILE_NAME = /^\/\/ ([\w-]+(?:\.test)?\.ts)\n/;

/** What a document shows, `README.md` or one of `docs/`: files whose first line is `// name.ts`, and what the last of them prints. */
export interface DocumentedProgram {
  readonly files: ReadonlyMap<string, string>;
  readonly output: string;
}

export function readDocumentedProgram(document: string): DocumentedProgram {
  const folder = document === 'README.md' ? '.' : 'docs';
  const blocks = [...readFileSync(join(PROJECT, folder, document), 'utf8').matchAll(BLOCK)];
  const of = (language: string) =>
    blocks.filter((block) => block[1] === language).map((block) => block[2] ?? '');
  const files = of('ts').map(
    (text) => [FILE_NAME.exec(text)?.[1] ?? `unnamed in ${document}`, text] as const,
  );
  return { files: new Map(files), output: of('text').at(-1) ?? '' };
}

/** Writes the files where `import … from 'anyfs'` means this project's sources. */
export function writeProgram({ files }: DocumentedProgram, directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(directory, name), text);
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    rootDir: '/',
    typeRoots: [join(PROJECT, 'node_modules/@types')],
    paths: {
      anyfs: [join(PROJECT, 'vfs/index.ts')],
      'anyfs/backend-kit': [join(PROJECT, 'vfs/backend-kit.ts')],
      'anyfs/conformance': [join(PROJECT, 'test/conformance/index.ts')],
    },
  };
  const config = { extends: join(PROJECT, 'tsconfig.json'), compilerOptions, include: ['*.ts'] };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
}

/** What the compiler says against it; empty where it is content. */
export function compileProgram(directory: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [TSC, '-p', directory], { encoding: 'utf8' });
  return stdout + stderr;
}

/** Runs one of the files, in the directory or in the project; what it prints. */
export function runDocumented(directory: string, file: string, cwd = PROJECT): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', TSX, join(directory, file)], {
    ...documentedEnvironment(directory),
    cwd,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

/** Where a process must run that is to find `anyfs` for the files in the directory. */
export function documentedEnvironment(directory: string): { cwd: string; env: NodeJS.ProcessEnv } {
  return { cwd: PROJECT, env: { ...process.env, TSX_TSCONFIG_PATH: join(directory, 'tsconfig.json') } };
}
