import { isVfsError, VfsError } from '../../../vfs/errors.ts';
import { byteCount } from './byte-count.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = { noCreate: '-c --no-create', reference: '-r --reference=', size: '-s --size=' };
const SIZE = /^([-+<>/%]?)(.+)$/;

type TruncateRun = Run<keyof typeof OPTIONS>;
type SizeOf = (present: number) => number;

/** Cuts files, or lets them grow by a hole. */
export const truncate = tool(
  'truncate',
  OPTIONS,
  async (run) => {
    const sizeOf = await wantedSize(run);
    for (const name of run.operands) {
      await run.attempt(`cannot open ${quoted(name)} for writing`, () => truncateOne(run, name, sizeOf));
    }
  },
  { operandsMin: 1 },
);

async function wantedSize(run: TruncateRun): Promise<SizeOf> {
  const [text, reference] = [run.options.value('size'), run.options.value('reference')];
  if (text === undefined && reference === undefined)
    throw new UsageError("you must specify either '--size' or '--reference'");
  const base = reference === undefined ? undefined : (await run.stat(reference)).size;
  if (text === undefined) return () => base ?? 0;
  const [, sign = '', digits = ''] = SIZE.exec(text.trim()) ?? [];
  const count = byteCount(digits, 'bytes');
  if ((sign === '/' || sign === '%') && count === 0) throw new UsageError('division by zero');
  const rules: Readonly<Record<string, SizeOf>> = {
    '': () => count,
    '+': (present) => present + count,
    '-': (present) => Math.max(0, present - count),
    '<': (present) => Math.min(present, count),
    '>': (present) => Math.max(present, count),
    '/': (present) => Math.floor(present / count) * count,
    '%': (present) => Math.ceil(present / count) * count,
  };
  return (present) => (rules[sign] as SizeOf)(base ?? present);
}

async function truncateOne(run: TruncateRun, name: string, sizeOf: SizeOf): Promise<void> {
  const { storage, ctx, context, options } = run;
  const create = options.has('noCreate') ? undefined : 'if-missing';
  try {
    const handle = await storage.open(run.path(name), { access: 'w', create }, 0o666 & ~context.umask, ctx);
    try {
      const size = sizeOf((await storage.fstat(handle, ctx)).size);
      if (!Number.isSafeInteger(size)) throw new VfsError('EFBIG');
      await storage.fsetstat(handle, { size }, ctx);
    } finally {
      await storage.close(handle, {});
    }
  } catch (error) {
    if (!options.has('noCreate') || !isVfsError(error, 'ENOENT')) throw error;
  }
}
