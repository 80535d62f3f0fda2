import { expect } from 'chai';
import type { CallContext, Handle, VfsBackend } from '../../../../vfs/backend.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import {
  connectBackend,
  serveBackend,
  type RemoteBackend,
  type Served,
  type ServeOptions,
} from '../../../../vfs/backends/remote/index.ts';
import { VfsError } from '../../../../vfs/errors.ts';
import { override, stack } from '../../../../vfs/layer.ts';
import { ROOT, type VfsPath } from '../../../../vfs/path.ts';
import { expectBytes, pattern, refused } from '../../../conformance/expectations.ts';
import { CHANNELS, type ChannelPair } from '../../../support/channels.ts';
import { filesOf } from '../../../support/files-of.ts';
import { until } from '../../../support/until.ts';

const FILE = '/f' as VfsPath;
const MAKE = { access: 'rw', create: 'if-missing' } as const;

/** A promise and what settles it. */
function gate<T>() {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => (open = resolve));
  return { promise, open };
}

interface Ends {
  readonly remote: RemoteBackend;
  readonly served: Served;
  readonly channels: ChannelPair;
}

for (const [carrier, pair] of Object.entries(CHANNELS)) {
  describe(`a backend over ${carrier}`, () => {
    const open: RemoteBackend[] = [];
    async function join(backend: VfsBackend, options: ServeOptions = {}): Promise<Ends> {
      const channels = await pair();
      const served = serveBackend(backend, channels[1], options);
      const remote = await connectBackend(channels[0]);
      open.push(remote);
      return { remote, served, channels };
    }
    afterEach(async () => {
      await Promise.allSettled(open.splice(0).map((remote) => remote.dispose()));
    });

    it('answers each call when it is done, not in the order of the calls', async () => {
      const { promise, open: letGo } = gate<void>();
      const slow = override((next) => ({
        sync: async (call) => {
          await promise;
          return next(call);
        },
      }));
      const { remote } = await join(stack(new MemoryBackend(), slow));
      const order: string[] = [];
      const sync = remote.sync({}).then(() => order.push('sync'));
      await remote.mkdir('/d' as VfsPath, 0o755, {}).then(() => order.push('mkdir'));
      letGo();
      await sync;
      expect(order).to.deep.equal(['mkdir', 'sync']);
    });

    it('starts calls in the order in which they are made', async () => {
      const { remote } = await join(new MemoryBackend());
      const handle = await remote.open(FILE, MAKE, 0o644, {});
      const writes = Array.from({ length: 200 }, (_, index) =>
        remote.write(handle, 'end', Uint8Array.of(index), {}),
      );
      await Promise.all(writes);
      expectBytes(
        await remote.read(handle, 0, 1000, {}),
        Uint8Array.from({ length: 200 }, (_, index) => index),
      );
    });

    it('lets any number of calls be made at once, and carries as many as the other end takes', async () => {
      let running = 0;
      let most = 0;
      const counting = override((next) => ({
        lstat: async (call) => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return next(call);
        },
      }));
      const { remote } = await join(stack(new MemoryBackend(), counting), { window: { calls: 8 } });
      const all = await Promise.all(Array.from({ length: 500 }, () => remote.lstat(ROOT, {})));
      expect(all).to.have.length(500);
      expect(most).to.equal(8);
    });

    it('tells the same error that the store told, without its cause, which is told where it happened', async () => {
      const failures: VfsError[] = [];
      const cause = new Error('the disk is on fire');
      const failing = override(() => ({
        lstat: () => Promise.reject(new VfsError('EDQUOT', { op: 'lstat', path: '/x', detail: 'no more' })),
        sync: () => Promise.reject(new VfsError('EIO', { op: 'sync', cause })),
      }));
      const { remote } = await join(stack(new MemoryBackend(), failing), {
        onFailure: (error) => failures.push(error),
      });
      const quota = await refused(remote.lstat(FILE, {}), 'EDQUOT');
      expect(quota).to.include({ op: 'lstat', path: '/x', detail: 'no more' });
      expect(quota.message).to.equal("EDQUOT: no more, lstat '/x'");
      const broken = await refused(remote.sync({}), 'EIO');
      expect(broken.cause).to.equal(undefined);
      expect(failures.map((failure) => failure.cause)).to.deep.equal([cause]);
    });

    it('keeps names of any bytes, and the times and numbers of big files', async () => {
      const { remote } = await join(new MemoryBackend());
      const path = '/\udcff\udc80 ü \u{1f600}' as VfsPath;
      await filesOf(remote).put(path, pattern(100));
      const time = { seconds: -(2 ** 40), nanoseconds: 999_999_999 };
      await remote.setstat(path, { mtime: time, size: 2 ** 50 }, {});
      const [entry] = await remote.readdir(ROOT, { limit: 10 }, {});
      expect(entry?.name).to.equal(path.slice(1));
      expect(entry?.stats).to.deep.include({ mtime: time, size: 2 ** 50 });
    });

    it('hands the context on, every field of it', async () => {
      const seen: CallContext[] = [];
      const watching = override((next) => ({
        statfs: (call) => {
          const { signal, ...rest } = call.ctx;
          expect(signal).to.be.instanceOf(AbortSignal);
          seen.push(rest);
          return next(call);
        },
      }));
      const { remote } = await join(stack(new MemoryBackend(), watching));
      const ctx: CallContext = {
        limits: { bytes: 5, inodes: 6, fileSize: 7 },
        owner: { uid: 8, gid: 9 },
        follow: true,
        session: 's',
      };
      await remote.statfs(ctx);
      await remote.statfs({});
      expect(seen).to.deep.equal([ctx, {}]);
    });

    it('ends a wait when its signal aborts, and no other', async () => {
      const waiting = override((next) => ({
        sync: ({ ctx: { signal, session } }) =>
          new Promise((resolve, reject) => {
            const interrupt = (): void => reject(new VfsError('EINTR', { op: 'sync', detail: session }));
            if (signal?.aborted === true) interrupt();
            signal?.addEventListener('abort', interrupt);
            if (session === 'last') resolve();
          }),
        lstat: next,
      }));
      const { remote } = await join(stack(new MemoryBackend(), waiting));
      const [one, other] = [new AbortController(), new AbortController()];
      const first = remote.sync({ signal: one.signal, session: 'first' });
      const second = remote.sync({ signal: other.signal, session: 'second' });
      await remote.lstat(ROOT, { signal: one.signal });
      one.abort();
      expect((await refused(first, 'EINTR')).detail).to.equal('first');
      await refused(remote.sync({ signal: one.signal }), 'EINTR');
      await remote.sync({ signal: other.signal, session: 'last' });
      other.abort();
      await refused(second, 'EINTR');
    });

    it('does not let a connection use the handles of another one', async () => {
      const memory = new MemoryBackend();
      const own = await (await join(memory)).remote.open(FILE, MAKE, 0o644, {});
      const { remote } = await join(memory);
      await refused(remote.read(own, 0, 1, {}), 'EBADF');
      await refused(remote.close(own, {}), 'EBADF');
      const there = await remote.open(FILE, MAKE, 0o644, {});
      await refused(remote.copyRange(own, 0, 1, there, 5, {}), 'EBADF');
      await refused(remote.copyRange(there, 0, 1, own, 5, {}), 'EBADF');
      await remote.close(there, {});
      await refused(remote.fstat(there, {}), 'EBADF');
    });

    for (const [how, end] of [
      ['by dispose', ({ remote }: Ends) => remote.dispose()],
      ['from the other side', ({ served }: Ends) => served.end()],
      ['by a loss', ({ channels }: Ends) => channels[0].destroy(new Error('lost'))],
    ] as const) {
      it(`closes the handles of a connection that ends ${how}, those that are being opened too`, async () => {
        const memory = new MemoryBackend();
        const openOnes = new Set<Handle>();
        const counting = override((next) => ({
          open: async (call) => {
            const handle = await next(call);
            openOnes.add(handle);
            return handle;
          },
          close: (call) => {
            openOnes.delete(call.args[0]);
            return next(call);
          },
        }));
        const ends = await join(stack(memory, counting));
        await ends.remote.open(FILE, MAKE, 0o644, {});
        const last = ends.remote.open(FILE, MAKE, 0o644, {}).catch(() => undefined);
        // What was said before the end is heard before it.
        await new Promise((resolve) => setImmediate(resolve));
        await end(ends);
        await Promise.all([last, ends.served.ended, ends.remote.ended]);
        expect(openOnes.size).to.equal(0);
        expect((await memory.lstat(FILE, {})).type).to.equal('file');
      });
    }

    it('ends the waits of a client that is gone, and frees its locks', async () => {
      const memory = new MemoryBackend();
      const request = { kind: 'exclusive', start: 0, length: 1, owner: 'first' } as const;
      const first = await join(memory);
      const held = await first.remote.open(FILE, MAKE, 0o644, {});
      await first.remote.lock(held, request, {});
      const second = await join(memory);
      const handle = await second.remote.open(FILE, MAKE, 0o644, {});
      const waits = refused(second.remote.lock(handle, { ...request, owner: 'second' }, {}), 'EIO');
      await second.remote.lstat(FILE, {});
      second.channels[0].destroy(new Error('gone'));
      await Promise.all([waits, second.served.ended]);
      const third = await join(memory);
      const other = await third.remote.open(FILE, MAKE, 0o644, {});
      const gets = third.remote.lock(other, { ...request, owner: 'third' }, {});
      await third.remote.lstat(FILE, {});
      await first.remote.dispose();
      await gets;
    });

    it('carries an unlock past any number of locks that wait for it', async () => {
      const { remote } = await join(new MemoryBackend(), { window: { locks: 4 } });
      const request = { kind: 'exclusive', start: 0, length: 1, owner: 'first' } as const;
      const handle = await remote.open(FILE, MAKE, 0o644, {});
      await remote.lock(handle, request, {});
      const waiting = Array.from({ length: 20 }, (_, index) => {
        const own = { ...request, owner: `${index}` };
        return remote.lock(handle, own, {}).then(() => remote.unlock(handle, own, {}));
      });
      await remote.unlock(handle, request, {});
      await Promise.all(waiting);
    });

    it('fails every call that is under way when the other end is gone, and every later one', async () => {
      const never = override(() => ({ sync: () => new Promise<void>(() => {}) }));
      const { remote, channels } = await join(stack(new MemoryBackend(), never));
      const calls = [remote.sync({}), remote.sync({})];
      const failures = Promise.all(calls.map((call) => refused(call, 'EIO')));
      await remote.lstat(ROOT, {});
      channels[1].destroy(new Error('gone'));
      for (const failure of await failures) {
        expect(failure.detail).to.equal('the connection to the storage was lost');
        expect(failure.op).to.equal('sync');
      }
      await remote.ended;
      await refused(remote.lstat(FILE, {}), 'EIO');
      await refused(remote.dispose(), 'EIO');
    });

    it('tells at dispose what could not be kept', async () => {
      const failing = override((next) => ({
        close: async (call) => {
          await next(call);
          throw new VfsError('ENOSPC', { op: 'close', detail: 'bytes are lost' });
        },
      }));
      const { remote } = await join(stack(new MemoryBackend(), failing));
      await remote.open(FILE, MAKE, 0o644, {});
      expect((await refused(remote.dispose(), 'ENOSPC')).detail).to.equal('bytes are lost');
    });

    it('leaves the bytes of a write with the caller, who may use them again once it is answered', async () => {
      const { remote } = await join(new MemoryBackend());
      const handle = await remote.open(FILE, MAKE, 0o644, {});
      const slab = Buffer.alloc(300_000);
      const wanted = pattern(200_000);
      for (let round = 0; round < 3; round++) {
        const part = slab.subarray(round * 10, round * 10 + wanted.length);
        part.set(wanted);
        await remote.write(handle, round * wanted.length, part, {});
        slab.fill(0);
      }
      expect(slab.length).to.equal(300_000);
      for (let round = 0; round < 3; round++)
        expectBytes(await remote.read(handle, round * wanted.length, wanted.length, {}), wanted);
    });

    it('writes from memory that threads share, and reads what the store keeps without taking it away', async () => {
      const { remote } = await join(new MemoryBackend());
      const handle = await remote.open(FILE, MAKE, 0o644, {});
      const shared = Buffer.from(new SharedArrayBuffer(131_072)).subarray(5, 100_005);
      shared.set(pattern(100_000));
      await remote.write(handle, 0, shared, {});
      for (let round = 0; round < 2; round++)
        expectBytes(await remote.read(handle, 0, 131_072, {}), pattern(100_000));
    });
  });
}

