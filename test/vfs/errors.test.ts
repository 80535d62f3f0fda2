import { expect } from 'chai';
import type { Handle, VfsBackend } from '../../vfs/backend.ts';
import { fromFsPromises, type FsPromises } from '../../vfs/backends/fs-adapter/index.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { isVfsError, toVfsError, VfsError, type VfsErrorCode } from '../../vfs/errors.ts';
import { FileStorage } from '../../vfs/file-storage.ts';
import { stack } from '../../vfs/layer.ts';
import { pathFilter } from '../../vfs/middleware/path-filter.ts';
import { readOnly } from '../../vfs/middleware/read-only.ts';
import { refused } from '../conformance/expectations.ts';
import { at } from '../conformance/suite.ts';

const lock = { kind: 'exclusive', start: 0, length: 1, owner: 'a' } as const;
const bytes = new Uint8Array(10);

const open = (backend: VfsBackend, path = '/f'): Promise<Handle> =>
  backend.open(at(path), { access: 'rw', create: 'if-missing' }, 0o644, {});

/** A storage over a file system whose `link` fails with a code of its own. */
async function failing(code: string): Promise<VfsBackend> {
  const fs = new FileStorage(new MemoryBackend()) as unknown as FsPromises;
  const link = (): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));
  const broken = new Proxy(fs, {
    get(target, key): unknown {
      if (key === 'link') return link;
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const backend = await fromFsPromises(broken);
  await backend.close(await open(backend), {});
  return backend;
}

const linkWhere = (code: string) => async () => (await failing(code)).link(at('/f'), at('/g'), {});

/** A way to each code; a code without one does not compile. */
const WAYS: Readonly<Record<VfsErrorCode, (memory: MemoryBackend) => Promise<unknown>>> = {
  ENOENT: (memory) => memory.lstat(at('/missing'), {}),
  EEXIST: (memory) => memory.mkdir(at('/'), 0, {}),
  ENOTDIR: (memory) => memory.lstat(at('/f/x'), {}),
  EISDIR: (memory) => memory.unlink(at('/'), {}),
  ENOTEMPTY: (memory) => memory.rmdir(at('/full'), {}),
  EINVAL: (memory) => memory.mkdir(at('relative'), 0, {}),
  EACCES: (memory) => stack(memory, pathFilter([{ deny: '/f' }])).lstat(at('/f'), {}),
  EPERM: (memory) => memory.link(at('/full'), at('/g'), {}),
  EROFS: (memory) => stack(memory, readOnly()).unlink(at('/f'), {}),
  EDQUOT: (memory) => memory.mkdir(at('/d'), 0, { limits: { inodes: 0 } }),
  ENOSPC: async () => {
    const small = new MemoryBackend({ capacity: 5 });
    await small.write(await open(small), 0, bytes, {});
  },
  EFBIG: (memory) => memory.setstat(at('/f'), { size: 2 ** 53 }, {}),
  EMLINK: linkWhere('EMLINK'),
  ENAMETOOLONG: (memory) => memory.lstat(at(`/${'n'.repeat(256)}`), {}),
  ELOOP: (memory) => memory.resolve(at('/loop'), 'follow', {}),
  EBADF: (memory) => memory.fsync(0 as Handle, {}),
  EXDEV: linkWhere('EXDEV'),
  EMFILE: async () => {
    const fs = new FileStorage(new MemoryBackend()) as unknown as FsPromises;
    await open(await fromFsPromises(fs, { filesMax: 0 }));
  },
  ENOTSUP: (memory) => memory.setxattr(at('/f'), 'system.x', bytes, 'set', {}),
  ENODATA: (memory) => memory.getxattr(at('/f'), 'user.x', {}),
  ERANGE: (memory) => memory.getxattr(at('/f'), '', {}),
  E2BIG: (memory) => memory.setxattr(at('/f'), 'user.x', new Uint8Array(65_537), 'set', {}),
  EAGAIN: async (memory) => {
    const handle = await open(memory);
    await memory.lock(handle, lock, {});
    await memory.tryLock(handle, { ...lock, owner: 'b' }, {});
  },
  EBUSY: (memory) => memory.rmdir(at('/'), {}),
  ESTALE: (memory) => memory.statInode(1000, {}),
  EINTR: async (memory) => {
    const handle = await open(memory);
    await memory.lock(handle, lock, {});
    await memory.lock(handle, { ...lock, owner: 'b' }, { signal: AbortSignal.abort() });
  },
  EDEADLK: async (memory) => {
    const handle = await open(memory);
    for (const owner of ['a', 'b']) await memory.lock(handle, { ...lock, kind: 'shared', owner }, {});
    const wait = memory.lock(handle, lock, {});
    try {
      await memory.lock(handle, { ...lock, owner: 'b' }, {});
    } finally {
      await memory.unlock(handle, { ...lock, owner: 'b' }, {});
      await wait;
    }
  },
  ENOLCK: async (memory) => {
    const handle = await open(memory);
    for (let start = 0; start < 4098; start += 2) {
      await memory.lock(handle, { ...lock, start: 2 * start }, {});
      await memory.lock(handle, { ...lock, kind: 'shared', start: 2 * start + 1 }, {});
    }
  },
  EIO: linkWhere('EREMOTEIO'),
};

describe('every error code', () => {
  for (const [code, way] of Object.entries(WAYS)) {
    it(`${code} is reached, and can be told by its code, as a VfsError and by its message`, async () => {
      const memory = new MemoryBackend();
      await memory.close(await open(memory), {});
      for (const path of ['/full', '/full/x']) await memory.mkdir(at(path), 0o755, {});
      await memory.symlink('loop', at('/loop'), {});
      const error = await refused(way(memory), code as VfsErrorCode);
      expect(isVfsError(error, code as VfsErrorCode)).to.equal(true);
      expect(isVfsError(error, code === 'EIO' ? 'EINVAL' : 'EIO')).to.equal(false);
      expect(error.op).to.be.a('string');
    });
  }

  it('whatever else is thrown becomes EIO with the original as its cause', () => {
    const thrown = new TypeError('x');
    expect(toVfsError(thrown, 'read')).to.include({ code: 'EIO', op: 'read', cause: thrown });
    const own = new VfsError('ENOENT');
    expect(toVfsError(own)).to.equal(own);
  });
});
