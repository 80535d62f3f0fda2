import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import { decodeText } from '../../../../vfs/names.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { randomSource } from '../../../conformance/expectations.ts';
import { snapshot } from '../../../support/snapshot.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { readWholeFile, writeWholeFile } from '../../../support/whole-files.ts';

const SWAPPER = fileURLToPath(new URL('../../../support/swap-forever.ts', import.meta.url));
/** Enough to meet every moment of a swap; all of them where a change is checked before it lands. */
const OPERATIONS = process.env['CI'] === undefined ? 20_000 : 100_000;
const AT_ONCE = 8;
const SECRET = 'nobody inside may ever see this';

const at = (path: string): VfsPath => path as VfsPath;

type Random = (below: number) => number;
/** Answers what was learned, to be searched for what only the outside has. */
type Action = (backend: VfsBackend, random: Random) => Promise<unknown>;

/** Each name is at times one of the folder, and at times a link to one outside. */
const somePath = (random: Random): string =>
  ['/d', '/d/f', '/d/sub', '/d/sub/f', '/deep/er/d/f', '/deep/er/d', '/f'][random(7)] as string;
const someNewPath = (random: Random): string =>
  `${['/d', '/d/sub', '/deep/er/d'][random(3)]}/new${random(5)}`;

const ACTIONS: readonly Action[] = [
  (backend, random) => backend.lstat(at(somePath(random)), {}).then(({ uid }) => uid),
  (backend, random) => backend.readdir(at(somePath(random)), { limit: 50 }, {}),
  async (backend, random) => decodeText(await readWholeFile(backend, somePath(random))),
  (backend, random) => overwrite(backend, somePath(random)),
  (backend, random) => writeWholeFile(backend, someNewPath(random), 'made'),
  (backend, random) =>
    backend.setstat(at(somePath(random)), { mode: 0o777, mtime: { seconds: 9, nanoseconds: 0 } }, {}),
  (backend, random) => backend.setstat(at(somePath(random)), { size: 3 }, {}),
  (backend, random) => backend.mkdir(at(someNewPath(random)), 0o777, {}),
  (backend, random) => backend.symlink('anywhere', at(someNewPath(random)), {}),
  (backend, random) => backend.rmdir(at(someNewPath(random)), {}),
  (backend, random) => backend.unlink(at(someNewPath(random)), {}),
  (backend, random) => backend.link(at('/d/f'), at(someNewPath(random)), {}),
  (backend, random) =>
    backend.rename(at(someNewPath(random)), at(someNewPath(random)), { replace: random(2) === 0 }, {}),
];

/** Makes nothing: a new file by the name of what is swapped would be in the swapper's way. */
async function overwrite(backend: VfsBackend, path: string): Promise<void> {
  const handle = await backend.open(at(path), { access: 'w', truncate: true }, 0, {});
  try {
    await backend.write(handle, 0, new TextEncoder().encode('overwritten'), {});
  } finally {
    await backend.close(handle, {});
  }
}

describe('a program that swaps directories for links under a HostBackend', () => {
  const swappers: ChildProcess[] = [];
  // Before the directory is removed, which hooks after this one do.
  afterEach(async () => {
    for (const swapper of swappers.splice(0)) {
      swapper.kill('SIGKILL');
      if (swapper.exitCode === null && swapper.signalCode === null) await once(swapper, 'exit');
    }
  });

  const directory = temporaryDirectory();
  let inside: string;
  let outside: string;

  beforeEach(() => {
    [inside, outside] = [join(directory(), 'inside'), join(directory(), 'outside')];
    // Below `d`, both places have the same names: only the link makes the difference.
    for (const path of [join(inside, 'd'), join(inside, 'deep/er/d'), outside]) {
      mkdirSync(join(path, 'sub'), { recursive: true });
      for (const name of ['f', 'sub/f'])
        writeFileSync(join(path, name), path === outside ? SECRET : 'inside');
    }
    writeFileSync(join(inside, 'f'), 'inside');
    writeFileSync(join(outside, 'secret-name'), SECRET);
    symlinkSync(outside, join(inside, 'd.other'));
    symlinkSync('../../../outside', join(inside, 'deep/er/d.other'));
    symlinkSync(join(outside, 'f'), join(inside, 'f.other'));
    for (const path of ['sub/f', 'sub', 'f', 'secret-name', '']) utimesSync(join(outside, path), 1, 2);
  });

  async function swap(where: string, ...names: readonly string[]): Promise<void> {
    const swapper = spawn(process.execPath, ['--import', 'tsx', SWAPPER, where, ...names], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    swappers.push(swapper);
    await once(swapper.stdout as NodeJS.EventEmitter, 'data');
  }

  it(`never leads one of ${OPERATIONS} operations out of the folder`, async function () {
    this.timeout(300_000);
    await swap(inside, 'd', 'f', 'deep/er/d');
    const before = snapshot(outside);
    const accessed = lstatSync(outside).atimeMs;
    const backend = await HostBackend.open(inside);
    const outcomes = new Map<string, number>();
    let left = OPERATIONS;

    async function task(_: unknown, number: number): Promise<void> {
      const random = randomSource(number + 1);
      while (left-- > 0) {
        const outcome = await outcomeOf((ACTIONS[random(ACTIONS.length)] as Action)(backend, random));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }

    await Promise.all(Array.from({ length: AT_ONCE }, task));
    await backend.dispose();
    for (const swapper of swappers) expect(swapper.exitCode, 'the swapper has ended').to.equal(null);
    // The directory outside was not even listed: reading one moves its access time.
    expect(lstatSync(outside).atimeMs).to.equal(accessed);
    expect(snapshot(outside)).to.deep.equal(before);
    expect(readdirSync(outside)).to.have.members(['f', 'sub', 'secret-name']);
    // Both sides of the race were met, again and again.
    for (const outcome of ['ok', 'ELOOP'])
      expect(outcomes.get(outcome), outcome).to.be.above(OPERATIONS / 100);
  });
});

async function outcomeOf(action: Promise<unknown>): Promise<string> {
  try {
    const learned = JSON.stringify((await action) ?? null);
    expect(learned).not.to.include(SECRET);
    expect(learned).not.to.include('secret-name');
    return 'ok';
  } catch (error) {
    if (isVfsError(error)) return error.code;
    throw error;
  }
}
