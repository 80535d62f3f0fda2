import { setTimeout as delay } from 'node:timers/promises';
import type { Handle } from '../../../vfs/backend.ts';
import { isVfsError } from '../../../vfs/errors.ts';
import { send } from '../output.ts';
import { byteCount } from './byte-count.ts';
import { contentOf, piecesOf, STDIN } from './content.ts';
import { endOfLines, linesIn } from './head.ts';
import { eachFile, isHeaded } from './each-file.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  bytes: '-c --bytes=',
  lines: '-n --lines=',
  follow: '-f --follow',
  retry: '-F',
  quiet: '-q --quiet --silent',
  verbose: '-v --verbose',
  zero: '-z --zero-terminated',
};
/** `-5` and `+5` are old ways to write `-n 5` and `-n +5`. */
const OLD = /^([-+])(\d+)$/;
const LINES = '10';
/** Bytes read at once, from the end towards the beginning. */
const PIECE = 128 * 1024;
/** How often a file that is followed is looked at. */
const POLL_MILLISECONDS = 250;
/** Bytes kept of a stream, which cannot be read from its end. */
const KEPT_MAX = 16 * 1024 * 1024;

type TailRun = Run<keyof typeof OPTIONS>;

/** So many lines or bytes, from the beginning (`+N`) or the end. */
interface Amount {
  readonly unit: 'bytes' | 'lines';
  readonly fromStart: boolean;
  readonly count: number;
  readonly separator: number;
}

const parsed = tool('tail', OPTIONS, async (run) => {
  const amount = amountOf(run);
  await eachFile(run, async (name) => {
    if (amount.fromStart) await fromStart(run, name, amount);
    else if (name === STDIN) await endOfStream(run, amount);
    else await endOfFile(run, name, amount);
  });
  const followed = run.operands.filter((name) => name !== STDIN);
  const follows = run.options.has('follow') || run.options.has('retry');
  if (follows && followed.length > 0) await follow(run, followed);
});

export const tail: typeof parsed = (context) => {
  const rewritten = (word: string): string =>
    word.replace(OLD, (_, sign: string, digits: string) => `-n${sign === '+' ? '+' : ''}${digits}`);
  return parsed({ ...context, args: context.args.map((word, at) => (at === 0 ? rewritten(word) : word)) });
};

function amountOf({ options }: TailRun): Amount {
  const unit = options.last('bytes', 'lines') ?? 'lines';
  const text = options.value(unit) ?? LINES;
  const count = byteCount(text.replace(/^[-+]/, ''), unit);
  return { unit, count, fromStart: text.startsWith('+'), separator: options.has('zero') ? 0 : 0x0a };
}

async function fromStart(
  { context }: TailRun,
  name: string,
  { unit, count, separator }: Amount,
): Promise<void> {
  let left = Math.max(0, count - 1);
  for await (const piece of contentOf(context, name)) {
    const at = unit === 'bytes' ? Math.min(left, piece.length) : endOfLines(piece, left, separator);
    left -= unit === 'bytes' ? at : linesIn(piece.subarray(0, at), separator);
    if (at < piece.length) await send(context.stdout, piece.subarray(at), context.signal);
  }
}

/** Gives what is added to files until the program is ended. A file that became shorter is read from its beginning. */
async function follow(run: TailRun, names: readonly string[]): Promise<void> {
  const { storage, ctx, context } = run;
  const positions = new Map<string, number>();
  for (const name of names) positions.set(name, await sizeOf(run, name));
  for (let last = names.at(-1); ;) {
    await delay(POLL_MILLISECONDS, undefined, { signal: context.signal });
    for (const [name, position] of positions) {
      const size = await sizeOf(run, name);
      positions.set(name, size);
      const start = size < position ? 0 : position;
      if (size === start) continue;
      if (isHeaded(run) && last !== name) await run.print(`\n==> ${name} <==\n`);
      last = name;
      await run.flush();
      const handle = await storage.open(run.path(name), { access: 'r' }, 0, ctx);
      try {
        for await (const piece of piecesOf(storage, handle, start, size, ctx))
          await send(context.stdout, piece, context.signal);
      } finally {
        await storage.close(handle, {});
      }
    }
  }
}

/** What is not there has no bytes; it may come. */
async function sizeOf(run: TailRun, name: string): Promise<number> {
  try {
    return (await run.stat(name)).size;
  } catch (error) {
    if (isVfsError(error)) return 0;
    throw error;
  }
}

/** Reads no more than what it gives, a piece apart. */
async function endOfFile(run: TailRun, name: string, amount: Amount): Promise<void> {
  const { storage, ctx, context } = run;
  const handle = await storage.open(run.path(name), { access: 'r' }, 0, ctx);
  try {
    const { size } = await storage.fstat(handle, ctx);
    const start =
      amount.unit === 'bytes'
        ? Math.max(0, size - amount.count)
        : await startOfLines(run, handle, size, amount);
    for await (const piece of piecesOf(storage, handle, start, size, ctx))
      await send(context.stdout, piece, context.signal);
  } finally {
    await storage.close(handle, {});
  }
}

/** Where the last lines of a file begin. */
async function startOfLines(
  { storage, ctx, context }: TailRun,
  handle: Handle,
  size: number,
  amount: Amount,
): Promise<number> {
  if (amount.count === 0) return size;
  let left = amount.count;
  for (let end = size; end > 0; end -= PIECE) {
    context.signal.throwIfAborted();
    const from = Math.max(0, end - PIECE);
    const piece = await storage.read(handle, from, end - from, ctx);
    const at = lineBefore(piece, amount.separator, left, end === size);
    if (typeof at === 'object') return from + at.start;
    left = at;
  }
  return 0;
}

/** Where so many lines before the end of the bytes begin, or how many are still to be found before them. */
function lineBefore(
  bytes: Uint8Array,
  separator: number,
  lines: number,
  isEnd: boolean,
): { readonly start: number } | number {
  let left = lines;
  // What ends the last line ends nothing else.
  let at = isEnd && bytes.at(-1) === separator ? bytes.length - 2 : bytes.length - 1;
  while (at >= 0) {
    at = bytes.lastIndexOf(separator, at);
    if (at < 0) break;
    left -= 1;
    if (left === 0) return { start: at + 1 };
    at -= 1;
  }
  return left;
}

async function endOfStream(run: TailRun, amount: Amount): Promise<void> {
  let kept = Buffer.alloc(0);
  for await (const piece of contentOf(run.context, STDIN)) {
    kept = Buffer.concat([kept, piece]);
    if (amount.unit === 'bytes') kept = kept.subarray(Math.max(0, kept.length - amount.count));
    else kept = kept.subarray(startIn(kept, amount));
    if (kept.length > KEPT_MAX) return run.complain('the end of the input is too large to be kept');
  }
  await run.write(kept);
}

function startIn(bytes: Buffer, { count, separator }: Amount): number {
  if (count === 0) return bytes.length;
  const found = lineBefore(bytes, separator, count, true);
  return typeof found === 'object' ? found.start : 0;
}
