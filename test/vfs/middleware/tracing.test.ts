import { expect } from 'chai';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { stack } from '../../../vfs/layer.ts';
import { tracing, type TraceEvent } from '../../../vfs/middleware/tracing.ts';
import { ROOT, type VfsPath } from '../../../vfs/path.ts';
import { refused } from '../../conformance/expectations.ts';

const f = '/f' as VfsPath;

describe('tracing', () => {
  let events: TraceEvent[];
  let time: number;

  beforeEach(() => {
    events = [];
    time = 0;
  });

  /** A storage whose clock goes on by 5 ms each time it is read. */
  const traced = () =>
    stack(
      new MemoryBackend(),
      tracing(
        (event) => events.push(event),
        () => (time += 5),
      ),
    );

  it('tells of each operation once it has ended: what, on what, how much, how long, for whom', async () => {
    const storage = traced();
    const ctx = { session: 'alice-1' };
    const handle = await storage.open(f, { access: 'rw', create: 'exclusive' }, 0o644, ctx);
    await storage.write(handle, 0, new Uint8Array(100), ctx);
    await storage.read(handle, 90, 100, ctx);
    await storage.copyRange(handle, 0, 30, handle, 200, ctx);
    await storage.rename(f, '/g' as VfsPath, { replace: false }, ctx);
    await storage.close(handle, {});
    const common = { milliseconds: 5, outcome: 'ok', session: 'alice-1' } as const;
    expect(events).to.deep.equal([
      { ...common, op: 'open', paths: ['/f'], handle, bytes: 0 },
      { ...common, op: 'write', paths: [], handle, bytes: 100 },
      { ...common, op: 'read', paths: [], handle, bytes: 10 },
      { ...common, op: 'copyRange', paths: [], handle, bytes: 30 },
      { ...common, op: 'rename', paths: ['/f', '/g'], handle: undefined, bytes: 0 },
      { ...common, op: 'close', paths: [], handle, bytes: 0, session: undefined },
    ]);
  });

  it('tells of what failed, with its code, and of no bytes', async () => {
    const storage = traced();
    const handle = await storage.open(f, { access: 'r', create: 'exclusive' }, 0o644, {});
    await refused(storage.lstat('/missing' as VfsPath, {}), 'ENOENT');
    await refused(storage.write(handle, 0, new Uint8Array(100), {}), 'EBADF');
    const told = events.slice(1).map(({ op, outcome, bytes, paths }) => ({ op, outcome, bytes, paths }));
    expect(told).to.deep.equal([
      { op: 'lstat', outcome: 'ENOENT', bytes: 0, paths: ['/missing'] },
      { op: 'write', outcome: 'EBADF', bytes: 0, paths: [] },
    ]);
  });

  it('calls what is no VfsError EIO', async () => {
    const storage = stack(
      new MemoryBackend(),
      tracing((event) => events.push(event)),
      () => () => Promise.reject(new TypeError('broken')),
    );
    await refused(storage.lstat(ROOT, {}), 'EIO');
    expect(events.map(({ outcome }) => outcome)).to.deep.equal(['EIO']);
  });

  it('changes no result and no error', async () => {
    const memory = new MemoryBackend();
    const storage = stack(
      memory,
      tracing(() => undefined),
    );
    expect(await storage.lstat(ROOT, {})).to.deep.equal(await memory.lstat(ROOT, {}));
    const error = new VfsError('EROFS');
    const failing = stack(
      memory,
      tracing(() => undefined),
      () => () => Promise.reject(error),
    );
    expect(await failing.lstat(ROOT, {}).catch((caught: unknown) => caught)).to.equal(error);
  });

  it('keeps a listener that throws to itself', async () => {
    const storage = stack(
      new MemoryBackend(),
      tracing(() => {
        throw new Error('listener');
      }),
    );
    await storage.mkdir('/d' as VfsPath, 0o755, {});
    expect((await storage.readdir(ROOT, { limit: 9 }, {})).map(({ name }) => name)).to.deep.equal(['d']);
    await refused(storage.lstat('/missing' as VfsPath, {}), 'ENOENT');
  });

  it('tells of operations in the order in which they end', async () => {
    let letGo: (() => void) | undefined;
    const slow = stack(
      new MemoryBackend(),
      tracing((event) => events.push(event)),
      (next) => async (call) => {
        if (call.op === 'sync') await new Promise<void>((resolve) => (letGo = resolve));
        return next(call);
      },
    );
    const syncing = slow.sync({});
    await slow.lstat(ROOT, {});
    letGo?.();
    await syncing;
    expect(events.map(({ op }) => op)).to.deep.equal(['lstat', 'sync']);
  });

  it('measures with a clock of its own without one given', async () => {
    const storage = stack(
      new MemoryBackend(),
      tracing((event) => events.push(event)),
    );
    await storage.lstat(ROOT, {});
    expect(events[0]?.milliseconds).to.be.within(0, 1000);
  });
});
