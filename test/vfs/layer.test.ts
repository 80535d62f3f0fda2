import { expect } from 'chai';
import type { CallContext, OpName } from '../../vfs/backend.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { VfsError } from '../../vfs/errors.ts';
import {
  backendOf,
  callBackend,
  override,
  stack,
  withContext,
  type Call,
  type Layer,
} from '../../vfs/layer.ts';
import { ROOT, type VfsPath } from '../../vfs/path.ts';
import { rejection } from '../support/rejection.ts';

/** Writes down its name when a call goes down and when it comes up. */
function noting(name: string, notes: string[]): Layer {
  return (next) => async (call) => {
    notes.push(`${name} ${call.op} down`);
    try {
      return await next(call);
    } finally {
      notes.push(`${name} ${call.op} up`);
    }
  };
}

describe('a stack of layers', () => {
  it('without layers is the backend itself', () => {
    const backend = new MemoryBackend();
    expect(stack(backend)).to.equal(backend);
  });

  it('shows a call to the first layer first, and its result last', async () => {
    const notes: string[] = [];
    const top = stack(new MemoryBackend(), noting('outer', notes), noting('inner', notes));
    await top.mkdir('/d' as VfsPath, 0o755, {});
    expect(notes).to.deep.equal(['outer mkdir down', 'inner mkdir down', 'inner mkdir up', 'outer mkdir up']);
  });

  it('hands every operation down with its arguments and its context', async () => {
    const seen: unknown[] = [];
    const watch: Layer = (next) => (call) => {
      seen.push([call.op, ...call.args, call.ctx]);
      return next(call);
    };
    const top = stack(new MemoryBackend(), watch);
    const ctx: CallContext = { session: 's' };
    const handle = await top.open('/f' as VfsPath, { access: 'rw', create: 'exclusive' }, 0o600, ctx);
    await top.write(handle, 'end', Uint8Array.of(1), ctx);
    expect(await top.read(handle, 0, 10, ctx)).to.deep.equal(Uint8Array.of(1));
    await top.close(handle, ctx);
    expect(seen).to.deep.equal([
      ['open', '/f', { access: 'rw', create: 'exclusive' }, 0o600, ctx],
      ['write', handle, 'end', Uint8Array.of(1), ctx],
      ['read', handle, 0, 10, ctx],
      ['close', handle, ctx],
    ]);
  });

  it('has one state for all who use it, made when the stack is', async () => {
    let made = 0;
    const counting: Layer = (next) => {
      made++;
      return next;
    };
    const top = stack(new MemoryBackend(), counting);
    await Promise.all([top.lstat(ROOT, {}), top.lstat(ROOT, {})]);
    expect(made).to.equal(1);
  });

  it('shows the abilities that its layers leave', () => {
    const blind: Layer = Object.assign<Layer, Pick<Layer, 'capabilities'>>((next) => next, {
      capabilities: (below) => ({ ...below, symlinks: false }),
    });
    const deaf: Layer = Object.assign<Layer, Pick<Layer, 'capabilities'>>((next) => next, {
      capabilities: (below) => ({ ...below, sparse: below.symlinks }),
    });
    const { capabilities } = new MemoryBackend();
    expect(stack(new MemoryBackend(), noting('x', [])).capabilities).to.deep.equal(capabilities);
    expect(stack(new MemoryBackend(), blind).capabilities).to.deep.equal({
      ...capabilities,
      symlinks: false,
    });
    expect(stack(new MemoryBackend(), deaf, blind).capabilities.sparse).to.equal(false);
    expect(stack(new MemoryBackend(), blind, deaf).capabilities.sparse).to.equal(true);
  });

  it('disposes the backend, once for each time it is asked', async () => {
    const backend = new MemoryBackend();
    const top = stack(backend, noting('x', []));
    await top.dispose();
    await top.dispose();
    const failure = await backend.lstat(ROOT, {}).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(VfsError).with.property('code', 'EBADF');
  });

  it('makes a rejection with a VfsError of whatever a layer throws, whenever it does', async () => {
    const broken = [
      () => () => {
        throw new TypeError('at once');
      },
      () => () => Promise.reject(new TypeError('later')),
      () => () => Promise.reject('no error at all'), // eslint-disable-line
    ] as unknown as Layer[];
    for (const layer of broken) {
      const top = stack(new MemoryBackend(), layer);
      const promise = top.lstat(ROOT, {});
      expect(promise).to.be.instanceOf(Promise);
      const failure = await promise.catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(VfsError).with.include({ code: 'EIO', op: 'lstat' });
      expect((failure as VfsError).cause).not.to.equal(undefined);
    }
  });

  it('passes a VfsError on as it is', async () => {
    const error = new VfsError('EROFS', { op: 'mkdir', path: '/d', detail: 'why' });
    const top = stack(new MemoryBackend(), () => () => Promise.reject(error));
    expect(await top.mkdir('/d' as VfsPath, 0, {}).catch((caught: unknown) => caught)).to.equal(error);
  });
});

