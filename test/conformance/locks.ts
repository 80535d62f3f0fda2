import { expect } from 'chai';
import type { Handle, LockRequest } from '../../vfs/backend.ts';
import { outcomeOf, refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function locks(suite: Suite): void {
  if (!suite.can.locks) return;
  const { POSITIVE_INFINITY } = Number;
  const ask = (
    owner: string,
    kind: LockRequest['kind'],
    start = 0,
    length: number = POSITIVE_INFINITY,
  ): LockRequest => ({ owner, kind, start, length });
  const lock = (handle: Handle, request: LockRequest, signal?: AbortSignal) =>
    suite.backend.lock(handle, request, { signal });
  const tryLock = (handle: Handle, request: LockRequest) => suite.backend.tryLock(handle, request, {});
  const unlock = (handle: Handle, owner: string, start?: number, length?: number) =>
    suite.backend.unlock(handle, ask(owner, 'shared', start, length), {});
  /** The positions up to `end` at which somebody else could not lock. */
  async function taken(handle: Handle, kind: LockRequest['kind'], end = 12): Promise<string> {
    let map = '';
    for (let position = 0; position < end; position++) {
      const request = ask('prober', kind, position, 1);
      const outcome = await outcomeOf(tryLock(handle, request));
      if (outcome === 'ok') await suite.backend.unlock(handle, request, {});
      map += outcome === 'ok' ? '.' : 'x';
    }
    return map;
  }
  /** A wait that tells how it ended. */
  function waiting(log: string[], name: string, promise: Promise<void>): Promise<void> {
    return outcomeOf(promise).then((outcome) => void log.push(`${name} ${outcome}`));
  }

  let file: Handle;
  let other: Handle;
  describe('advisory locks', () => {
    beforeEach(async () => {
      await suite.put('/f', 'content');
      file = await suite.open('/f');
      other = await suite.open('/f');
    });

    it('shared ones go together, an exclusive one with none, whichever handles they are asked through', async () => {
      await lock(file, ask('a', 'shared', 0, 10));
      await tryLock(other, ask('b', 'shared', 5, 10));
      await refused(tryLock(other, ask('c', 'exclusive', 9, 1)), 'EAGAIN');
      await refused(tryLock(file, ask('b', 'exclusive', 9, 1)), 'EAGAIN');
      await tryLock(file, ask('c', 'exclusive', 15, 1));
      await refused(tryLock(file, ask('a', 'shared', 15, 1)), 'EAGAIN');
      await unlock(other, 'a', 0, 10);
      await tryLock(file, ask('b', 'exclusive', 0, 15));
    });

    it('those of one owner never conflict: the later takes the place of the earlier', async () => {
      await lock(file, ask('a', 'exclusive', 0, 10));
      await tryLock(other, ask('a', 'shared', 2, 3));
      expect(await taken(file, 'shared')).to.equal('xx...xxxxx..');
      expect(await taken(file, 'exclusive')).to.equal('xxxxxxxxxx..');
      await tryLock(file, ask('a', 'exclusive', 3, 9));
      expect(await taken(file, 'shared')).to.equal('xx.xxxxxxxxx');
    });

    it('a range is split, cut and merged as POSIX says', async () => {
      await lock(file, ask('a', 'exclusive', 0, 12));
      await unlock(file, 'a', 4, 2);
      expect(await taken(file, 'shared')).to.equal('xxxx..xxxxxx');
      await unlock(file, 'a', 0, 1);
      await unlock(file, 'a', 10, 5);
      expect(await taken(file, 'shared')).to.equal('.xxx..xxxx..');
      await tryLock(file, ask('a', 'exclusive', 4, 2));
      expect(await taken(file, 'shared')).to.equal('.xxxxxxxxx..');
      await unlock(file, 'a');
      expect(await taken(file, 'exclusive')).to.equal('............');
      await unlock(file, 'nobody', 3, 4);
    });

    it('a length of Infinity reaches past every end, a finite one to 2^53', async () => {
      await lock(file, ask('a', 'exclusive', 5));
      expect(await taken(file, 'exclusive')).to.equal('.....xxxxxxx');
      await refused(tryLock(file, ask('b', 'shared', Number.MAX_SAFE_INTEGER, 1)), 'EAGAIN');
      await unlock(file, 'a', 5, 2);
      expect(await taken(file, 'exclusive')).to.equal('.......xxxxx');
      await unlock(file, 'a', 7, Number.MAX_SAFE_INTEGER - 6);
      await tryLock(file, ask('b', 'exclusive', 0, Number.MAX_SAFE_INTEGER));
    });

    it('are of the inode: other names conflict, another file does not, and bytes are not touched', async () => {
      await lock(file, ask('a', 'exclusive'));
      await suite.backend.rename(at('/f'), at('/g'), { replace: false }, {});
      const again = await suite.open('/g');
      await refused(tryLock(again, ask('b', 'shared')), 'EAGAIN');
      await suite.put('/f', '');
      await tryLock(await suite.open('/f'), ask('b', 'exclusive'));
      await suite.write(again, 0, 'advisory');
      expect(await suite.text('/g')).to.equal('advisory');
      await suite.backend.unlink(at('/g'), {});
      await refused(tryLock(again, ask('b', 'shared')), 'EAGAIN');
    });

    it('a shared one needs a handle that reads, an exclusive one a handle that writes: EBADF', async () => {
      const reader = await suite.open('/f', { access: 'r' });
      const writer = await suite.open('/f', { access: 'w' });
      for (const take of [lock, tryLock]) {
        await take(reader, ask('a', 'shared'));
        await refused(take(reader, ask('a', 'exclusive')), 'EBADF');
        await take(writer, ask('a', 'exclusive'));
        await refused(take(writer, ask('a', 'shared')), 'EBADF');
        await unlock(reader, 'a');
        await refused(take(-1 as Handle, ask('a', 'shared')), 'EBADF');
      }
      await refused(unlock(-1 as Handle, 'a'), 'EBADF');
      await suite.mkdir('/d');
      await tryLock(await suite.open('/d', { access: 'r' }), ask('a', 'shared'));
    });

    it('refuses a range that is none, and changes nothing: EINVAL', async () => {
      await lock(file, ask('a', 'exclusive', 0, 5));
      const bad = [
        [-1, 1],
        [0.5, 1],
        [2 ** 53, 1],
        [Number.NaN, 1],
        [0, 0],
        [0, -1],
        [0, 1.5],
        [0, Number.NaN],
        [10, Number.MAX_SAFE_INTEGER],
        [POSITIVE_INFINITY, 1],
      ] as const;
      for (const [start, length] of bad) {
        await refused(lock(file, ask('a', 'shared', start, length)), 'EINVAL');
        await refused(tryLock(file, ask('a', 'shared', start, length)), 'EINVAL');
        await refused(unlock(file, 'a', start, length), 'EINVAL');
      }
      expect(await taken(file, 'shared')).to.equal('xxxxx.......');
    });

    it('a wait ends when the last lock in its way is gone', async () => {
      const log: string[] = [];
      await lock(file, ask('a', 'shared', 0, 5));
      await lock(file, ask('b', 'shared', 5, 5));
      const done = waiting(log, 'c', lock(other, ask('c', 'exclusive', 0, 10)));
      await unlock(file, 'a');
      await turn();
      expect(log).to.deep.equal([]);
      await unlock(file, 'b', 5, 5);
      await done;
      expect(log).to.deep.equal(['c ok']);
      expect(await taken(file, 'shared')).to.equal('xxxxxxxxxx..');
    });

    it('a signal ends a wait with EINTR and takes nothing; one that came before too', async () => {
      await lock(file, ask('a', 'exclusive'));
      const abort = new AbortController();
      const wait = lock(other, ask('b', 'exclusive'), abort.signal);
      const behind = lock(other, ask('c', 'shared'));
      await turn();
      abort.abort();
      await refused(wait, 'EINTR');
      await refused(lock(other, ask('b', 'shared'), AbortSignal.abort()), 'EINTR');
      await unlock(file, 'a');
      await behind;
      await tryLock(file, ask('a', 'shared'));
    });

    it('waiting is fair: who comes later does not pass, and tries in vain', async () => {
      const log: string[] = [];
      await lock(file, ask('a', 'shared'));
      const waits = [
        waiting(log, 'writer', lock(other, ask('b', 'exclusive', 0, 10))),
        waiting(log, 'reader', lock(other, ask('c', 'shared', 5, 10))),
        waiting(log, 'elsewhere', lock(other, ask('d', 'shared', 20, 5))),
      ];
      await refused(tryLock(other, ask('e', 'shared', 0, 1)), 'EAGAIN');
      await turn();
      expect(log).to.deep.equal(['elsewhere ok']);
      await unlock(file, 'a');
      await turn();
      expect(log).to.deep.equal(['elsewhere ok', 'writer ok']);
      await unlock(file, 'b');
      await Promise.all(waits);
      expect(log).to.deep.equal(['elsewhere ok', 'writer ok', 'reader ok']);
    });

    it('a stream of shared locks does not starve who waits for an exclusive one', async () => {
      await lock(file, ask('r0', 'shared'));
      const order: string[] = [];
      const writer = lock(other, ask('w', 'exclusive')).then(async () => {
        order.push('w');
        await unlock(other, 'w');
      });
      for (let index = 1; index <= 20; index++) {
        const next = lock(file, ask(`r${index}`, 'shared'));
        await unlock(file, `r${index - 1}`);
        await next;
        order.push(`r${index}`);
      }
      await writer;
      expect(order[0]).to.equal('w');
    });

    it('who is waited for may still widen, upgrade and downgrade', async () => {
      const log: string[] = [];
      await lock(file, ask('a', 'shared', 0, 5));
      const done = waiting(log, 'b', lock(other, ask('b', 'exclusive', 0, 10)));
      await lock(file, ask('a', 'shared', 5, 5));
      await lock(file, ask('a', 'exclusive', 0, 10));
      await lock(file, ask('a', 'shared', 0, 10));
      const reader = waiting(log, 'c', lock(other, ask('c', 'shared', 0, 10)));
      await turn();
      expect(log).to.deep.equal([]);
      await unlock(file, 'a');
      await done;
      await unlock(file, 'b');
      await reader;
      expect(log).to.deep.equal(['b ok', 'c ok']);
    });

    it('a downgrade lets in those who wait for a shared one', async () => {
      await lock(file, ask('a', 'exclusive'));
      const readers = ['b', 'c'].map((owner) => lock(other, ask(owner, 'shared')));
      await lock(file, ask('a', 'shared'));
      await Promise.all(readers);
      await refused(tryLock(file, ask('a', 'exclusive')), 'EAGAIN');
    });

    it('two who wait for each other: the second is EDEADLK, and keeps what it had', async () => {
      await lock(file, ask('a', 'exclusive', 0, 5));
      await lock(file, ask('b', 'exclusive', 5, 5));
      const wait = lock(file, ask('a', 'exclusive', 5, 1));
      await refused(lock(file, ask('b', 'shared', 0, 1)), 'EDEADLK');
      expect(await taken(file, 'shared')).to.equal('xxxxxxxxxx..');
      await unlock(file, 'b');
      await wait;
    });

    it('two who share and both upgrade are one such pair', async () => {
      await lock(file, ask('a', 'shared'));
      await lock(file, ask('b', 'shared'));
      const upgrade = lock(file, ask('a', 'exclusive'));
      await refused(lock(other, ask('b', 'exclusive')), 'EDEADLK');
      await unlock(other, 'b');
      await upgrade;
    });

    it('a circle of three over two files is found', async () => {
      await suite.put('/g', '');
      const second = await suite.open('/g');
      await lock(file, ask('a', 'exclusive', 0, 1));
      await lock(second, ask('b', 'exclusive'));
      await lock(file, ask('c', 'exclusive', 1, 1));
      const waits = [lock(second, ask('a', 'exclusive')), lock(file, ask('b', 'exclusive', 1, 1))];
      await refused(lock(file, ask('c', 'shared', 0, 1)), 'EDEADLK');
      await unlock(file, 'c');
      await waits[1];
      await unlock(second, 'b');
      await waits[0];
    });

    it('close frees what was locked through the handle, and nothing else', async () => {
      await lock(file, ask('a', 'exclusive', 0, 4));
      await lock(other, ask('a', 'exclusive', 4, 4));
      await lock(other, ask('a', 'exclusive', 1, 1));
      const wait = lock(file, ask('b', 'exclusive', 4, 1));
      await suite.close(other);
      await wait;
      expect(await taken(file, 'shared')).to.equal('x.xxx.......');
    });

    it('a wait through a handle that is closed ends with EBADF', async () => {
      await lock(file, ask('a', 'exclusive'));
      const wait = lock(other, ask('b', 'exclusive'));
      const behind = lock(file, ask('a', 'shared'));
      await Promise.all([refused(wait, 'EBADF'), suite.close(other)]);
      await behind;
    });

    it('dispose ends waits with EBADF', async () => {
      await lock(file, ask('a', 'exclusive'));
      await Promise.all([refused(lock(other, ask('b', 'exclusive')), 'EBADF'), suite.backend.dispose()]);
    });

    it('there are at most 4,096 ranges: ENOLCK, for a split by unlock too', async () => {
      // Sixteen files, since a call looks at all ranges of its file.
      for (let made = 0; made < 16; made++) {
        const each = await suite.open(`/f${made}`, { create: 'exclusive' });
        await lock(each, ask('a', 'exclusive', 0, 1000));
        for (let index = 0; index < 255; index++) await unlock(each, 'a', 2 * index + 1, 1);
        if (made < 15) continue;
        await refused(unlock(each, 'a', 995, 1), 'ENOLCK');
        await refused(lock(other, ask('b', 'shared', 0, 1)), 'ENOLCK');
        await refused(tryLock(other, ask('b', 'shared', 0, 1)), 'ENOLCK');
        await refused(lock(each, ask('b', 'shared', 0, 1)), 'ENOLCK');
        await unlock(each, 'a', 0, 1);
        await tryLock(other, ask('b', 'shared', 0, 1));
      }
    });
  });
}
