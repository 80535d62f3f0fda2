import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, type Row } from './compare.ts';
import { describeMachine } from './machine.ts';
import { watch } from './measure.ts';
import { readOptions, USAGE, type Options } from './options.ts';
import type { RunningPeer } from './peer.ts';
import { PEERS } from './peers/index.ts';
import { save, table } from './report.ts';
import { runRounds, type Contestant } from './rounds.ts';
import { makeKey } from './start.ts';
import { WORKLOADS } from './workloads/index.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));

const NOTES = [
  'speed: times the reference, from paired runs; CPU: times the reference, lower is better; peak: all processes of the server.',
  'seconds include login. Neither side syncs to the disk on close; both read what is in the page cache.',
];

async function main(options: Options): Promise<void> {
  const scratch = await mkdtemp(join(options.disk, 'anyfs-bench-'));
  const running: RunningPeer[] = [];
  try {
    const contestants = await startPeers(scratch, options, running);
    const rows = await runWorkloads(scratch, options, contestants);
    await report(options, rows);
  } finally {
    for (const peer of running) await peer.stop();
    if (!options.keep) await rm(scratch, { recursive: true, force: true });
  }
}

async function startPeers(scratch: string, options: Options, running: RunningPeer[]): Promise<Contestant[]> {
  const identity = join(scratch, 'key');
  await makeKey(identity);
  const contestants: Contestant[] = [];
  for (const [index, name] of options.peers.entries()) {
    const label = options.peers.indexOf(name) === index ? name : `${name} again`;
    const directory = join(scratch, `peer-${index}`);
    await mkdir(directory);
    const peer = await PEERS[name]?.start(directory, identity);
    if (peer === undefined) continue;
    running.push(peer);
    contestants.push({ label, target: peer.target, watched: watch(peer.pid) });
  }
  return contestants;
}

async function runWorkloads(
  scratch: string,
  options: Options,
  contestants: readonly Contestant[],
): Promise<Row[]> {
  const local = join(scratch, 'local');
  await mkdir(local);
  const reference = contestants.at(-1)?.label ?? '';
  const rows: Row[] = [];
  for (const name of options.only) {
    const workload = WORKLOADS[name]?.({ local, size: options.size, files: options.files });
    if (workload === undefined) continue;
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const results = await runRounds(workload, contestants, {
      rounds: options.rounds,
      cipher: options.cipher,
      say,
    });
    rows.push(...results.flatMap((result) => compare(result, reference)));
  }
  return rows;
}

async function report(options: Options, rows: readonly Row[]): Promise<void> {
  const machine = describeMachine();
  const date = new Date().toISOString();
  const file = options.output ?? join(RESULTS, `${date.replaceAll(':', '-').slice(0, 19)}.local.json`);
  await save(file, { date, machine, options, rows });
  const about = Object.entries(machine).map(([key, value]) => `${key} ${value}`);
  process.stdout.write(
    `\n${[about.join(', '), '', table(rows), '', ...NOTES, `Saved as ${file}`].join('\n')}\n`,
  );
}

let options: Options | undefined;
try {
  options = readOptions(process.argv.slice(2), tmpdir());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 2;
}
if (options !== undefined) await main(options);
