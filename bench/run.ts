import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chart } from './chart.ts';
import { compare, missingRows, type MissingRow, type Row } from './compare.ts';
import { openDisk, type Disk } from './disk.ts';
import { Driver } from './driver/process.ts';
import { describeMachine } from './machine.ts';
import { watch } from './measure.ts';
import { readOptions, USAGE, type Options } from './options.ts';
import type { RunningPeer } from './peer.ts';
import { PEERS } from './peers/index.ts';
import { caveats, save, table } from './report.ts';
import { runRounds, type Contestant } from './rounds.ts';
import { makeKey } from './start.ts';
import type { Inputs } from './workload.ts';
import { WORKLOADS } from './workloads/index.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));

const NOTES = [
  'better: times the reference (as fast, or as small), from paired runs; CPU: times the reference, lower is better; peak: all processes of the server.',
  'Seconds of real clients include the login. Neither side syncs to the disk on close; both read what is in the page cache.',
];

interface Results {
  readonly rows: readonly Row[];
  readonly missing: readonly MissingRow[];
}

/** Runs everything, and answers whether every peer did all that it offers. */
async function main(options: Options): Promise<boolean> {
  const disk = openDisk(options.disk);
  const running: RunningPeer[] = [];
  const drivers = new Map<number, Driver>();
  try {
    const contestants = await startPeers(disk.directory, options, running);
    const results = await runWorkloads(disk.directory, options, contestants, drivers);
    await report(options, disk, results, contestants.at(-1)?.label ?? '');
    return !results.missing.some(({ missing }) => missing.startsWith('failed'));
  } finally {
    for (const driver of drivers.values()) await driver.stop();
    for (const peer of running) await peer.stop();
    if (options.keep) say(`Left in place: ${disk.directory}`);
    else disk.remove();
  }
}

/** Peers that are not installed are left out, with a word. */
async function startPeers(scratch: string, options: Options, running: RunningPeer[]): Promise<Contestant[]> {
  const identity = join(scratch, 'key');
  await makeKey(identity);
  const contestants: Contestant[] = [];
  for (const [index, { label, name, flags }] of options.peers.entries()) {
    const kind = PEERS[name];
    if (kind === undefined) continue;
    if (kind.program !== undefined && !existsSync(kind.program.path)) {
      say(`${label} is left out: ${kind.program.path} is missing (Debian package ${kind.program.package})`);
      continue;
    }
    const directory = join(scratch, `peer-${index}`);
    await mkdir(directory);
    const peer = await kind.start(directory, identity, flags);
    running.push(peer);
    contestants.push({ label, peer, services: kind.services, watched: watch(peer.pid) });
  }
  return contestants;
}

async function runWorkloads(
  scratch: string,
  options: Options,
  contestants: readonly Contestant[],
  drivers: Map<number, Driver>,
): Promise<Results> {
  const local = join(scratch, 'local');
  await mkdir(local);
  const driver = (number = 0): Driver => {
    const started = drivers.get(number) ?? new Driver();
    drivers.set(number, started);
    return started;
  };
  const inputs: Inputs = { ...options, local, driver };
  const reference = contestants.at(-1)?.label ?? '';
  const rows: Row[] = [];
  const missing: MissingRow[] = [];
  for (const name of options.only) {
    const workload = WORKLOADS[name]?.(inputs);
    if (workload === undefined) continue;
    const results = await runRounds(workload, contestants, { ...options, disk: local, say });
    rows.push(...results.flatMap((result) => compare(result, reference)));
    missing.push(...results.flatMap(missingRows));
  }
  return { rows, missing };
}

async function report(
  options: Options,
  disk: Disk,
  { rows, missing }: Results,
  reference: string,
): Promise<void> {
  const machine = { ...describeMachine(), disk: disk.describe };
  const date = new Date().toISOString();
  const file = options.output ?? join(RESULTS, `${date.replaceAll(':', '-').slice(0, 19)}.local.json`);
  const picture = options.chart ?? file.replace(/(\.json)?$/, '.svg');
  await save(file, `${JSON.stringify({ date, machine, options, rows, missing }, null, 2)}\n`);
  await save(picture, chart(rows, reference));
  const about = Object.entries(machine).map(([key, value]) => `${key} ${value}`);
  const lines = [about.join(', '), '', table(rows), '', ...caveats(rows, missing), ...NOTES];
  process.stdout.write(`\n${[...lines, `Saved as ${file} and ${picture}`].join('\n')}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

let options: Options | undefined;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 2;
}
if (options !== undefined && !(await main(options))) process.exitCode = 1;
