import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import { expectBytes, pattern } from '../../../conformance/expectations.ts';
import { longestGap } from '../../../support/event-loop-gap.ts';
import { filesOf, type Files } from '../../../support/files-of.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { until } from '../../../support/until.ts';

const PROGRAM = new URL('../../../support/large-removal.ts', import.meta.url).pathname;
const MEBIBYTE = 1 << 20;
const CHUNK = 131_072;
/** Files that others write while a large one is removed. */
const NAMES = 100;
/** Enough for many slices of the background's work, and for the free space to be worth giving back. */
const LARGE = 256;
/** Enough not to be removed in the background's first slice of 4 ms. */
const TINY_CHUNKS = 60_000;
/** Far above what it takes (about 20 ms, a checkpoint), far below removing it all at once with others waiting. */
const GAP_MILLISECONDS = 250;

describe('removing a large file', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  const file = (): string => join(directory(), 'storage.db');

  async function withLargeFile(size = LARGE): Promise<{ backend: VfsBackend; files: Files }> {
    const backend: VfsBackend = await SqliteBackend.open(file());
    const files = filesOf(backend);
    const handle = await files.open('/large');
    const piece = pattern(MEBIBYTE);
    for (let index = 0; index < size; index++) await files.write(handle, index * MEBIBYTE, piece);
    await files.close(handle);
    return { backend, files };
  }

  const shrunk = (): Promise<void> =>
    until('the file has shrunk', () => statSync(file()).size < 20 * MEBIBYTE, 50_000);

  it('answers at once, gives the quota back at once, and the space a little at a time', async () => {
    const { backend, files } = await withLargeFile();
    expect(statSync(file()).size).to.be.above((LARGE - 8) * MEBIBYTE);
    const gap = await longestGap(async () => {
      await files.unlink('/large');
      expect(await files.usage()).to.deep.equal({ used: 0, inodes: 0 });
      await shrunk();
    });
    expect(gap).to.be.below(GAP_MILLISECONDS);
    await backend.dispose();
    expectNothingLeft();
    expect(checkStorage(file())).to.deep.equal([]);
  });

  it('does not keep others from working, and their files are whole', async () => {
    const { backend, files } = await withLargeFile();
    await files.unlink('/large');
    // The same names again and again: what they hold must not outgrow what is given back meanwhile.
    let made = 0;
    for (; statSync(file()).size >= 20 * MEBIBYTE; made++)
      await files.put(`/f${made % NAMES}`, pattern(1000, made));
    expect(made).to.be.above(NAMES);
    for (let index = made - NAMES; index < made; index++)
      expectBytes(await files.get(`/f${index % NAMES}`), pattern(1000, index));
    expect(await files.usage()).to.deep.equal({ used: NAMES * 1000, inodes: NAMES });
    await backend.dispose();
    expect(checkStorage(file())).to.deep.equal([]);
  });

  it('gives the space back in the end though a transfer goes on all the time', async () => {
    const { backend, files } = await withLargeFile(LARGE / 4);
    await files.put('/read', pattern(MEBIBYTE));
    await files.unlink('/large');
    while (statSync(file()).size >= 20 * MEBIBYTE) {
      expect(await files.get('/read')).to.have.length(MEBIBYTE);
      await setImmediate();
    }
    await backend.dispose();
    expect(checkStorage(file())).to.deep.equal([]);
  });

  it('is sound when the storage is closed in the middle, and goes on at the next opening', async () => {
    const { backend, files } = await withLargeFile();
    await files.unlink('/large');
    await backend.dispose();
    expect(rows('chunk')).to.be.above(0);
    expect(checkStorage(file())).to.deep.equal([]);
    await (await reopenUntilShrunk()).dispose();
    expectNothingLeft();
  });

  it('killed in the middle goes on at the next opening, to the last chunk', async () => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', PROGRAM, file(), String(LARGE), String(TINY_CHUNKS)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(child, 'close');
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    await ended;
    expect(said.toString()).to.equal('removed\n');
    expect(checkStorage(file())).to.deep.equal([]);
    expect(rows('chunk'), 'it was killed in the middle').to.be.within(9, LARGE * 8 + TINY_CHUNKS);
    const backend = await reopenUntilShrunk();
    const files = filesOf(backend);
    expect(await files.usage()).to.deep.equal({ used: 1_000_000, inodes: 1 });
    expectBytes(await files.get('/kept'), new Uint8Array(1_000_000).fill(7));
    await backend.dispose();
    expect(rows('orphan')).to.equal(0);
    expect(rows('chunk')).to.equal(8);
    expect(checkStorage(file())).to.deep.equal([]);
  });

  it('gives the space of many small files back too', async () => {
    const backend: VfsBackend = await SqliteBackend.open(file());
    const files = filesOf(backend);
    for (let index = 0; index < 40; index++) await files.put(`/f${index}`, pattern(4 * MEBIBYTE));
    for (let index = 0; index < 40; index++) await files.unlink(`/f${index}`);
    await shrunk();
    await backend.dispose();
    expectNothingLeft();
  });

  async function reopenUntilShrunk(): Promise<VfsBackend> {
    const backend = await SqliteBackend.open(file());
    await shrunk();
    return backend;
  }

  function rows(table: 'chunk' | 'orphan'): number {
    const db = new Database(file(), { readonly: true });
    const count = db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    db.close();
    return count;
  }

  function expectNothingLeft(): void {
    expect(rows('chunk')).to.equal(0);
    expect(rows('orphan')).to.equal(0);
    expect(statSync(file()).size).to.be.below(20 * MEBIBYTE);
  }
});

