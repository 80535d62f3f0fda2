import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { refused } from '../../../conformance/expectations.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { writeWholeFile } from '../../../support/whole-files.ts';

const at = (path: string): VfsPath => path as VfsPath;
const names = async (backend: VfsBackend, path = '/'): Promise<string[]> =>
  (await backend.readdir(at(path), { limit: 1000 }, {})).map(({ name }) => name);

async function refusesAll(backend: VfsBackend, path: string): Promise<void> {
  const attempts: readonly Promise<unknown>[] = [
    backend.lstat(at(path), {}),
    backend.open(at(path), { access: 'r' }, 0, {}),
    backend.open(at(path), { access: 'w' }, 0, {}),
    backend.open(at(path), { access: 'rw', create: 'if-missing', truncate: true }, 0, {}),
    backend.setstat(at(path), { mode: 0o777 }, {}),
    backend.link(at(path), at('/other'), {}),
    backend.rename(at(path), at('/other'), { replace: true }, {}),
    backend.unlink(at(path), {}),
    backend.resolve(at(path), 'keep', {}),
  ];
  await Promise.all(attempts.map((attempt) => refused(attempt, 'EACCES')));
}

describe('what is neither file, directory nor symlink, in a HostBackend', () => {
  const directory = temporaryDirectory();
  let backend: VfsBackend;

  beforeEach(async () => (backend = await HostBackend.open(directory())));
  afterEach(() => backend.dispose());

  it('a FIFO is not listed, never waits for its other end, and stays', async () => {
    const fifo = join(directory(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    await writeWholeFile(backend, '/file', '');
    expect(await names(backend)).to.deep.equal(['file']);
    await refusesAll(backend, '/fifo');
    await refused(backend.rename(at('/file'), at('/fifo'), { replace: true }, {}), 'EACCES');
    await refused(backend.mkdir(at('/fifo'), 0o755, {}), 'EEXIST');
    expect(lstatSync(fifo).isFIFO()).to.equal(true);
  });

  it('a socket is not listed, and nobody connects to it', async () => {
    const server: Server = createServer(() => expect.fail('somebody connected'));
    server.listen(join(directory(), 'socket'));
    await once(server, 'listening');
    try {
      expect(await names(backend)).to.deep.equal([]);
      await refusesAll(backend, '/socket');
    } finally {
      server.close();
    }
  });

  it('a device is not listed, and not opened', async () => {
    const devices = await HostBackend.open('/dev');
    expect(await names(devices)).not.to.include('null');
    await refused(devices.lstat(at('/null'), {}), 'EACCES');
    await refused(devices.open(at('/null'), { access: 'r' }, 0, {}), 'EACCES');
    await refused(devices.open(at('/zero'), { access: 'r' }, 0, {}), 'EACCES');
    await devices.dispose();
  });

  it('a directory that holds one cannot be removed, though it looks empty', async () => {
    mkdirSync(join(directory(), 'd'));
    execFileSync('mkfifo', [join(directory(), 'd', 'fifo')]);
    expect(await names(backend, '/d')).to.deep.equal([]);
    await refused(backend.rmdir(at('/d'), {}), 'ENOTEMPTY');
  });

  it('another file system that is mounted below is not there', async () => {
    const all = await HostBackend.open('/');
    expect(await names(all)).not.to.include.members(['proc']);
    await refused(all.lstat(at('/proc'), {}), 'EACCES');
    await refused(all.lstat(at('/proc/self'), {}), 'EACCES');
    await refused(all.readdir(at('/proc'), { limit: 1 }, {}), 'EACCES');
    await refused(all.open(at('/proc/version'), { access: 'r' }, 0, {}), 'EACCES');
    await all.dispose();
  });

  it('another file system is entered where the options say so', async () => {
    const all = await HostBackend.open('/', { crossMounts: true });
    expect(await names(all)).to.include('proc');
    expect(await all.lstat(at('/proc/version'), {})).to.include({ type: 'file' });
    await refused(all.lstat(at('/proc/self/root'), {}), 'ELOOP');
    await all.dispose();
  });
});