describe('narrow layers', () => {
  it('answer some operations and pass the others', async () => {
    const layer = override((next) => ({
      lstat: async (call) => ({ ...(await next(call)), uid: 42 }),
    }));
    const top = stack(new MemoryBackend(), layer);
    expect((await top.lstat(ROOT, {})).uid).to.equal(42);
    expect((await top.statInode(1, {})).uid).to.equal(0);
  });

  it('can answer with another operation', async () => {
    const layer = override((next) => ({
      unlink: (call) => next({ op: 'rmdir', args: call.args, ctx: call.ctx }),
    }));
    const top = stack(new MemoryBackend(), layer);
    await top.mkdir('/d' as VfsPath, 0o755, {});
    await top.unlink('/d' as VfsPath, {});
    expect(await top.readdir(ROOT, { limit: 1 }, {})).to.deep.equal([]);
  });
});

describe('calls and backends', () => {
  it('turn into each other', async () => {
    const memory = new MemoryBackend();
    const again = backendOf(callBackend(memory), memory.capabilities, () => memory.dispose());
    await again.mkdir('/d' as VfsPath, 0o700, {});
    expect(await again.lstat('/d' as VfsPath, {})).to.deep.equal(await memory.lstat('/d' as VfsPath, {}));
    const ops: OpName[] = ['statfs', 'sync'];
    for (const op of ops) await callBackend(again)({ op, args: [], ctx: {} } as never);
  });

  it('go through each layer of stacks over stacks, and end with the one that is disposed of', async () => {
    const heard: string[] = [];
    const hears =
      (name: string): Layer =>
      (next) =>
      (call) => {
        heard.push(`${name} ${call.op}`);
        return next(call);
      };
    const memory = new MemoryBackend();
    const lower = stack(memory, hears('lower'));
    const upper = stack(lower, hears('upper'));
    await upper.statfs({});
    expect(heard).to.deep.equal(['upper statfs', 'lower statfs']);
    expect(await rejection(upper.lstat(7 as never, {}))).to.include({ code: 'EINVAL' });
    expect(heard).to.have.length(2);
    await lower.dispose();
    expect(await rejection(upper.statfs({}))).to.include({ code: 'EBADF', detail: 'the storage is closed' });
    expect(heard.at(-1)).to.equal('upper statfs');
  });

  it('withContext says more, and leaves the call as it was', () => {
    const call: Call<'statfs'> = { op: 'statfs', args: [], ctx: { session: 'a', limits: { bytes: 1 } } };
    const more = withContext(call, { session: 'b', follow: true });
    expect(more.ctx).to.deep.equal({ session: 'b', limits: { bytes: 1 }, follow: true });
    expect(call.ctx).to.deep.equal({ session: 'a', limits: { bytes: 1 } });
  });
});
