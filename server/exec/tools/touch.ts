import { isVfsError } from '../../../vfs/errors.ts';
import { timestampFromMilliseconds, type Timestamp } from '../../../vfs/stats.ts';
import { parseDate, parseStamp } from './dates.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  access: '-a',
  noCreate: '-c --no-create',
  date: '-d --date=',
  ignored: '-f',
  noDereference: '-h --no-dereference',
  modification: '-m',
  reference: '-r --reference=',
  stamp: '-t=',
  time: '--time=',
};

type TouchRun = Run<keyof typeof OPTIONS>;

export const touch = tool(
  'touch',
  OPTIONS,
  async (run) => {
    const [atime, mtime] = await timesOf(run);
    const { options } = run;
    const word = options.value('time');
    const onlyAccess = options.has('access') || ['access', 'atime', 'use'].includes(word ?? '');
    const onlyModification = options.has('modification') || ['modify', 'mtime'].includes(word ?? '');
    const change = {
      ...(onlyModification && !onlyAccess ? {} : { atime }),
      ...(onlyAccess && !onlyModification ? {} : { mtime }),
    };
    for (const name of run.operands) {
      await run.attempt(`cannot touch ${quoted(name)}`, () => touchOne(run, name, change));
    }
  },
  { operandsMin: 1 },
);

async function touchOne(
  run: TouchRun,
  name: string,
  change: { readonly atime?: Timestamp; readonly mtime?: Timestamp },
): Promise<void> {
  const { options, storage, ctx, context } = run;
  const path = run.path(name);
  try {
    await storage.setstat(path, change, options.has('noDereference') ? ctx : run.following);
  } catch (error) {
    if (!isVfsError(error, 'ENOENT')) throw error;
    if (options.has('noCreate') || options.has('noDereference')) return;
    const flags = { access: 'w', create: 'if-missing' } as const;
    const handle = await storage.open(path, flags, 0o666 & ~context.umask, ctx);
    try {
      await storage.fsetstat(handle, change, ctx);
    } finally {
      await storage.close(handle, {});
    }
  }
}

async function timesOf(run: TouchRun): Promise<readonly [Timestamp, Timestamp]> {
  const { options, context } = run;
  const reference = options.value('reference');
  if (reference !== undefined) {
    const { atime, mtime } = await run.stat(reference);
    return [atime, mtime];
  }
  const [date, stamp] = [options.value('date'), options.value('stamp')];
  const now = context.now();
  const milliseconds =
    date !== undefined ? parseDate(date, now) : stamp !== undefined ? parseStamp(stamp, now) : now;
  if (milliseconds === undefined) throw new UsageError(`invalid date format ${quoted(date ?? stamp ?? '')}`);
  const time = timestampFromMilliseconds(milliseconds);
  return [time, time];
}
