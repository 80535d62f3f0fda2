import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { randomSource } from '../../../conformance/expectations.ts';
import { CrashModel, describeTree, differences, type Found } from '../../../support/crash-model.ts';
import { CRASH_LIMITS, type CrashLine } from '../../../support/crash-protocol.ts';
import { filesOf } from '../../../support/files-of.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { expectCountsRight } from '../../../support/tree-of.ts';

const PROGRAM = new URL('../../../support/crash-writer.ts', import.meta.url).pathname;
/** Rounds on each storage, one after the other; each finds what those before it have left. */
const ROUNDS = 4;
const SEEDS = seedsFrom(process.env['ANYFS_CRASH_SEED'], 6);
const LONGEST_LIFE_MILLISECONDS = 500;

/** Every second storage changes its journal with each commit that nobody waits for. */
const bulkAfterOf = (seed: number): number | undefined => (seed % 2 === 0 ? 1 : undefined);

/** Other ones each time, named where they fail; one that is given is tried alone. */
function seedsFrom(given: string | undefined, count: number): number[] {
  if (given !== undefined) return [Number(given)];
  const first = Date.now() % 1_000_000;
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Runs the program, kills it after so many milliseconds of work, and gives what it said. */
async function runAndKill(
  storage: string,
  log: string,
  prefix: string,
  seed: number,
  life: number,
  bulkAfter?: number,
): Promise<CrashLine[]> {
  const output = openSync(log, 'w');
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      PROGRAM,
      storage,
      prefix,
      String(seed),
      ...(bulkAfter === undefined ? [] : [String(bulkAfter)]),
    ],
    {
      stdio: ['ignore', output, 'inherit', 'pipe'],
    },
  );
  closeSync(output);
  const ended = once(child, 'close');
  const begun = once(child.stdio[3] as Readable, 'data');
  await Promise.race([begun, ended.then(() => Promise.reject(new Error('the program ended by itself')))]);
  await delay(life);
  child.kill('SIGKILL');
  const [, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  expect(signal, 'it was still at work').to.equal('SIGKILL');
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as CrashLine);
}

describe('kill -9 at any moment', function () {
  this.timeout(120_000);
  const directory = temporaryDirectory();

  for (const seed of SEEDS) {
    it(`loses nothing that was promised, and leaves the storage sound, seed ${seed}`, async () => {
      const storage = join(directory(), 'storage.db');
      const random = randomSource(seed);
      const settled = new Map<string, string>();
      let highest = 1;
      for (let round = 0; round < ROUNDS; round++) {
        const log = join(directory(), `log${round}`);
        const lines = await runAndKill(
          storage,
          log,
          `r${round}w`,
          seed + round,
          random(LONGEST_LIFE_MILLISECONDS),
          bulkAfterOf(seed),
        );
        const inodes = lines.map((line) => ('outcome' in line ? (line.inode ?? 0) : 0));
        highest = Math.max(highest, ...inodes);
        if (random(2) === 0) expect(checkStorage(storage)).to.deep.equal([]);

        const backend: VfsBackend = await SqliteBackend.open(storage);
        const found = await describeTree(backend);
        for (const worker of [0, 1, 2, 3]) await expectKept(found, lines, `r${round}w`, worker);
        for (const [path, text] of settled) expect(found.get(path)?.text, path).to.equal(text);
        for (const [path, { text }] of found) settled.set(path, text);
        await expectCountsRight(backend);
        expect((await filesOf(backend).usage()).used).to.be.at.most(CRASH_LIMITS.bytes as number);
        highest = await expectNewNumber(backend, highest);
        await backend.dispose();
        expect(checkStorage(storage)).to.deep.equal([]);
      }
    });
  }

  async function expectKept(
    everything: ReadonlyMap<string, Found>,
    lines: readonly CrashLine[],
    prefix: string,
    worker: number,
  ): Promise<void> {
    const own = lines.filter((line) => line.worker === worker);
    const candidates = await (await CrashModel.replay(own)).wanted();
    const found = new Map([...everything].filter(([path]) => path.startsWith(`/${prefix}${worker}`)));
    const wrong = candidates.map((wanted) => differences(found, wanted));
    const told = `${prefix}${worker}, last call ${JSON.stringify(own.at(-1))}`;
    if (wrong.every((lines) => lines.length > 0)) expect(wrong, told).to.deep.equal([]);
  }

  async function expectNewNumber(backend: VfsBackend, highest: number): Promise<number> {
    await filesOf(backend).put('/new', new Uint8Array(10));
    const number = await backend.pathToInode('/new' as VfsPath, {});
    expect(number, 'a number that was never used').to.be.above(highest);
    await filesOf(backend).unlink('/new');
    return number;
  }

  it('of a file that was only opened does not free its number for another one', async () => {
    const storage = join(directory(), 'storage.db');
    const lines = await runAndKill(storage, join(directory(), 'log'), 'w', 1, 30);
    const numbers = lines.flatMap((line) =>
      'outcome' in line && line.inode !== undefined ? [line.inode] : [],
    );
    expect(numbers.length).to.be.above(0);
    const backend: VfsBackend = await SqliteBackend.open(storage);
    await expectNewNumber(backend, Math.max(...numbers));
    await backend.dispose();
  });
});
