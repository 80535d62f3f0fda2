import type { StorageStats } from '../../../vfs/stats.ts';
import { humanSize } from './human-size.ts';
import { UsageError } from './options.ts';
import { shown } from './quoted.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  human: '-h --human-readable',
  si: '-H --si',
  kibibytes: '-k',
  mebibytes: '-m',
  blockSize: '-B --block-size=',
  inodes: '-i --inodes',
  portability: '-P --portability',
  type: '-T --print-type',
  ignored: '-a -l --all --local --sync --no-sync',
};

type DfRun = Run<keyof typeof OPTIONS>;

/** One file system: the storage, as its limits let it be seen. */
export const df = tool('df', OPTIONS, async (run) => {
  for (const name of run.operands) {
    if (!(await run.attempt(shown(name), () => run.stat(name)))) return;
  }
  const stats = await run.storage.statfs(run.ctx);
  const rows = run.options.has('inodes') ? inodeRows(stats) : sizeRows(run, stats);
  const type = run.options.has('type') ? [['Type', 'anyfs']] : [];
  const columns = [['Filesystem', 'anyfs'], ...type, ...rows, ['Mounted on', '/']];
  for (const line of [0, 1]) {
    const cells = columns.map((column, index) => {
      const width = Math.max(...column.map(({ length }) => length), index === 0 ? 14 : 5);
      const text = column[line] ?? '';
      const isLast = index === columns.length - 1;
      const isLeft = index === 0 || (index === 1 && type.length > 0);
      return isLast ? text : isLeft ? text.padEnd(width) : text.padStart(width);
    });
    await run.print(`${cells.join(' ')}\n`);
  }
});

function sizeRows({ options }: DfRun, { bytesTotal, bytesFree }: StorageStats): string[][] {
  const { title, show } = unitOf(
    options.last('human', 'si', 'kibibytes', 'mebibytes', 'blockSize'),
    options.value('blockSize'),
  );
  const used = bytesTotal - bytesFree;
  const isPosix = options.has('portability');
  return [
    [isPosix && title === '1K-blocks' ? '1024-blocks' : title, show(bytesTotal)],
    ['Used', show(used)],
    [title === 'Size' ? 'Avail' : 'Available', show(bytesFree)],
    [isPosix ? 'Capacity' : 'Use%', percent(used, bytesTotal)],
  ];
}

function inodeRows({ inodesTotal, inodesFree }: StorageStats): string[][] {
  const used = inodesTotal - inodesFree;
  return [
    ['Inodes', String(inodesTotal)],
    ['IUsed', String(used)],
    ['IFree', String(inodesFree)],
    ['IUse%', percent(used, inodesTotal)],
  ];
}

interface Unit {
  readonly title: string;
  readonly show: (bytes: number) => string;
}

function unitOf(option: string | undefined, blockSize: string | undefined): Unit {
  if (option === 'human') return { title: 'Size', show: (bytes) => humanSize(bytes) };
  if (option === 'si') return { title: 'Size', show: (bytes) => humanSize(bytes, 1000) };
  if (option === 'mebibytes') return blocks(2 ** 20, '1M-blocks');
  if (option !== 'blockSize') return blocks(1024, '1K-blocks');
  const bytes = blockBytes(blockSize ?? '');
  return blocks(bytes, `${blockSize}-blocks`);
}

function blocks(size: number, title: string): Unit {
  return { title, show: (bytes) => String(Math.ceil(bytes / size)) };
}

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/** `1`, `1K`, `M`, `1MB`. Throws `UsageError`. */
export function blockBytes(text: string): number {
  const [, digits, suffix = ''] = /^(\d*)([A-Z]{0,2})$/.exec(text.toUpperCase().replace(/IB$/, '')) ?? [];
  const unit = Object.hasOwn(SUFFIXES, suffix) ? SUFFIXES[suffix] : undefined;
  const count = digits === '' ? 1 : Number(digits);
  if (digits === undefined || unit === undefined || text === '' || count < 1)
    throw new UsageError(`invalid --block-size argument '${text}'`);
  return count * unit;
}

function percent(used: number, total: number): string {
  return total === 0 ? '-' : `${Math.ceil((used / total) * 100)}%`;
}
