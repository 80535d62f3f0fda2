import { expect } from 'chai';
import { createFsFromVolume, Volume } from 'memfs';
import { readdirSync } from 'node:fs';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { fromFsPromises } from '../../../../vfs/backends/fs-adapter/index.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { outcomeOf, randomSource, refused } from '../../../conformance/expectations.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { readWholeFile, writeWholeFile } from '../../../support/whole-files.ts';

const at = (path: string): VfsPath => path as VfsPath;
const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

const NAMES = ['/a', '/b', '/d', '/d/a', '/d/e', '/d/e/f', '/a/x', '/missing/x'];
type Action = (backend: VfsBackend, path: string, other: string) => Promise<unknown>;

const ACTIONS: readonly Action[] = [
  (backend, path) => backend.lstat(at(path), {}),
  (backend, path) => backend.setstat(at(path), { size: 5 }, {}),
  (backend, path) => backend.readdir(at(path), { limit: 2 }, {}),
  (backend, path) => backend.mkdir(at(path), 0o755, {}),
  (backend, path) => backend.symlink('a', at(path), {}),
  (backend, path) => backend.readlink(at(path), {}),
  (backend, path) => backend.unlink(at(path), {}),
  (backend, path) => backend.rmdir(at(path), {}),
  (backend, path, other) => backend.link(at(path), at(other), {}),
  (backend, path, other) => backend.rename(at(path), at(other), { replace: true }, {}),
  (backend, path, other) => backend.rename(at(path), at(other), { replace: false }, {}),
  (backend, path) => backend.resolve(at(`${path}/../x`), 'follow', {}),
  (backend, path) => writeWholeFile(backend, path, 'content'),
  (backend, path) => readWholeFile(backend, path),
  (backend, path) =>
    backend.open(at(path), { access: 'w', create: 'exclusive' }, 0o644, { limits: { inodes: 1 } }),
];

describe('descriptors of a HostBackend', () => {
  const directory = temporaryDirectory();

  it('are all closed after whatever operations, failed ones included', async () => {
    const before = openDescriptors();
    const backend = await HostBackend.open(directory(), { directoriesKept: 3 });
    const random = randomSource(1);
    const name = (): string => NAMES[random(NAMES.length)] as string;
    for (let turn = 0; turn < 100; turn++) {
      const actions = Array.from({ length: 10 }, () => ACTIONS[random(ACTIONS.length)] as Action);
      await Promise.all(actions.map((action) => outcomeOf(action(backend, name(), name()))));
    }
    // The root and the directories that are kept.
    expect(openDescriptors()).to.be.at.most(before + 4);
    await backend.dispose();
    expect(openDescriptors()).to.be.at.most(before);
  });

  it('of files that are left open are closed by dispose', async () => {
    const before = openDescriptors();
    const backend = await HostBackend.open(directory());
    for (let index = 0; index < 20; index++) {
      await backend.open(at(`/f${index}`), { access: 'rw', create: 'exclusive' }, 0o644, {});
    }
    await backend.open(at('/'), { access: 'r' }, 0, {});
    expect(openDescriptors()).to.be.at.least(before + 21);
    await backend.dispose();
    expect(openDescriptors()).to.be.at.most(before);
  });

  it('are as many as the limit says: EMFILE beyond, and room again after a close', async () => {
    const backend = await HostBackend.open(directory(), { filesMax: 2 });
    const open = (path: string) => backend.open(at(path), { access: 'rw', create: 'if-missing' }, 0o644, {});
    const first = await open('/a');
    await open('/b');
    await refused(open('/c'), 'EMFILE');
    await refused(backend.lstat(at('/c'), {}), 'ENOENT');
    await refused(backend.open(at('/'), { access: 'r' }, 0, {}), 'EMFILE');
    await backend.close(first, {});
    await open('/c');
    await backend.dispose();
  });

  for (const [what, open] of [
    ['a HostBackend', (filesMax: number) => HostBackend.open(directory(), { filesMax })],
    [
      'fromFsPromises',
      (filesMax: number) => fromFsPromises(createFsFromVolume(new Volume()).promises, { filesMax }),
    ],
  ] as const) {
    it(`of ${what} that are too many leave the file whole that they were to cut`, async () => {
      const backend = await open(3);
      const names = Array.from({ length: 12 }, (_, index) => `/cut-${index}`);
      for (const name of names) await writeWholeFile(backend, name, 'content');
      const cutting = names.map((name) => backend.open(at(name), { access: 'w', truncate: true }, 0, {}));
      const outcomes = await Promise.all(cutting.map((opening) => outcomeOf(opening)));
      expect(outcomes.filter((outcome) => outcome === 'ok')).to.have.length(3);
      for (const [index, name] of names.entries()) {
        const isOpen = outcomes[index] === 'ok';
        expect(outcomes[index]).to.equal(isOpen ? 'ok' : 'EMFILE');
        expect((await backend.lstat(at(name), {})).size).to.equal(isOpen ? 0 : 7);
      }
      await backend.dispose();
    });
  }

  it('are closed where the storage cannot be opened', async () => {
    const before = openDescriptors();
    await refused(HostBackend.open(`${directory()}/missing`), 'ENOENT');
    await refused(HostBackend.open('/proc/version'), 'ENOTDIR');
    expect(openDescriptors()).to.be.at.most(before);
  });
});
