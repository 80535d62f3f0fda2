import { timestampToMilliseconds } from '../../../vfs/stats.ts';
import { modeLetters, longname } from '../../sftp/longname.ts';
import { send } from '../output.ts';
import type { Program } from '../program.ts';
import { unescape } from './escapes.ts';
import { parseExpression, type Visit } from './find-expression.ts';
import { kibibytes } from './human-size.ts';
import { Options, UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { strftime } from './time-text.ts';
import { Run, type AnyRun } from './tool.ts';
import { treeOf, type Met } from './tree.ts';

/** As GNU's, with the tests and actions that have a meaning here; `-exec` runs programs of our table, one for each thing met. */
export const find: Program = async (context) => {
  const { args } = context;
  const begin = args.findIndex(
    (word) => /^-[^PLHO]/.test(word) || /^-[PLH]./.test(word) || word === '(' || word === '!',
  );
  const operands = (begin < 0 ? args : args.slice(0, begin)).filter((word) => !/^-[PLH]$/.test(word));
  const run = new Run('find', context, new Options([]), operands);
  try {
    const expression = await parseExpression(run, begin < 0 ? [] : args.slice(begin), ACTIONS);
    for (const name of operands.length === 0 ? ['.'] : operands) {
      await run.attempt(quoted(name), async () => {
        const stats =
          args.includes('-L') || args.includes('-H') ? await run.stat(name) : await run.lstat(name);
        await search(run, { path: run.path(name), name, stats, depth: 0 }, expression);
      });
    }
    await run.flush();
    return run.status;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await send(context.stderr, `find: ${error.message}\n`, context.signal);
    return 1;
  }
};

async function search(
  run: Run,
  root: Met,
  { test, minDepth, maxDepth, depthFirst }: Awaited<ReturnType<typeof parseExpression>>,
): Promise<void> {
  /** Known before a directory is entered, since what is met is tested before. */
  let last: Visit | undefined;
  const enters = (met: Met): boolean => met.depth < maxDepth && !(last?.met === met && last.pruned);
  for await (const met of treeOf(run, root, { after: depthFirst, enters })) {
    last = { run, met, pruned: false };
    if (met.depth >= minDepth) await test(last);
  }
}

const ACTIONS = {
  print: ({ run, met }: Visit, end: string): Promise<void> => run.print(met.name + end),
  async remove({ run, met: { path, name, stats } }: Visit): Promise<boolean> {
    if (name === '.') return true;
    return run.attempt(`cannot delete ${quoted(name)}`, () =>
      stats.type === 'directory' ? run.storage.rmdir(path, run.ctx) : run.storage.unlink(path, run.ctx),
    );
  },
  async run({ run, met }: Visit, words: readonly string[]): Promise<boolean> {
    const { runProgram } = await import('../run.ts');
    const [name = '', ...args] = words.map((word) => word.replaceAll('{}', () => met.name));
    await run.flush();
    return (await runProgram(name, { ...run.context, args })) === 0;
  },
  async list({ run, met: { name, stats } }: Visit): Promise<void> {
    const { names, now } = run.context;
    await run.print(
      `${String(stats.inode).padStart(9)} ${String(kibibytes(stats.used)).padStart(6)} ${longname(name, stats, names, now())}\n`,
    );
  },
  async printf({ run, met }: Visit, format: string): Promise<void> {
    const target = met.stats.type === 'symlink' ? await run.storage.readlink(met.path, run.ctx) : '';
    await run.print(formatted(unescape(format).text, run, met, target));
  },
  async newerThan(run: AnyRun, name: string): Promise<number> {
    return timestampToMilliseconds((await run.stat(name)).mtime);
  },
};

const LETTERS = { file: 'f', directory: 'd', symlink: 'l' } as const;

function formatted(
  format: string,
  { context: { names } }: AnyRun,
  { name, stats, depth }: Met,
  target: string,
): string {
  const slash = name.lastIndexOf('/');
  const fields: Readonly<Record<string, string>> = {
    p: name,
    f: name.slice(slash + 1),
    h: slash < 0 ? '.' : name.slice(0, slash),
    s: String(stats.size),
    k: String(kibibytes(stats.used)),
    m: stats.mode.toString(8),
    M: modeLetters(stats),
    n: String(stats.nlink),
    i: String(stats.inode),
    d: String(depth),
    y: LETTERS[stats.type],
    l: target,
    u: names.user(stats.uid) ?? String(stats.uid),
    g: names.group(stats.gid) ?? String(stats.gid),
    U: String(stats.uid),
    G: String(stats.gid),
    '%': '%',
  };
  return format
    .replace(/%([TAC])([A-Za-z@+])/g, (_, which: string, letter: string) => {
      const time = { T: stats.mtime, A: stats.atime, C: stats.ctime }[which as 'T' | 'A' | 'C'];
      if (letter === '@') return `${time.seconds}.${String(time.nanoseconds).padStart(9, '0')}0`;
      return letter === '+' ? strftime('%Y-%m-%d+%H:%M:%S.%N0', time) : strftime(`%${letter}`, time);
    })
    .replace(/%([A-Za-z%])/g, (whole, letter: string) =>
      Object.hasOwn(fields, letter) ? (fields[letter] ?? '') : whole,
    );
}
