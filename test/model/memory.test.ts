import { expect } from 'chai';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { VfsError } from '../../vfs/errors.ts';
import { override, stack, type Layer, withContext } from '../../vfs/layer.ts';
import { OP_NAMES } from '../../vfs/ops.ts';
import { quota } from '../../vfs/middleware/quota.ts';
import { tracing } from '../../vfs/middleware/tracing.ts';
import { expectSameBehaviour } from './compare.ts';
import type { MachineFactory } from './machine.ts';

const memory: MachineFactory = (clock) => ({ backend: new MemoryBackend({ clock }) });

/** Memory under layers, each of which breaks one promise of the contract in one small way. */
const MUTANTS: Readonly<Record<string, Layer>> = {
  'cuts one byte too few': override((next) => ({
    setstat: (call) => {
      const [path, change] = call.args;
      const size = change.size === undefined || change.size === 0 ? change.size : change.size + 1;
      return next({ ...call, args: [path, { ...change, size }] });
    },
  })),
  'appends one byte before the end, once there are some': override((next) => ({
    write: async (call) => {
      const [handle, position, bytes] = call.args;
      if (position !== 'end') return next(call);
      const { size } = await next({ op: 'fstat', args: [handle], ctx: call.ctx });
      return next({ ...call, args: [handle, Math.max(0, size - 1), bytes] });
    },
  })),
  'a page begins with the name before it': override((next) => ({
    readdir: async (call) => {
      const [path, { after, limit }] = call.args;
      if (after === undefined) return next(call);
      const all = await next({ op: 'readdir', args: [path, { limit: 1000 }], ctx: call.ctx });
      const from = all.findIndex(({ name }) => name === after);
      return from < 0 ? next(call) : all.slice(from, from + limit);
    },
  })),
  'a limit on bytes may be passed by one': (next) => (call) => {
    const { limits } = call.ctx;
    if (limits?.bytes === undefined || call.op === 'statfs') return next(call);
    return next(withContext(call, { limits: { ...limits, bytes: limits.bytes + 1 } }));
  },
  'a write does not move mtime': override((next) => ({
    write: async (call) => {
      const [handle] = call.args;
      const { mtime } = await next({ op: 'fstat', args: [handle], ctx: call.ctx });
      await next(call);
      await next({ op: 'fsetstat', args: [handle, { mtime }], ctx: call.ctx });
    },
  })),
  'unlink removes empty directories': override((next) => ({
    unlink: async (call) => {
      const { type } = await next({ op: 'lstat', args: call.args, ctx: call.ctx });
      return type === 'directory' ? next({ op: 'rmdir', args: call.args, ctx: call.ctx }) : next(call);
    },
  })),
  'says EPERM for ENOTEMPTY': (next) => async (call) => {
    try {
      return await next(call);
    } catch (error) {
      if (error instanceof VfsError && error.code === 'ENOTEMPTY')
        throw new VfsError('EPERM', { op: call.op });
      throw error;
    }
  },
  'rename replaces always': override((next) => ({
    rename: (call) => next({ ...call, args: [call.args[0], call.args[1], { replace: true }] }),
  })),
  'a copy in the store loses its last byte': override((next) => ({
    copyRange: async (call) => {
      const [from, fromPosition, length, to, toPosition] = call.args;
      const copied = await next({
        ...call,
        args: [from, fromPosition, Math.max(0, length - 1), to, toPosition],
      });
      return copied === length - 1 ? length : copied;
    },
  })),
  'an attribute that is there can be created': override((next) => ({
    setxattr: (call) => {
      const [path, name, value, mode] = call.args;
      return next({ ...call, args: [path, name, value, mode === 'create' ? 'set' : mode] });
    },
  })),
  'a rename leaves attributes behind': override((next) => ({
    rename: async (call) => {
      await next(call);
      const path = call.args[1];
      for (const name of await next({ op: 'listxattr', args: [path], ctx: {} }))
        await next({ op: 'removexattr', args: [path, name], ctx: {} });
    },
  })),
  'all owners of locks are one': override((next) => ({
    tryLock: (call) => next({ ...call, args: [call.args[0], { ...call.args[1], owner: 'a' }] }),
  })),
  'unlock frees the whole file': override((next) => ({
    unlock: (call) => {
      const [handle, request] = call.args;
      return next({ ...call, args: [handle, { ...request, start: 0, length: Number.POSITIVE_INFINITY }] });
    },
  })),
  'ignores the owner': (next) => (call) => next(withContext(call, { owner: undefined })),
  'counts one inode too many': override((next) => ({
    statfs: async (call) => {
      const state = await next(call);
      return { ...state, inodesFree: state.inodesFree - 1 };
    },
  })),
};

describe('random programs', () => {
  it('give the same on two memory backends', () =>
    expectSameBehaviour(memory, memory, { runs: 150, length: 60 }));

  it('give the same under layers that pass everything on', () => {
    const layered: MachineFactory = (clock) => ({
      backend: stack(
        new MemoryBackend({ clock }),
        quota({ bytes: 2 ** 50 }),
        tracing(() => undefined),
      ),
    });
    return expectSameBehaviour(memory, layered, { runs: 100, length: 60 });
  });

  for (const [what, layer] of Object.entries(MUTANTS)) {
    it(`find out a store that is wrong in one thing: ${what}`, async () => {
      const mutant: MachineFactory = (clock) => ({ backend: stack(new MemoryBackend({ clock }), layer) });
      expect(await tellsApart(mutant)).to.equal(true);
      // What is found is made shorter first, which takes its time on a busy machine.
    }).timeout(120_000);
  }

  it('meet every operation and every outcome that the contract names', async () => {
    const seen = new Set<string>();
    const watching: MachineFactory = (clock) => ({
      backend: stack(
        new MemoryBackend({ clock }),
        tracing(({ op, outcome }) => seen.add(op).add(outcome)),
      ),
    });
    await expectSameBehaviour(memory, watching, { runs: 150, length: 60, seed: 1 });
    expect([...seen]).to.include.members(OP_NAMES);
    const codes = [
      'ENOENT',
      'EEXIST',
      'ENOTDIR',
      'EISDIR',
      'ENOTEMPTY',
      'EINVAL',
      'EPERM',
      'EDQUOT',
      'EFBIG',
      'ELOOP',
      'EBADF',
      'EBUSY',
      'ENOTSUP',
      'ENODATA',
      'ERANGE',
      'E2BIG',
      'EAGAIN',
      'EINTR',
    ];
    expect([...seen]).to.include.members(codes);
  });
});

/** Whether random programs find the difference from memory, soon and every time: the seed is fixed. */
async function tellsApart(mutant: MachineFactory): Promise<boolean> {
  try {
    await expectSameBehaviour(memory, mutant, { runs: 400, length: 60, seed: 42 });
    return false;
  } catch {
    return true;
  }
}
