import { expect } from 'chai';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { copyTree } from '../../../vfs/extensions/index.ts';
import { FileStorage } from '../../../vfs/file-storage.ts';
import { vfsPath } from '../../../vfs/path.ts';
import { rejection } from '../../support/rejection.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('extended attributes of a FileStorage', () => {
  it('are set, read, listed and removed, through symlinks', async () => {
    const storage = new FileStorage(new MemoryBackend());
    await storage.writeFile('/f', '');
    await storage.symlink('f', '/l');
    await storage.setxattr('/l', 'user.colour', 'blue');
    await storage.setxattr('/f', 'user.b', Uint8Array.of(1), 'create');
    expect(text(await storage.getxattr('/f', 'user.colour'))).to.equal('blue');
    expect(await storage.listxattr('/f')).to.deep.equal(['user.b', 'user.colour']);
    await storage.removexattr('/l', 'user.b');
    expect(await storage.listxattr('/l')).to.deep.equal(['user.colour']);
    const again = storage.setxattr('/f', 'user.colour', 'red', 'create');
    expect(await rejection(again)).to.include({ code: 'EEXIST', syscall: 'setxattr', path: '/f' });
    expect(await rejection(storage.getxattr('/f', 'user.no'))).to.include({ code: 'ENODATA', path: '/f' });
  });

  it('go along when a tree is copied, those of other kinds with the owners', async () => {
    const [from, to] = [new MemoryBackend(), new MemoryBackend()];
    const [source, target] = [new FileStorage(from), new FileStorage(to)];
    await source.mkdir('/d');
    await source.writeFile('/d/f', 'x');
    for (const path of ['/d', '/d/f']) {
      await source.setxattr(path, 'user.a', path);
      await source.setxattr(path, 'trusted.t', 't');
    }
    await copyTree(from, vfsPath('/d'), to, vfsPath('/copy'));
    expect(text(await target.getxattr('/copy', 'user.a'))).to.equal('/d');
    expect(text(await target.getxattr('/copy/f', 'user.a'))).to.equal('/d/f');
    expect(await target.listxattr('/copy/f')).to.deep.equal(['user.a']);
    await copyTree(from, vfsPath('/d'), to, vfsPath('/whole'), { owners: true });
    expect(await target.listxattr('/whole')).to.deep.equal(['trusted.t', 'user.a']);
    expect(await target.listxattr('/whole/f')).to.deep.equal(['trusted.t', 'user.a']);
  });
});

describe('locks of open files', () => {
  it('keep each other away, for a range or the whole, until they are freed or closed', async () => {
    const storage = new FileStorage(new MemoryBackend());
    await using one = await storage.open('/f', 'w+');
    const other = await storage.open('/f', 'r+');
    await one.lock({ start: 0, length: 10 });
    expect(await other.tryLock({ start: 5, length: 1 })).to.equal(false);
    expect(await other.tryLock({ start: 10 })).to.equal(true);
    const waiting = one.lock({ start: 10 });
    await one.unlock({ start: 0, length: 10 });
    expect(await other.tryLock({ kind: 'shared', start: 0, length: 10 })).to.equal(true);
    await other.close();
    await waiting;
  });

  it('are waited for until the signal says otherwise, with its reason', async () => {
    const storage = new FileStorage(new MemoryBackend());
    await using one = await storage.open('/f', 'w+');
    await using other = await storage.open('/f', 'r+');
    await one.lock();
    const control = new AbortController();
    const waiting = rejection(other.lock({ signal: control.signal }));
    control.abort(new Error('enough'));
    expect((await waiting).message).to.equal('enough');
  });
});