/** What is done to a large file, one after the other; the counters must be those of the memory backend after each. */
const STORIES: Readonly<
  Record<string, readonly ((files: Files, backend: VfsBackend) => Promise<unknown>)[]>
> = {
  'emptied and written again at once': [
    (files) => files.resize('/large', 0),
    (files) => files.put('/large', pattern(5_000_000, 2)),
    (files) => files.get('/large'),
    (files) => files.put('/large', pattern(100, 3)),
    (files) => files.get('/large'),
  ],
  'replaced by open with truncate, again and again': [1, 2, 3, 4].flatMap((seed) => [
    (files: Files) => files.put('/large', pattern(12_000_000, seed)),
    (files: Files) => files.get('/large'),
  ]),
  'cut to a large size and grown: what was cut off does not come back': [
    (files) => files.resize('/large', 5 * CHUNK + 1),
    (files) => files.resize('/large', 20_000_000),
    (files) => files.get('/large'),
  ],
  'cut to a large size and written past its old end': [
    (files) => files.resize('/large', 2 * CHUNK),
    async (files) => {
      const handle = await files.open('/large');
      await files.write(handle, 19_000_000, pattern(10));
      await files.close(handle);
    },
    (files) => files.get('/large'),
  ],
  'cut twice before the background has come to it': [
    (files) => files.resize('/large', 100 * CHUNK),
    (files) => files.resize('/large', 10 * CHUNK - 5),
    (files) => files.resize('/large', 150 * CHUNK),
    (files) => files.get('/large'),
  ],
  'cut and removed before the background has come to it': [
    (files) => files.resize('/large', 100 * CHUNK),
    (files) => files.unlink('/large'),
    (files) => files.put('/large', pattern(10)),
    (files) => files.get('/large'),
  ],
  'removed while it is open, then read, grown, cut, emptied and closed': [
    async (files, backend) => {
      const handle = await files.open('/large');
      const size = async (): Promise<unknown> => [
        await files.usage(),
        (await backend.fstat(handle, {})).size,
      ];
      const seen: unknown[] = [];
      await files.unlink('/large');
      seen.push(await size(), await files.read(handle, 19_000_000, 2_000_000));
      await files.write(handle, 25_000_000, pattern(1000));
      seen.push(await size(), await files.read(handle, 0, 26_000_000));
      await backend.fsetstat(handle, { size: 15_000_000 }, {});
      seen.push(await size());
      await backend.fsetstat(handle, { size: 30_000_000 }, {});
      seen.push(await size(), await files.read(handle, 0, 30_000_000));
      await backend.fsetstat(handle, { size: 0 }, {});
      await files.write(handle, 'end', pattern(500_000));
      seen.push(await size(), await files.read(handle, 0, 500_000));
      await files.close(handle);
      return seen;
    },
  ],
  'cut, then removed while it is open, then grown': [
    (files) => files.resize('/large', 3 * CHUNK),
    async (files, backend) => {
      const handle = await files.open('/large');
      await files.unlink('/large');
      await backend.fsetstat(handle, { size: 18_000_000 }, {});
      const bytes = await files.read(handle, 0, 18_000_000);
      await files.close(handle);
      return bytes;
    },
  ],
  'replaced by rename while it is open': [
    (files) => files.put('/small', pattern(10)),
    async (files, backend) => {
      const handle = await files.open('/large');
      await backend.rename('/small' as never, '/large' as never, { replace: true }, {});
      const seen = [await files.usage(), await files.read(handle, 0, 20_000_000), await files.get('/large')];
      await files.close(handle);
      return seen;
    },
  ],
};

describe('a large file', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();

  for (const [story, steps] of Object.entries(STORIES)) {
    it(`${story}; the counters are exact at every stage`, async () => {
      const file = join(directory(), 'storage.db');
      const sqlite: VfsBackend = await SqliteBackend.open(file);
      const memory: VfsBackend = new MemoryBackend();
      const both = [sqlite, memory] as const;
      await Promise.all(both.map((backend) => filesOf(backend).put('/large', pattern(20_000_000))));
      for (const [index, step] of steps.entries()) {
        const [stored, wanted] = await Promise.all(both.map((backend) => step(filesOf(backend), backend)));
        expectSame(stored, wanted);
        const [usage, right] = await Promise.all(both.map((backend) => filesOf(backend).usage()));
        expect(usage, `stage ${index}`).to.deep.equal(right);
      }
      await sqlite.dispose();
      expect(checkStorage(file)).to.deep.equal([]);
    });
  }

  function expectSame(actual: unknown, wanted: unknown): void {
    if (Array.isArray(actual))
      actual.forEach((part, index) => expectSame(part, (wanted as unknown[])[index]));
    else if (actual instanceof Uint8Array) expectBytes(actual, wanted as Uint8Array);
    else expect(actual).to.deep.equal(wanted);
  }
});
