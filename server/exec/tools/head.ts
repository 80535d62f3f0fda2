import type { Readable } from 'node:stream';
import { send } from '../output.ts';
import { byteCount } from './byte-count.ts';
import { contentOf, STDIN } from './content.ts';
import { eachFile } from './each-file.ts';
import { shown } from './quoted.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  bytes: '-c --bytes=',
  lines: '-n --lines=',
  quiet: '-q --quiet --silent',
  verbose: '-v --verbose',
  zero: '-z --zero-terminated',
};
/** `-5` is an old way to write `-n 5`. */
const OLD = /^-(\d+)$/;
const LINES = '10';

type HeadRun = Run<keyof typeof OPTIONS>;

const parsed = tool('head', OPTIONS, (run) => eachFile(run, (name) => headOf(run, name)));

/** Answers at once, however large the file is. */
export const head: typeof parsed = (context) =>
  parsed({ ...context, args: context.args.map((word, at) => (at === 0 ? word.replace(OLD, '-n$1') : word)) });

async function headOf(run: HeadRun, name: string): Promise<void> {
  const { options } = run;
  const isBytes = options.last('bytes', 'lines') === 'bytes';
  const text = (isBytes ? options.value('bytes') : options.value('lines')) ?? LINES;
  const count = byteCount(text.replace(/^-/, ''), isBytes ? 'bytes' : 'lines');
  if (text.startsWith('-')) return allBut(run, name, count, isBytes);
  let left = count;
  if (left === 0) return;
  const separator = options.has('zero') ? 0 : 0x0a;
  for await (const piece of contentOf(run.context, name, isBytes ? { end: count } : {})) {
    const end = isBytes ? Math.min(left, piece.length) : endOfLines(piece, left, separator);
    const part = piece.subarray(0, end);
    left -= isBytes ? part.length : linesIn(part, separator);
    await send(run.context.stdout, part, run.context.signal);
    if (left > 0) continue;
    if (name === STDIN) leave(run.context.stdin, piece.subarray(end));
    return;
  }
}

/** What was not asked for is there for whoever reads after us, as in `head -n 1; cat`. */
function leave(stdin: Readable, rest: Uint8Array): void {
  if (rest.length > 0 && !stdin.readableEnded && !stdin.destroyed) stdin.unshift(Buffer.from(rest));
}

/** All but the last so many, of a file that is read twice, or of a stream of which so much is kept. */
async function allBut(run: HeadRun, name: string, count: number, isBytes: boolean): Promise<void> {
  if (name === STDIN) return run.complain(`${shown('-')}: a count from the end needs a file`);
  const separator = run.options.has('zero') ? 0 : 0x0a;
  let total = 0;
  for await (const piece of contentOf(run.context, name))
    total += isBytes ? piece.length : linesIn(piece, separator);
  let left = total - count;
  if (left <= 0) return;
  for await (const piece of contentOf(run.context, name)) {
    const part = piece.subarray(
      0,
      isBytes ? Math.min(left, piece.length) : endOfLines(piece, left, separator),
    );
    left -= isBytes ? part.length : linesIn(part, separator);
    await send(run.context.stdout, part, run.context.signal);
    if (left <= 0) return;
  }
}

export function linesIn(bytes: Uint8Array, separator: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(separator); at >= 0; at = bytes.indexOf(separator, at + 1)) lines++;
  return lines;
}

/** Where so many lines end, or the end of the bytes. */
export function endOfLines(bytes: Uint8Array, lines: number, separator: number): number {
  let at = -1;
  for (let line = 0; line < lines; line++) {
    at = bytes.indexOf(separator, at + 1);
    if (at < 0) return bytes.length;
  }
  return at + 1;
}