describe('a backend over a Unix socket', () => {
  const openSocket = CHANNELS['a Unix socket'] as () => Promise<ChannelPair>;

  it('refuses what one message cannot hold, and goes on', async () => {
    const [near, far] = await openSocket();
    serveBackend(new MemoryBackend(), far);
    const remote = await connectBackend(near);
    const handle = await remote.open(FILE, MAKE, 0o644, {});
    const most = 16 * 1024 * 1024;
    await refused(remote.write(handle, 0, new Uint8Array(most + 1), {}), 'EINVAL');
    await remote.write(handle, 0, new Uint8Array(most), {});
    await remote.write(handle, 'end', new Uint8Array(1), {});
    await refused(remote.read(handle, 0, most + 1, {}), 'EINVAL');
    await refused(remote.read(handle, 0, Number.MAX_SAFE_INTEGER, {}), 'EINVAL');
    expect(await remote.read(handle, 1, most, {})).to.have.length(most);
    expect(await remote.read(handle, 1, Number.MAX_SAFE_INTEGER, {})).to.have.length(most);
    const long = `/${'x'.repeat(most)}` as VfsPath;
    await refused(remote.lstat(long, {}), 'EINVAL');
    await remote.dispose();
  });

  it('holds no more answers in memory than a client takes', async () => {
    const [near, far] = await openSocket();
    let reads = 0;
    const counting = override((next) => ({
      read: (call) => {
        reads++;
        return next(call);
      },
    }));
    serveBackend(stack(new MemoryBackend(), counting), far);
    const remote = await connectBackend(near);
    const handle = await remote.open(FILE, MAKE, 0o644, {});
    await remote.setstat(FILE, { size: 2 ** 30 }, {});
    near.pause();
    const length = 2 ** 20;
    const all = Promise.all(
      Array.from({ length: 100 }, (_, index) => remote.read(handle, index, length, {})),
    );
    await until('reads have begun', () => reads > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reads).to.be.at.most(24);
    near.resume();
    for (const bytes of await all) expect(bytes).to.have.length(length);
    await remote.dispose();
  });
});
