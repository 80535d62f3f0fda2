import type { Stats } from '../../../vfs/stats.ts';
import { modeLetters } from '../../sftp/longname.ts';
import { modeFrom } from './modes.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { tool, type Run } from './tool.ts';
import { treeOf, type Met } from './tree.ts';

const OPTIONS = {
  recursive: '-R --recursive',
  changes: '-c --changes',
  silent: '-f --silent --quiet',
  verbose: '-v --verbose',
  reference: '--reference=',
};
/** A mode that begins with a minus looks like options. */
const MINUS_MODE = /^-[rwxXst]+(?:[,+=-]|$)/;

type ChmodRun = Run<keyof typeof OPTIONS>;

const parsed = tool(
  'chmod',
  OPTIONS,
  async (run) => {
    const reference = run.options.value('reference');
    const [first = '', ...rest] = run.operands;
    const names = reference === undefined ? rest : run.operands;
    if (names.length === 0) throw new UsageError(`missing operand after ${quoted(first)}`);
    const given = reference === undefined ? undefined : (await run.stat(reference)).mode;
    const modeOf = ({ mode, type }: Stats): number => given ?? modeFrom(first, mode, type, run.context.umask);
    // A mode that is none is told before anything is changed.
    modeOf({ mode: 0, type: 'file' } as Stats);
    for (const name of names) {
      await run.attempt(`cannot access ${quoted(name)}`, async () => {
        const met = { path: run.path(name), name, stats: await run.stat(name), depth: 0 };
        if (!run.options.has('recursive')) return change(run, met, modeOf);
        for await (const one of treeOf(run, met)) {
          if (one.stats.type !== 'symlink') await change(run, one, modeOf);
        }
      });
    }
  },
  { operandsMin: 1 },
);

export const chmod: typeof parsed = (context) => {
  const at = context.args.findIndex((argument) => MINUS_MODE.test(argument));
  if (at < 0 || context.args.slice(0, at).some((argument) => !argument.startsWith('-')))
    return parsed(context);
  const args = [...context.args.slice(0, at), '--', ...context.args.slice(at)];
  return parsed({ ...context, args });
};

async function change(
  run: ChmodRun,
  { path, name, stats }: Met,
  modeOf: (stats: Stats) => number,
): Promise<void> {
  const mode = modeOf(stats);
  const isOther = mode !== stats.mode;
  const done = await run.attempt(`changing permissions of ${quoted(name)}`, () =>
    run.storage.setstat(path, { mode }, run.following),
  );
  const isSaid = run.options.has('verbose') || (run.options.has('changes') && isOther);
  if (!done || !isSaid) return;
  const text = isOther
    ? `changed from ${described(stats)} to ${described({ ...stats, mode })}`
    : `retained as ${described(stats)}`;
  await run.print(`mode of ${quoted(name)} ${text}\n`);
}

function described(stats: Stats): string {
  return `${stats.mode.toString(8).padStart(4, '0')} (${modeLetters(stats).slice(1)})`;
}
