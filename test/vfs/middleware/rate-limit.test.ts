import { expect } from 'chai';
import type { CallContext, Handle, VfsBackend } from '../../../vfs/backend.ts';
import { stack, type Layer } from '../../../vfs/layer.ts';
import { rateLimit, type RateLimitOptions } from '../../../vfs/middleware/rate-limit.ts';
import { outcomeOf, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { ManualClock, settled } from './manual-clock.ts';
import { layered, open, put } from './steps.ts';

/** Notes each call as it reaches the store. */
function noting(calls: string[]): Layer {
  return (next) => (call) => {
    calls.push(`${call.ctx.session ?? ''}:${call.op}`);
    return next(call);
  };
}

describe('rateLimit', () => {
  const setUp = async (rates: RateLimitOptions) => {
    const clock = new ManualClock();
    const calls: string[] = [];
    const { below } = layered();
    await put(below, '/f', 'x'.repeat(1000));
    const layer = rateLimit({ ...rates, now: clock.now, timer: clock.timer });
    const above = stack(below, layer, noting(calls));
    const handle = await open(below, '/f', { access: 'rw' });
    return { clock, calls, below, layer, above, handle };
  };
  const look = (backend: VfsBackend, ctx: CallContext = {}) => backend.lstat(at('/f'), ctx);
  const times = <T>(count: number, action: (index: number) => Promise<T>): Promise<T>[] =>
    Array.from({ length: count }, (_, index) => action(index));

  it('lets a burst pass at once, then as many as the rate says', async () => {
    const { clock, calls, above } = await setUp({ operations: { perSecond: 10, burst: 3 } });
    const all = Promise.all(times(8, () => look(above)));
    await settled();
    expect(calls).to.have.length(3);
    await clock.move(99);
    expect(calls).to.have.length(3);
    await clock.move(1);
    expect(calls).to.have.length(4);
    await clock.move(400);
    expect(calls).to.have.length(8);
    await all;
    expect(clock.waiting).to.equal(0);
  });

  it('without rates passes everything on as it comes', async () => {
    const { clock, calls, above, handle } = await setUp({});
    await Promise.all(times(100, () => above.read(handle, 0, 1000, {})));
    expect(calls).to.have.length(100);
    expect(clock.set).to.equal(0);
  });

  it('sets a timer only while something waits, and wakes once for each that passes', async () => {
    const { clock, above } = await setUp({ operations: { perSecond: 10, burst: 1 } });
    await look(above);
    expect(clock.set).to.equal(0);
    const all = Promise.all(times(5, () => look(above)));
    await clock.move(10_000);
    await all;
    expect(clock.set).to.be.at.most(10);
    expect(clock.waiting).to.equal(0);
  });

  it('counts bytes read and bytes written apart, and looks at neither', async () => {
    const { clock, calls, above, handle } = await setUp({
      bytesRead: { perSecond: 100 },
      bytesWritten: { perSecond: 50 },
    });
    const bytes = new Uint8Array(50);
    await Promise.all([
      above.read(handle, 0, 100, { session: 'r' }),
      above.write(handle, 0, bytes, { session: 'w' }),
    ]);
    void above.read(handle, 0, 10, { session: 'r' });
    void above.write(handle, 0, bytes, { session: 'w' });
    await look(above, { session: 'l' });
    expect(calls.slice(2)).to.deep.equal(['l:lstat']);
    await clock.move(100);
    expect(calls.slice(3)).to.deep.equal(['r:read']);
    await clock.move(900);
    expect(calls.slice(4)).to.deep.equal(['w:write']);
  });

  it('a copy counts in both directions', async () => {
    for (const rates of [{ bytesRead: { perSecond: 100 } }, { bytesWritten: { perSecond: 100 } }]) {
      const { clock, calls, above, below, handle } = await setUp(rates);
      const to = await open(below, '/to', { access: 'w', create: 'exclusive' });
      await above.copyRange(handle, 0, 100, to, 0, {});
      void above.copyRange(handle, 100, 50, to, 100, {});
      await settled();
      expect(calls).to.have.length(1);
      await clock.move(500);
      expect(calls).to.have.length(2);
    }
  });

  it('gives back what was asked for and not moved: at the end of a file, and by a call that fails', async () => {
    const { clock, calls, above, handle } = await setUp({ bytesRead: { perSecond: 100, burst: 100 } });
    await above.read(handle, 990, 2 ** 30, {});
    await above.read(handle, 5000, 90, {});
    await refused(above.read(99 as Handle, 0, 90, {}), 'EBADF');
    for (const length of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      await refused(above.read(handle, 0, length, {}), 'EINVAL');
    await above.read(handle, 0, 90, {});
    expect(calls).to.have.length(8);
    void above.read(handle, 0, 1, {});
    await clock.move(9);
    expect(calls).to.have.length(8);
    await clock.move(1);
    expect(calls).to.have.length(9);
  });

  it('a request larger than a burst passes when the bucket is full, and is paid for afterwards', async () => {
    const { clock, calls, above, handle } = await setUp({ bytesWritten: { perSecond: 100, burst: 100 } });
    await above.write(handle, 0, new Uint8Array(10), {});
    const large = above.write(handle, 0, new Uint8Array(500), {});
    await clock.move(99);
    expect(calls).to.have.length(1);
    await clock.move(1);
    await large;
    void above.write(handle, 0, new Uint8Array(1), {});
    await clock.move(4009);
    expect(calls).to.have.length(2);
    await clock.move(1);
    expect(calls).to.have.length(3);
  });

  it('keeps the order of a session, whatever its calls need', async () => {
    const { clock, calls, above, handle } = await setUp({ bytesWritten: { perSecond: 10, burst: 10 } });
    const ctx = { session: 's' };
    const all = [
      above.write(handle, 0, new Uint8Array(10), ctx),
      above.write(handle, 0, new Uint8Array(10), ctx),
      above.fstat(handle, ctx),
      above.write(handle, 0, new Uint8Array(5), ctx),
      above.close(handle, ctx),
      look(above, ctx),
    ];
    await settled();
    expect(calls).to.deep.equal(['s:write']);
    await clock.move(2000);
    await Promise.all(all);
    expect(calls).to.deep.equal(['s:write', 's:write', 's:fstat', 's:write', 's:close', 's:lstat']);
  });

  it('lets sessions take turns, however many calls one of them has waiting', async () => {
    const { clock, calls, above } = await setUp({ operations: { perSecond: 10, burst: 1 } });
    const all = [
      ...times(100, () => look(above, { session: 'greedy' })),
      ...times(3, () => look(above, { session: 'a' })),
      ...times(3, () => look(above, { session: 'b' })),
    ];
    await clock.move(900);
    const turns = calls.map((call) => call.slice(0, call.indexOf(':')));
    expect(turns).to.deep.equal(['greedy', 'greedy', 'a', 'b', 'greedy', 'a', 'b', 'greedy', 'a', 'b']);
    await clock.move(100_000);
    await Promise.all(all);
  });

  it('keeps the tokens for whose turn it is, so that small requests do not starve a large one', async () => {
    const { clock, calls, above, handle } = await setUp({ bytesWritten: { perSecond: 100, burst: 100 } });
    await above.write(handle, 0, new Uint8Array(100), { session: 'first' });
    const large = above.write(handle, 0, new Uint8Array(100), { session: 'large' });
    for (let turn = 0; turn < 10; turn++) {
      void above.write(handle, 0, new Uint8Array(1), { session: 'small' });
      await clock.move(100);
    }
    await large;
    expect(calls.indexOf('large:write')).to.equal(1);
  });

  it('all stacks of one layer share its rates, those of another do not', async () => {
    const { below, layer, clock } = await setUp({ operations: { perSecond: 10, burst: 2 } });
    const calls: string[] = [];
    const [one, two] = [stack(below, layer, noting(calls)), stack(below, layer, noting(calls))];
    const other = stack(below, rateLimit({ operations: { perSecond: 10, burst: 2 } }), noting(calls));
    void Promise.all(times(2, () => look(one, { session: '1' })));
    void Promise.all(times(2, () => look(two, { session: '2' })));
    await settled();
    expect(calls).to.deep.equal(['1:lstat', '1:lstat']);
    await look(other, { session: '3' });
    await clock.move(200);
    expect(calls.slice(3)).to.deep.equal(['2:lstat', '2:lstat']);
  });

  describe('aborted', () => {
    it('ends a call that waits with EINTR, takes no tokens for it, and lets others go on', async () => {
      const { clock, calls, above } = await setUp({ operations: { perSecond: 10, burst: 1 } });
      await look(above);
      const controller = new AbortController();
      const given = look(above, { session: 's', signal: controller.signal });
      const after = look(above, { session: 's' });
      await settled();
      controller.abort();
      await refused(given, 'EINTR');
      await clock.move(100);
      await after;
      expect(calls).to.have.length(2);
    });

    it('gives nothing back that was never taken', async () => {
      const { clock, calls, above, handle } = await setUp({ bytesRead: { perSecond: 100, burst: 100 } });
      await above.read(handle, 0, 100, {});
      for (let turn = 0; turn < 5; turn++) {
        const controller = new AbortController();
        const given = above.read(handle, 0, 100, { signal: controller.signal });
        controller.abort();
        await refused(given, 'EINTR');
      }
      void above.read(handle, 0, 100, {});
      await clock.move(999);
      expect(calls).to.have.length(1);
      await clock.move(1);
      expect(calls).to.have.length(2);
    });

    it('before it came, a call that would wait does not begin to; one that need not passes', async () => {
      const { calls, above, clock } = await setUp({ operations: { perSecond: 10, burst: 1 } });
      const signal = AbortSignal.abort();
      await look(above, { signal });
      await refused(look(above, { signal }), 'EINTR');
      expect(calls).to.have.length(1);
      expect(clock.waiting).to.equal(0);
    });

    it('a close is made all the same, after what was before it, without tokens', async () => {
      const { calls, above, handle } = await setUp({ operations: { perSecond: 0.001, burst: 1 } });
      await look(above);
      const controller = new AbortController();
      const ctx = { session: 's', signal: controller.signal };
      const given = above.fstat(handle, ctx);
      const closed = above.close(handle, ctx);
      await settled();
      expect(calls).to.have.length(1);
      controller.abort();
      await refused(given, 'EINTR');
      await closed;
      expect(calls.slice(1)).to.deep.equal(['s:close']);
    });
  });

  it('a call that throws, instead of rejecting, fails alone', async () => {
    const clock = new ManualClock();
    const { below } = layered();
    const throwing: Layer = () => () => {
      throw new TypeError('broken layer');
    };
    const rates = rateLimit({ operations: { perSecond: 10, burst: 1 }, now: clock.now, timer: clock.timer });
    const above = stack(below, rates, throwing);
    const outcomes = Promise.all(times(3, () => outcomeOf(look(above))));
    await clock.move(1000);
    expect(await outcomes).to.deep.equal(['EIO', 'EIO', 'EIO']);
  });

  it('holds real time too', async () => {
    const { below } = await setUp({});
    const above = stack(below, rateLimit({ operations: { perSecond: 100, burst: 1 } }));
    const begun = performance.now();
    await Promise.all(times(11, () => look(above)));
    expect(performance.now() - begun).to.be.within(99, 2000);
  });
});
