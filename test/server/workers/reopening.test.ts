import { expect } from 'chai';
import { reopening, type Reach } from '../../../server/workers/reopening.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import type { Handle, VfsBackend } from '../../../vfs/backend.ts';
import { vfsPath } from '../../../vfs/path.ts';
import { rejection } from '../../support/rejection.ts';

const FILE = vfsPath('/file');

describe('a storage in another process', () => {
  let reached: { readonly backend: MemoryBackend; lose(): Promise<void> }[];
  let failing: Error | undefined;
  let storage: VfsBackend;

  const reach = async (): Promise<Reach> => {
    if (failing !== undefined) throw failing;
    const backend = new MemoryBackend();
    let tell = (): void => {};
    const lost = new Promise<void>((resolve) => (tell = resolve));
    const lose = async (): Promise<void> => {
      await backend.dispose();
      tell();
      await lost;
    };
    reached.push({ backend, lose });
    return { backend, lost, close: () => backend.dispose() };
  };
  const create = (): Promise<Handle> => storage.open(FILE, { access: 'rw', create: 'if-missing' }, 0o644, {});

  beforeEach(async () => {
    reached = [];
    failing = undefined;
    storage = await reopening(reach);
  });

  it('is reached once for all calls', async () => {
    const handle = await create();
    await storage.write(handle, 0, Buffer.from('content'), {});
    expect(Buffer.from(await storage.read(handle, 0, 100, {})).toString()).to.equal('content');
    await storage.copyRange(handle, 0, 3, handle, 7, {});
    expect((await storage.fstat(handle, {})).size).to.equal(10);
    await storage.close(handle, {});
    expect((await rejection(storage.fstat(handle, {}))).message).to.match(/EBADF/);
    expect(reached).to.have.lengthOf(1);
  });

  it('is reached anew after it was lost, by all who wait together', async () => {
    await reached[0]?.lose();
    await Promise.all([create(), storage.statfs({}), storage.lstat(vfsPath('/'), {})]);
    expect(reached).to.have.lengthOf(2);
  });

  it('forgets files that were open when it was lost, and does not take a new one for one of them', async () => {
    const before = await create();
    await reached[0]?.lose();
    const after = await create();
    await storage.write(after, 0, Buffer.from('new'), {});
    for (const call of [
      storage.write(before, 0, Buffer.from('old'), {}),
      storage.copyRange(after, 0, 1, before, 0, {}),
      storage.close(before, {}),
    ]) {
      expect((await rejection(call)).message).to.match(/ESTALE/);
    }
    expect((await rejection(storage.close(before, {}))).message).to.match(/EBADF/);
    expect((await storage.fstat(after, {})).size).to.equal(3);
  });

  it('is tried again with the next call where it cannot be reached', async () => {
    await reached[0]?.lose();
    failing = new Error('nobody is there');
    expect((await rejection(create())).message).to.match(/EIO/);
    failing = undefined;
    await create();
  });

  it('is closed where it is now, and not reached again', async () => {
    await reached[0]?.lose();
    await create();
    await storage.dispose();
    expect((await rejection(create())).message).to.match(/EBADF/);
    expect((await rejection(reached[1]?.backend.statfs({}) ?? Promise.resolve())).message).to.match(/EBADF/);
    expect(reached).to.have.lengthOf(2);
  });
});
