import { expect } from 'chai';
import type { Timestamp } from '../../vfs/stats.ts';
import { clockMoves, expectSince, refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

const TIMES: readonly Timestamp[] = [
  { seconds: 0, nanoseconds: 0 },
  { seconds: 0, nanoseconds: 1_000_000 },
  { seconds: -1, nanoseconds: 999_000_000 },
  { seconds: -62_135_596_800, nanoseconds: 0 },
  { seconds: 2 ** 31 - 1, nanoseconds: 0 },
  { seconds: 2 ** 31, nanoseconds: 0 },
  { seconds: 2 ** 32, nanoseconds: 123_000_000 },
  { seconds: 253_402_300_799, nanoseconds: 999_000_000 },
];

export function times(suite: Suite): void {
  describe('times', () => {
    const [first, last] = suite.secondsKept;
    const isKept = ({ seconds }: Timestamp): boolean => seconds >= first && seconds <= last;

    for (const time of TIMES.filter((time) => !isKept(time))) {
      it(`refuses ${time.seconds} s with EINVAL and changes nothing`, async () => {
        await suite.put('/f', 'content');
        const { ctime: _before, ...before } = await suite.stat('/f');
        const other = { seconds: 5, nanoseconds: 0 };
        for (const times of [
          { mtime: time },
          { atime: time, mtime: other },
          { mtime: time, mode: 0o600, size: 1 },
        ]) {
          await refused(suite.backend.setstat(at('/f'), times, {}), 'EINVAL');
          expect(await suite.stat('/f')).to.deep.include(before);
        }
      });
    }

    for (const time of TIMES.filter(isKept)) {
      it(`keeps ${time.seconds} s and ${time.nanoseconds} ns`, async () => {
        await suite.put('/f', '');
        await suite.backend.setstat(at('/f'), { atime: time, mtime: time }, {});
        expect(await suite.stat('/f')).to.deep.include({ atime: time, mtime: time });
        expect((await suite.entries('/'))[0]?.stats).to.deep.include({ atime: time, mtime: time });
      });
    }

    it(`keeps times to the ${suite.can.nanoseconds ? 'nanosecond' : 'millisecond'}`, async () => {
      await suite.put('/f', '');
      const given = { seconds: 1_700_000_000, nanoseconds: 123_456_789 };
      await suite.backend.setstat(at('/f'), { mtime: given }, {});
      const { seconds, nanoseconds } = (await suite.stat('/f')).mtime;
      const unit = suite.can.nanoseconds ? 1 : 1_000_000;
      expect(seconds).to.equal(given.seconds);
      expect(Math.floor(nanoseconds / unit)).to.equal(Math.floor(given.nanoseconds / unit));
      expect(nanoseconds).to.be.at.most(given.nanoseconds);
    });

    it('one time is set without the other', async () => {
      await suite.put('/f', '');
      const before = await suite.stat('/f');
      const time = { seconds: 5, nanoseconds: 0 };
      await suite.backend.setstat(at('/f'), { atime: time }, {});
      expect(await suite.stat('/f')).to.deep.include({ atime: time, mtime: before.mtime });
      await suite.backend.setstat(at('/f'), { mtime: time }, {});
      expect(await suite.stat('/f')).to.deep.include({ atime: time, mtime: time });
    });

    it('setting times moves ctime', async () => {
      await suite.put('/f', '');
      await clockMoves();
      const begun = Date.now();
      await suite.backend.setstat(at('/f'), { mtime: { seconds: 5, nanoseconds: 0 } }, {});
      expectSince((await suite.stat('/f')).ctime, begun);
    });

    it('a write moves mtime and ctime, and a read moves nothing', async () => {
      await suite.put('/f', 'content');
      const old = { seconds: 5, nanoseconds: 0 };
      await suite.backend.setstat(at('/f'), { atime: old, mtime: old }, {});
      await clockMoves();
      const begun = Date.now();
      const handle = await suite.open('/f');
      await suite.read(handle);
      expect((await suite.stat('/f')).atime).to.deep.equal(old);
      expect((await suite.stat('/f')).mtime).to.deep.equal(old);
      await suite.write(handle, 0, 'x');
      const after = await suite.stat('/f');
      expectSince(after.mtime, begun);
      expectSince(after.ctime, begun);
      expect(after.atime).to.deep.equal(old);
    });

    it('times set through a handle are not moved by its close', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 0, 'content');
      const time = { seconds: 1_000_000, nanoseconds: 0 };
      await suite.backend.fsetstat(handle, { atime: time, mtime: time }, {});
      await suite.backend.fsync(handle, {});
      await suite.close(handle);
      expect(await suite.stat('/f')).to.deep.include({ atime: time, mtime: time });
    });

    it('times set by name while a handle has written are not moved by its close', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 0, 'content');
      const time = { seconds: 1_000_000, nanoseconds: 0 };
      await suite.backend.setstat(at('/f'), { mtime: time }, {});
      await suite.close(handle);
      expect(await suite.stat('/f')).to.deep.include({ mtime: time, size: 7 });
    });

    it('opening moves nothing, but with truncate mtime and ctime', async () => {
      await suite.put('/f', '');
      const before = await suite.stat('/f');
      await clockMoves();
      const begun = Date.now();
      await suite.close(await suite.open('/f', { access: 'rw', create: 'if-missing' }));
      expect(await suite.stat('/f')).to.deep.equal(before);
      await suite.open('/f', { access: 'w', truncate: true });
      const after = await suite.stat('/f');
      expectSince(after.mtime, begun);
      expectSince(after.ctime, begun);
    });

    it('time given with a size stands', async () => {
      await suite.put('/f', 'content');
      const mtime = { seconds: 42, nanoseconds: 0 };
      await suite.backend.setstat(at('/f'), { size: 2, mtime }, {});
      expect(await suite.stat('/f')).to.deep.include({ size: 2, mtime });
    });
  });
}
