import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntentLog } from '../../../../vfs/backends/sqlite/intent-log.ts';
import type { Value } from '../../../../vfs/backends/sqlite/intent-record.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { pattern } from '../../../conformance/expectations.ts';
import { filesOf } from '../../../support/files-of.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

type Told = [change: number, ...values: (number | string | null)[]];

/** Bytes before the changes of a group (docs/storage-format.md, "Intents"). */
const HEADER = 20;
const EPOCH = 123_456_789;
const GROUPS: readonly (readonly [change: number, values: readonly Value[]])[][] = [
  [
    [5, [1, -1, 2 ** 53 - 1, 0, null]],
    [8, [1, Buffer.from('name'), 7]],
  ],
  [[10, [7, 0, pattern(5000)]]],
  [
    [9, [1, Buffer.alloc(0)]],
    [7, [7]],
  ],
];

/** Where the groups of a log begin. */
function beginsOf(log: Buffer): number[] {
  const begins: number[] = [];
  for (let at = 0; at < log.length; at += HEADER + log.readUInt32LE(at)) begins.push(at);
  return begins;
}

describe('the intent log', () => {
  const directory = temporaryDirectory();
  const storage = (): string => join(directory(), 'storage.db');
  const file = (): string => `${storage()}-intents`;

  const plain = (change: number, values: readonly Value[]): Told => [
    change,
    ...values.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)),
  ];
  const told = (log: IntentLog): Told[] =>
    Array.from(log.promised(), ({ change, values }) => plain(change, values));
  const expected = (groups: number): Told[] =>
    GROUPS.slice(0, groups).flatMap((group) => group.map(([change, values]) => plain(change, values)));

  function written(): IntentLog {
    const log = new IntentLog(storage(), EPOCH);
    for (const group of GROUPS) {
      for (const [change, values] of group) log.add(change, values);
      expect(log.append()).to.equal(true);
    }
    return log;
  }

  function recovered(epoch = EPOCH): IntentLog {
    const log = new IntentLog(storage(), epoch);
    log.recover();
    return log;
  }

  it('tells what it was given, to its owner and to the next one', () => {
    const log = written();
    expect(told(log)).to.deep.equal(expected(3));
    log.close();
    const next = recovered();
    expect(told(next)).to.deep.equal(expected(3));
    next.close();
  });

  it('goes on behind what it recovered', () => {
    written().close();
    const log = recovered();
    log.add(1, [99]);
    expect(log.append()).to.equal(true);
    log.close();
    expect(told(recovered())).to.deep.equal([...expected(3), [1, 99]]);
  });

  it('does not tell what was not appended, nor what was undone', () => {
    const log = written();
    log.add(1, [98]);
    expect(told(log)).to.deep.equal(expected(3));
    log.forgetPending();
    log.add(1, [99]);
    log.append();
    expect(told(log)).to.deep.equal([...expected(3), [1, 99]]);
    log.close();
  });

  it('cut anywhere, tells the groups before the cut and no part of one', () => {
    written().close();
    const whole = readFileSync(file());
    const ends = [...beginsOf(whole).slice(1), whole.length];
    for (let length = 0; length <= whole.length; length += length > 200 && length < 5000 ? 97 : 1) {
      writeFileSync(file(), whole);
      truncateSync(file(), length);
      const groups = ends.filter((end) => end <= length).length;
      const log = recovered();
      expect(told(log), `cut at ${length}`).to.deep.equal(expected(groups));
      log.close();
    }
  });

  it('damaged anywhere, tells the groups before the damage', () => {
    written().close();
    const whole = readFileSync(file());
    const begins = beginsOf(whole);
    for (let at = 0; at < whole.length; at += at > 200 && at < 5000 ? 97 : 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x10;
      writeFileSync(file(), damaged);
      const log = recovered();
      const intact = begins.filter((begin) => begin <= at).length - 1;
      expect(told(log), `damaged at ${at}`).to.deep.equal(expected(intact));
      log.close();
    }
  });

  it('of another epoch, or of zeros, tells nothing', () => {
    written().close();
    expect(recovered(EPOCH + 1).isEmpty).to.equal(true);
    writeFileSync(file(), Buffer.alloc(10_000));
    expect(recovered().isEmpty).to.equal(true);
  });

  it('begins anew with the next epoch, and tells nothing of the one before', () => {
    const log = written();
    const epoch = log.nextEpoch();
    expect(epoch).to.not.equal(EPOCH);
    log.committed(epoch);
    expect(log.isEmpty).to.equal(true);
    log.add(1, [99]);
    log.append();
    log.close();
    expect(recovered().isEmpty, 'by the old epoch').to.equal(true);
    expect(told(recovered(epoch))).to.deep.equal([[1, 99]]);
  });

  it('does not take a group that is too large, and takes others after the commit', () => {
    const log = written();
    log.add(10, [1, 0, pattern(40_000)]);
    log.add(10, [1, 1, pattern(40_000)]);
    log.add(1, [5]);
    expect(log.append()).to.equal(false);
    expect(told(log)).to.deep.equal(expected(3));
    log.committed(log.nextEpoch());
    log.add(1, [6]);
    expect(log.append()).to.equal(true);
    expect(told(log)).to.deep.equal([[1, 6]]);
    log.close();
  });

  it('is full at some time', () => {
    const log = new IntentLog(storage(), EPOCH);
    let appended = 0;
    do log.add(10, [1, appended, pattern(10_000)]);
    while (log.append() && ++appended < 1000);
    expect(appended).to.equal(26);
    expect(told(log)).to.have.length(26);
    log.close();
  });

  it('says where it cannot write', () => {
    const log = new IntentLog(join(directory(), 'missing', 'storage.db'), EPOCH);
    log.add(1, [1]);
    expect(log.append()).to.equal(false);
    log.close();
  });

  it('leaves a file only where something in it is not committed', () => {
    const log = written();
    log.close();
    expect(existsSync(file())).to.equal(true);
    const next = recovered();
    next.committed(next.nextEpoch());
    next.close();
    expect(existsSync(file())).to.equal(false);
  });

  describe('of a storage', () => {
    it('is gone after a clean close', async () => {
      const backend = await SqliteBackend.open(storage());
      await filesOf(backend).put('/file', pattern(1000));
      expect(existsSync(file())).to.equal(true);
      await backend.dispose();
      expect(existsSync(file())).to.equal(false);
      expect(checkStorage(storage())).to.deep.equal([]);
    });

    it('that belongs to another one changes nothing', async () => {
      const other = join(directory(), 'other.db');
      const stranger = await SqliteBackend.open(other);
      await stranger.mkdir('/of-the-other' as VfsPath, 0o755, {});
      const log = readFileSync(`${other}-intents`);
      await stranger.dispose();
      await (await SqliteBackend.open(storage())).dispose();
      writeFileSync(file(), log);
      const backend = await SqliteBackend.open(storage());
      expect(await backend.readdir('/' as VfsPath, { limit: 10 }, {})).to.deep.equal([]);
      await backend.dispose();
      expect(existsSync(file())).to.equal(false);
    });

    it('written for a later state of the database, as after the loss of power, changes nothing', async () => {
      const copy = join(directory(), 'copy.db');
      // In another process: closing the file in this one would take its lock away.
      const take = (...suffixes: string[]): void => {
        for (const suffix of suffixes) execFileSync('cp', [storage() + suffix, copy + suffix]);
      };
      const backend = await SqliteBackend.open(storage());
      await backend.mkdir('/committed' as VfsPath, 0o755, {});
      await backend.sync({});
      take('', '-wal');
      // Too large for the log, which is empty at its commit.
      await filesOf(backend).put('/committed/large', pattern(100_000));
      await backend.mkdir('/committed/kept' as VfsPath, 0o755, {});
      take('-intents');
      await backend.dispose();
      const other = await SqliteBackend.open(copy, { create: false });
      const names = async (path: string): Promise<string[]> =>
        (await other.readdir(path as VfsPath, { limit: 10 }, {})).map(({ name }) => name);
      expect(await names('/')).to.deep.equal(['committed']);
      expect(await names('/committed')).to.deep.equal([]);
      await other.dispose();
      expect(checkStorage(copy)).to.deep.equal([]);
    });

    it('is made again once, however often its maker is interrupted', async () => {
      const backend = await SqliteBackend.open(storage());
      await backend.mkdir('/kept' as VfsPath, 0o755, {});
      await filesOf(backend).put('/kept/file', pattern(3000));
      const copy = join(directory(), 'copy.db');
      for (const suffix of ['', '-wal', '-intents']) execFileSync('cp', [storage() + suffix, copy + suffix]);
      await backend.dispose();
      const log = readFileSync(`${copy}-intents`);
      for (let attempt = 0; attempt < 3; attempt++) {
        const other = await SqliteBackend.open(copy, { create: false });
        expect(await filesOf(other).get('/kept/file')).to.deep.equal(pattern(3000));
        expect(await filesOf(other).usage()).to.deep.equal({ used: 3000, inodes: 2 });
        await other.dispose();
        expect(checkStorage(copy)).to.deep.equal([]);
        // As if the file had not been removed.
        writeFileSync(`${copy}-intents`, log);
      }
    });
  });
});
