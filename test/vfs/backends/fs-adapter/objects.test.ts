import { expect } from 'chai';
import { createFsFromVolume, Volume } from 'memfs';
import * as nodeFs from 'node:fs/promises';
import { inspect } from 'node:util';
import { fromFsPromises, type FsPromises } from '../../../../vfs/backends/fs-adapter/index.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import type { VfsError } from '../../../../vfs/errors.ts';
import { FileStorage } from '../../../../vfs/file-storage.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { refused } from '../../../conformance/expectations.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { readWholeFile, writeWholeFile } from '../../../support/whole-files.ts';

const at = (path: string): VfsPath => path as VfsPath;

/** Only what must be there. */
function barely(fs: FsPromises): FsPromises {
  return {
    lstat: (path, options) => fs.lstat(path, options),
    async open(path, flags, mode) {
      const file = await fs.open(path, flags, mode);
      return {
        read: (...args) => file.read(...args),
        write: (...args) => file.write(...args),
        truncate: (size) => file.truncate(size),
        stat: (options) => file.stat(options),
        close: () => file.close(),
      };
    },
    readdir: (path) => fs.readdir(path),
    mkdir: (path, mode) => fs.mkdir(path, mode),
    rmdir: (path) => fs.rmdir(path),
    unlink: (path) => fs.unlink(path),
    rename: (from, to) => fs.rename(from, to),
  };
}

describe('an object in the shape of fs/promises as a storage', () => {
  const directory = temporaryDirectory();

  it('needs little; what it lacks is refused', async () => {
    const backend = await fromFsPromises(barely(createFsFromVolume(new Volume()).promises));
    expect(backend.capabilities).to.include({ symlinks: false, hardLinks: false, persistent: false });
    await backend.mkdir(at('/d'), 0o755, {});
    await writeWholeFile(backend, '/d/f', 'content');
    expect(Buffer.from(await readWholeFile(backend, '/d/f')).toString()).to.equal('content');
    await backend.rename(at('/d/f'), at('/g'), { replace: false }, {});
    await backend.setstat(at('/g'), { size: 3 }, {});
    expect((await backend.readdir(at('/'), { limit: 9 }, {})).map(({ name }) => name)).to.deep.equal([
      'd',
      'g',
    ]);
    expect(await backend.lstat(at('/g'), {})).to.include({ size: 3 });
    const handle = await backend.open(at('/g'), { access: 'rw' }, 0, {});
    await backend.fsync(handle, {});
    await backend.sync({});
    const time = { seconds: 5, nanoseconds: 0 };
    for (const change of [{ mode: 0o600 }, { mtime: time }]) {
      await refused(backend.setstat(at('/g'), change, {}), 'ENOTSUP');
      await refused(backend.fsetstat(handle, change, {}), 'ENOTSUP');
    }
    await refused(backend.setstat(at('/g'), { uid: 5 }, {}), 'EPERM');
    await refused(backend.symlink('x', at('/l'), {}), 'ENOTSUP');
    await refused(backend.link(at('/g'), at('/h'), {}), 'ENOTSUP');
    expect((await backend.statfs({})).bytesFree).to.be.above(0);
    await backend.unlink(at('/g'), {});
    await backend.rmdir(at('/d'), {});
    await backend.dispose();
  });

  it('can be a part of a file system, and says nothing of the rest', async () => {
    const volume = Volume.fromJSON({ '/part/f': 'inside', '/secret': 'outside' });
    const backend = await fromFsPromises(createFsFromVolume(volume).promises, { root: '/part' });
    expect(Buffer.from(await readWholeFile(backend, '/f')).toString()).to.equal('inside');
    await refused(readWholeFile(backend, '/secret'), 'ENOENT');
    const error = (await backend.unlink(at('/missing'), {}).catch((reason: unknown) => reason)) as VfsError;
    expect(error.message).to.equal("ENOENT: no such file or directory, unlink '/missing'");
    expect(inspect(error, { depth: 9 }).replaceAll(/^ +at .*$/gm, '')).not.to.include('/part');
    await backend.dispose();
  });

  it('must have the root as a directory', async () => {
    const { promises } = createFsFromVolume(Volume.fromJSON({ '/f': 'x' }));
    await refused(fromFsPromises(promises, { root: '/missing' }), 'ENOENT');
    await refused(fromFsPromises(promises, { root: '/f' }), 'ENOTDIR');
  });

  it('may be a storage again: errors name its paths, not those of the storage below', async () => {
    const below = new MemoryBackend();
    await below.mkdir(at('/part'), 0o755, {});
    const backend = await fromFsPromises(new FileStorage(below), { root: '/part' });
    await writeWholeFile(backend, '/f', 'x');
    expect((await below.lstat(at('/part/f'), {})).size).to.equal(1);
    const error = await refused(backend.readdir(at('/missing/x'), { limit: 1 }, {}), 'ENOENT');
    expect(error.message).to.equal("ENOENT: no such file or directory, readdir '/missing/x'");
  });

  it("may be Node's own, with names of any bytes", async () => {
    const backend = await fromFsPromises(nodeFs, { root: directory(), names: 'bytes', persistent: true });
    await writeWholeFile(backend, '/\udcff\n', 'odd');
    expect(await nodeFs.readdir(directory(), { encoding: 'buffer' })).to.deep.equal([
      Buffer.from([0xff, 0x0a]),
    ]);
    expect((await backend.readdir(at('/'), { limit: 9 }, {})).map(({ name }) => name)).to.deep.equal([
      '\udcff\n',
    ]);
    await refused(backend.sync({}), 'ENOTSUP');
    await backend.dispose();
  });
});

describe('a folder of the host where there is no Linux', () => {
  const directory = temporaryDirectory();

  it('is refused, unless races are allowed', async () => {
    await refused(HostBackend.open(directory(), { platform: 'darwin' }), 'ENOTSUP');
    await refused(HostBackend.open(directory(), { platform: 'win32', allowRaces: true }), 'ENOTSUP');
    const backend = await HostBackend.open(directory(), { platform: 'freebsd', allowRaces: true });
    await writeWholeFile(backend, '/f', 'content');
    expect(await nodeFs.readFile(`${directory()}/f`, 'utf8')).to.equal('content');
    await nodeFs.symlink('/etc', `${directory()}/l`);
    await refused(backend.lstat(at('/l/passwd'), {}), 'ELOOP');
    await backend.dispose();
  });
});
