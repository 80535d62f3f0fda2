import { expect } from 'chai';
import type { Handle, OpName, VfsBackend } from '../../../vfs/backend.ts';
import { readOnly } from '../../../vfs/middleware/read-only.ts';
import { OP_NAMES } from '../../../vfs/ops.ts';
import { outcomeOf, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { layered, names, open, put, text } from './steps.ts';

/** A call of every operation that could change something. */
const CHANGES: Partial<Record<OpName, (backend: VfsBackend, writer: Handle) => Promise<unknown>>> = {
  open: (backend) => open(backend, '/new', { access: 'r', create: 'if-missing' }),
  write: (backend, writer) => backend.write(writer, 0, new Uint8Array(1), {}),
  copyRange: (backend, writer) => backend.copyRange(writer, 0, 1, writer, 10, {}),
  fsetstat: (backend, writer) => backend.fsetstat(writer, { mode: 0 }, {}),
  setstat: (backend) => backend.setstat(at('/f'), { mode: 0 }, {}),
  mkdir: (backend) => backend.mkdir(at('/d'), 0o755, {}),
  rmdir: (backend) => backend.rmdir(at('/empty'), {}),
  unlink: (backend) => backend.unlink(at('/f'), {}),
  rename: (backend) => backend.rename(at('/f'), at('/g'), { replace: true }, {}),
  link: (backend) => backend.link(at('/f'), at('/g'), {}),
  symlink: (backend) => backend.symlink('f', at('/l'), {}),
  setxattr: (backend) => backend.setxattr(at('/f'), 'user.x', new Uint8Array(1), 'set', {}),
  removexattr: (backend) => backend.removexattr(at('/f'), 'user.x', {}),
};

describe('readOnly', () => {
  const setUp = async () => {
    const both = layered(readOnly());
    await put(both.below, '/f', 'content');
    await both.below.mkdir(at('/empty'), 0o755, {});
    return both;
  };

  for (const [op, change] of Object.entries(CHANGES)) {
    it(`refuses ${op} with EROFS`, async () => {
      const { below, above } = await setUp();
      const writer = await open(below, '/f', { access: 'rw' });
      const before = await below.readdir(at('/'), { limit: 10 }, {});
      expect((await refused(change(above, writer), 'EROFS')).op).to.equal(op);
      expect(await below.readdir(at('/'), { limit: 10 }, {})).to.deep.equal(before);
    });
  }

  it('refuses every way to open that could write, make or cut', async () => {
    const { above } = await setUp();
    await refused(open(above, '/f', { access: 'w' }), 'EROFS');
    await refused(open(above, '/f', { access: 'rw' }), 'EROFS');
    await refused(open(above, '/f', { access: 'r', truncate: true }), 'EROFS');
    await refused(open(above, '/f', { access: 'r', create: 'exclusive' }), 'EROFS');
  });

  it('lets everything be read', async () => {
    const { above } = await setUp();
    expect(await text(above, '/f')).to.equal('content');
    expect(await names(above, '/')).to.deep.equal(['empty', 'f']);
    const { inode } = await above.lstat(at('/f'), {});
    expect(await above.inodeToPath(inode, {})).to.equal('/f');
  });

  it('says so in statfs, and nothing else differently', async () => {
    const { below, above } = await setUp();
    expect(await above.statfs({})).to.deep.equal({ ...(await below.statfs({})), readOnly: true });
  });

  it('knows of every operation whether it changes something', async () => {
    const { above } = await setUp();
    const reader = await open(above, '/f', { access: 'r' });
    const others = OP_NAMES.filter((op) => CHANGES[op] === undefined && op !== 'close');
    for (const op of others) {
      const call = above[op] as (...args: readonly unknown[]) => Promise<unknown>;
      const first = ['read', 'fstat', 'fsync', 'lock', 'tryLock', 'unlock'].includes(op) ? reader : '/f';
      expect(await outcomeOf(call(first, {}, 0, {})), op).not.to.equal('EROFS');
    }
  });
});
