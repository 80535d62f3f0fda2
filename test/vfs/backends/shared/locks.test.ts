import { expect } from 'chai';
import { ContentLocks, InFlight, ReadWriteLock, type Hold } from '../../../../vfs/backends/shared/index.ts';
import { refused } from '../../../conformance/expectations.ts';

/** Work that goes on until it is told to end, and says when it begins. */
function work(log: string[], name: string) {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    run: async (): Promise<void> => {
      log.push(name);
      await ended;
    },
    end: () => end(),
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ReadWriteLock', () => {
  function holders(...holds: readonly Hold[]) {
    const [lock, log] = [new ReadWriteLock(), [] as string[]];
    const works = holds.map((_, index) => work(log, String(index)));
    const done = holds.map((hold, index) =>
      lock.during(hold, undefined, (works[index] as (typeof works)[0]).run),
    );
    return { lock, log, works, done };
  }

  it('lets sharers in together, and who wants it alone by itself', async () => {
    const { log, works, done } = holders('shared', 'shared', 'exclusive', 'exclusive');
    await settled();
    expect(log).to.deep.equal(['0', '1']);
    works[0]?.end();
    await settled();
    expect(log).to.deep.equal(['0', '1']);
    works[1]?.end();
    await settled();
    expect(log).to.deep.equal(['0', '1', '2']);
    for (const { end } of works) end();
    await Promise.all(done);
    expect(log).to.deep.equal(['0', '1', '2', '3']);
  });

  it('is fair: a sharer that comes later waits behind who waits to have it alone', async () => {
    const { log, works, done } = holders('shared', 'exclusive', 'shared', 'shared');
    await settled();
    expect(log).to.deep.equal(['0']);
    works[0]?.end();
    works[1]?.end();
    await settled();
    expect(log).to.deep.equal(['0', '1', '2', '3']);
    for (const { end } of works) end();
    await Promise.all(done);
  });

  it('is free again after a failure', async () => {
    const lock = new ReadWriteLock();
    await lock.during('exclusive', undefined, () => Promise.reject(new Error('x'))).catch(() => undefined);
    expect(lock.isIdle).to.equal(true);
    expect(await lock.during('exclusive', undefined, () => Promise.resolve(5))).to.equal(5);
  });

  it('a signal ends the wait with EINTR, and those behind move up', async () => {
    const { lock, log, works, done } = holders('shared');
    const abort = new AbortController();
    const waiting = lock.during('exclusive', abort.signal, () => Promise.resolve());
    const behind = lock.during('shared', undefined, async () => void log.push('behind'));
    await settled();
    expect(log).to.deep.equal(['0']);
    abort.abort();
    await refused(waiting, 'EINTR');
    await behind;
    expect(log).to.deep.equal(['0', 'behind']);
    works[0]?.end();
    await Promise.all(done);
    expect(lock.isIdle).to.equal(true);
  });

  it('a signal that comes after the wait changes nothing', async () => {
    const lock = new ReadWriteLock();
    const abort = new AbortController();
    const held = lock.during('exclusive', undefined, settled);
    const next = lock.during('exclusive', abort.signal, async () => {
      abort.abort();
      await settled();
      return 'done';
    });
    await held;
    expect(await next).to.equal('done');
  });

  it('a signal that came before refuses to wait', async () => {
    const { lock, works, done } = holders('exclusive');
    await refused(lock.during('shared', AbortSignal.abort(), settled), 'EINTR');
    works[0]?.end();
    await Promise.all(done);
  });
});

describe('ContentLocks', () => {
  it('keep files apart', async () => {
    const [locks, log] = [new ContentLocks(), [] as string[]];
    const [one, other] = [work(log, 'one'), work(log, 'other')];
    const done = [
      locks.during({ key: 'a', hold: 'exclusive' }, undefined, one.run),
      locks.during({ key: 'b', hold: 'exclusive' }, undefined, other.run),
    ];
    await settled();
    expect(log).to.deep.equal(['one', 'other']);
    one.end();
    other.end();
    await Promise.all(done);
  });

  it('two copies in opposite directions do not wait for each other', async () => {
    const locks = new ContentLocks();
    const copy = (from: string, to: string): Promise<void> =>
      locks.duringBoth({ key: from, hold: 'shared' }, { key: to, hold: 'exclusive' }, undefined, settled);
    await Promise.all([copy('a', 'b'), copy('b', 'a'), copy('a', 'a'), copy('b', 'a')]);
  });

  it('tell an observer of a change that goes on, or that began and ended meanwhile', async () => {
    const [locks, log] = [new ContentLocks(), [] as string[]];
    const change = { key: 'a', hold: 'exclusive' } as const;
    await locks.during(change, undefined, settled);
    const since = locks.observe();
    expect(locks.mayHaveChanged('a', since)).to.equal(false);
    const going = work(log, 'going');
    const done = locks.during(change, undefined, going.run);
    expect(locks.mayHaveChanged('a', since)).to.equal(true);
    expect(locks.mayHaveChanged('b', since)).to.equal(false);
    going.end();
    await done;
    expect(locks.mayHaveChanged('a', since)).to.equal(true);
    expect(locks.mayHaveChanged('a', locks.observe())).to.equal(false);
    locks.unobserve();
    locks.unobserve();
  });
});

describe('InFlight', () => {
  it('is idle when the last call has ended, however it ends', async () => {
    const [calls, log] = [new InFlight(), [] as string[]];
    await calls.idle();
    const [one, other] = [work(log, 'one'), work(log, 'other')];
    const done = [
      calls.during(one.run),
      calls.during(() => other.run().then(() => Promise.reject(new Error('x')))),
    ];
    const idle = calls.idle().then(() => log.push('idle'));
    one.end();
    await settled();
    expect(log).not.to.include('idle');
    other.end();
    await Promise.allSettled(done);
    await idle;
  });
});
