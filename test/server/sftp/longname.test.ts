import { expect } from 'chai';
import { longname } from '../../../server/sftp/longname.ts';
import type { Stats } from '../../../vfs/stats.ts';

const NOW = new Date(2026, 5, 15, 12, 0, 0).getTime();
const DAY = 24 * 60 * 60 * 1000;
const NAMES = {
  user: (uid: number) => ({ 10_000: 'alice', 10_001: 'a.very-long-name' })[uid],
  group: (gid: number) => ({ 10_000: 'alice', 10_001: 'a.very-long-name' })[gid],
};

function stats(changes: Partial<Stats>, modified = new Date(2026, 4, 3, 4, 5, 6).getTime()): Stats {
  const time = { seconds: Math.floor(modified / 1000), nanoseconds: 0 };
  return {
    inode: 2,
    type: 'file',
    mode: 0o644,
    nlink: 1,
    uid: 10_000,
    gid: 10_000,
    size: 1024,
    used: 0,
    atime: time,
    mtime: time,
    ctime: time,
    ...changes,
  };
}

describe('the line of a directory entry, as ls_file of OpenSSH lays it out', () => {
  const lines: readonly (readonly [string, Stats])[] = [
    ['-rw-r--r--    1 alice    alice        1024 May  3 04:05 name', stats({})],
    [
      'drwxr-xr-x    5 alice    alice           0 May  3 04:05 name',
      stats({ type: 'directory', mode: 0o755, nlink: 5, size: 0 }),
    ],
    [
      'lrwxrwxrwx    1 alice    alice           7 May  3 04:05 name',
      stats({ type: 'symlink', mode: 0o777, size: 7 }),
    ],
    ['-rwsr-sr-t    1 alice    alice        1024 May  3 04:05 name', stats({ mode: 0o7755 })],
    ['---S--S--T  1000 alice    alice        1024 May  3 04:05 name', stats({ mode: 0o7000, nlink: 1000 })],
    [
      '-rw-r--r--    1 a.very-long-name 42              5 May  3 04:05 name',
      stats({ uid: 10_001, gid: 42, size: 5 }),
    ],
    [
      '-rw-r--r--    1 alice    alice    9007199254740991 May  3 04:05 name',
      stats({ size: Number.MAX_SAFE_INTEGER }),
    ],
  ];
  for (const [line, entry] of lines) {
    it(`is ${line}`, () => {
      expect(longname('name', entry, NAMES, NOW)).to.equal(line);
    });
  }

  it('has the time of the day for half a year, and the year before that and after now', () => {
    const dateOf = (time: number): string => longname('', stats({}, time), NAMES, NOW).slice(-13, -1);
    expect(dateOf(NOW)).to.equal('Jun 15 12:00');
    expect(dateOf(NOW - 182 * DAY)).to.match(/:/);
    expect(dateOf(NOW - 183 * DAY)).to.equal('Dec 14  2025');
    expect(dateOf(NOW + 1000)).to.equal('Jun 15  2026');
  });
});
