import { blockBytes } from './df.ts';
import { humanSize } from './human-size.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { tool, type Run } from './tool.ts';
import { treeOf, type Met } from './tree.ts';

const OPTIONS = {
  all: '-a --all',
  apparent: '--apparent-size',
  bytes: '-b --bytes',
  blockSize: '-B --block-size=',
  total: '-c --total',
  depth: '-d --max-depth=',
  human: '-h --human-readable',
  si: '--si',
  kibibytes: '-k',
  mebibytes: '-m',
  countLinks: '-l --count-links',
  summarize: '-s --summarize',
  separate: '-S --separate-dirs',
  zero: '-0 --null',
  ignored: '-x --one-file-system',
};

type DuRun = Run<keyof typeof OPTIONS>;

/** Inodes with several names that are remembered, so that each counts once. */
const LINKS_MAX = 1_000_000;

interface Tally {
  readonly show: (bytes: number) => string;
  readonly depth: number;
  readonly counted: Set<number>;
}

/** Bytes that are stored, as the quota counts them: holes and directories are free. */
export const du = tool('du', OPTIONS, async (run) => {
  const { options } = run;
  const depthText = options.value('depth');
  if (depthText !== undefined && !/^\d+$/.test(depthText))
    throw new UsageError(`invalid maximum depth ${quoted(depthText)}`);
  const depth = options.has('summarize') ? 0 : depthText === undefined ? Infinity : Number(depthText);
  const tally: Tally = { show: unitOf(run), depth, counted: new Set() };
  let total = 0;
  for (const name of run.operands.length === 0 ? ['.'] : run.operands) {
    await run.attempt(`cannot access ${quoted(name)}`, async () => {
      total += await count(run, tally, {
        path: run.path(name),
        name,
        stats: await run.lstat(name),
        depth: 0,
      });
    });
  }
  if (options.has('total')) await say(run, tally.show(total), 'total');
});

async function count(run: DuRun, tally: Tally, root: Met): Promise<number> {
  /** What was counted below the directory at each depth that is not finished. */
  const sums: number[] = [];
  const separate = run.options.has('separate');
  for await (const met of treeOf(run, root, { after: true })) {
    const { depth, stats, name } = met;
    const own = isNew(run, tally, met) ? sizeOf(run, met) : 0;
    const below = stats.type === 'directory' ? (sums[depth + 1] ?? 0) : 0;
    if (stats.type === 'directory') sums[depth + 1] = 0;
    const whole = own + below;
    const passesOn = separate && stats.type === 'directory' ? 0 : whole;
    sums[depth] = (sums[depth] ?? 0) + passesOn;
    const isShown =
      depth <= tally.depth && (stats.type === 'directory' || depth === 0 || run.options.has('all'));
    if (isShown) await say(run, tally.show(whole), name);
    if (depth === 0) return whole;
  }
  return sums[0] ?? 0;
}

/** Each inode counts once. */
function isNew({ options }: DuRun, { counted }: Tally, { stats }: Met): boolean {
  if (stats.type === 'directory' || stats.nlink < 2 || options.has('countLinks')) return true;
  if (counted.has(stats.inode)) return false;
  if (counted.size < LINKS_MAX) counted.add(stats.inode);
  return true;
}

function sizeOf({ options }: DuRun, { stats }: Met): number {
  return options.has('bytes') || options.has('apparent') ? stats.size : stats.used;
}

function unitOf({ options }: DuRun): (bytes: number) => string {
  const unit = options.last('human', 'si', 'kibibytes', 'mebibytes', 'blockSize', 'bytes');
  if (unit === 'human') return (bytes) => humanSize(bytes);
  if (unit === 'si') return (bytes) => humanSize(bytes, 1000);
  const size = { bytes: 1, kibibytes: 1024, mebibytes: 2 ** 20, none: 1024, blockSize: 0 }[unit ?? 'none'];
  const block = size === 0 ? blockBytes(options.value('blockSize') ?? '') : size;
  return (bytes) => String(Math.ceil(bytes / block));
}

async function say(run: DuRun, size: string, name: string): Promise<void> {
  await run.print(`${size}\t${name}${run.options.has('zero') ? '\0' : '\n'}`);
}
