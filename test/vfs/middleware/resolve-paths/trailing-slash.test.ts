import { expect } from 'chai';
import * as fs from 'node:fs/promises';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { stack } from '../../../../vfs/layer.ts';
import { resolvePaths } from '../../../../vfs/middleware/resolve-paths.ts';
import { outcomeOf } from '../../../conformance/expectations.ts';
import { at } from '../../../conformance/suite.ts';
import { skip } from '../../../support/require-program.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { mkdirs, names, put } from '../steps.ts';

/** An operation on a storage, and the same on the kernel's files below a directory. */
interface Twin {
  readonly here: (backend: VfsBackend, path: string, to: string) => Promise<unknown>;
  readonly kernel: (path: string, to: string) => Promise<unknown>;
}

const TWINS: Readonly<Record<string, Twin>> = {
  mkdir: { here: (backend, path) => backend.mkdir(at(path), 0o755, {}), kernel: (path) => fs.mkdir(path) },
  rmdir: { here: (backend, path) => backend.rmdir(at(path), {}), kernel: (path) => fs.rmdir(path) },
  unlink: { here: (backend, path) => backend.unlink(at(path), {}), kernel: (path) => fs.unlink(path) },
  symlink: {
    here: (backend, path) => backend.symlink('x', at(path), {}),
    kernel: (path) => fs.symlink('x', path),
  },
  rename: {
    here: (backend, path, to) => backend.rename(at(path), at(to), { replace: true }, {}),
    kernel: (path, to) => fs.rename(path, to),
  },
  link: {
    here: (backend, path, to) => backend.link(at(path), at(to), {}),
    kernel: (path, to) => fs.link(path, to),
  },
};

const PATHS = [
  '/d',
  '/d/',
  '/full/',
  '/f/',
  '/link/',
  '/link',
  '/flink/',
  '/dangling/',
  '/new/',
  '/new',
  '/d/new//',
];
const TARGETS = ['/other', '/other/', '/empty/', '/empty', '/g/', '/link2/', '/dangling2/'];
const TWO: ReadonlySet<string> = new Set(['rename', 'link']);

async function plantHere(): Promise<VfsBackend> {
  const below = new MemoryBackend();
  await mkdirs(below, '/d', '/full', '/full/x', '/empty');
  for (const file of ['/f', '/g']) await put(below, file, file);
  for (const [name, target] of LINKS) await below.symlink(target, at(name), {});
  return below;
}

const LINKS = [
  ['/link', 'd'],
  ['/link2', 'empty'],
  ['/flink', 'f'],
  ['/dangling', 'nowhere'],
  ['/dangling2', 'nowhere2'],
] as const;

async function plantThere(root: string): Promise<void> {
  for (const directory of ['/d', '/full', '/full/x', '/empty']) await fs.mkdir(root + directory);
  for (const file of ['/f', '/g']) await fs.writeFile(root + file, file);
  for (const [name, target] of LINKS) await fs.symlink(target, root + name);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

describe('a slash behind a name', () => {
  const directory = temporaryDirectory();

  before(function () {
    if (process.platform !== 'linux') skip(this, "it is compared with Linux's kernel");
  });

  for (const [op, { here, kernel }] of Object.entries(TWINS)) {
    for (const path of PATHS) {
      it(`${op} '${path}' does what Linux does, and to the same names`, async () => {
        for (const [index, to] of (TWO.has(op) ? TARGETS : ['']).entries()) {
          const root = `${directory()}/${index}`;
          await fs.mkdir(root);
          await plantThere(root);
          const below = await plantHere();
          const told = await codeOf(kernel(root + path, root + to));
          const outcome = await outcomeOf(here(stack(below, resolvePaths()), path, to));
          // Of two refusals that both apply, the order is free: a directory that gets a second name, by a name that is taken.
          const likewise = op === 'link' && told === 'EEXIST' ? ['EEXIST', 'EPERM'] : [told];
          expect(likewise, `${outcome} to '${to}'`).to.include(outcome);
          for (const one of ['/', '/d', '/empty'])
            if (await fs.lstat(root + one).catch(() => undefined))
              expect(await names(below, one), `${one} after '${to}'`).to.have.members(
                await fs.readdir(root + one),
              );
        }
      });
    }
  }
});
