import { isVfsError } from '../../../vfs/errors.ts';
import { errorText } from '../error-text.ts';
import { contentOf, STDIN } from './content.ts';
import { shown } from './quoted.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = { silent: '-s --quiet --silent', verbose: '-l --verbose', bytes: '-b --print-bytes' };
const DIFFERENT = 1;
const TROUBLE = 2;

type CmpRun = Run<keyof typeof OPTIONS>;

/** Whether two files are the same, and where they are not. */
export const cmp = tool(
  'cmp',
  OPTIONS,
  async (run) => {
    const [left = '', right = STDIN] = run.operands;
    try {
      return await compare(run, left, right);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      const name =
        error.path === undefined
          ? left
          : (run.operands.find((operand) => run.path(operand) === error.path) ?? left);
      if (!run.options.has('silent')) await run.complain(`${shown(name)}: ${errorText(error)}`, TROUBLE);
      return TROUBLE;
    }
  },
  { usageStatus: TROUBLE, operandsMin: 1, operandsMax: 2 },
);

async function compare(run: CmpRun, left: string, right: string): Promise<number> {
  const streams = [contentOf(run.context, left), contentOf(run.context, right)] as const;
  const width = run.options.has('verbose') ? await positionWidth(run, left, right) : 0;
  let status = 0;
  let [offset, lines] = [0, 0];
  let pieces: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)];
  try {
    for (;;) {
      pieces = [await more(pieces[0], streams[0]), await more(pieces[1], streams[1])];
      const [a, b] = pieces;
      const length = Math.min(a.length, b.length);
      if (length === 0) {
        if (a.length === b.length) return status;
        return await sayShorter(run, a.length === 0 ? left : right, offset, lines);
      }
      for (let at = 0; at < length; at++) {
        if (a[at] !== b[at]) {
          if (run.options.has('silent')) return DIFFERENT;
          if (!run.options.has('verbose')) {
            await run.print(`${left} ${right} differ: char ${offset + at + 1}, line ${lines + 1}\n`);
            return DIFFERENT;
          }
          status = DIFFERENT;
          await run.print(`${String(offset + at + 1).padStart(width)} ${octal(a[at])} ${octal(b[at])}\n`);
        }
        if (a[at] === 0x0a) lines += 1;
      }
      offset += length;
      pieces = [a.subarray(length), b.subarray(length)];
    }
  } finally {
    for (const stream of streams) await stream.return(undefined);
  }
}

/** Digits of the last position that both have; a stream has none that is known. */
async function positionWidth(run: CmpRun, ...names: readonly string[]): Promise<number> {
  const sizes: number[] = [];
  for (const name of names) sizes.push(name === STDIN ? 0 : (await run.stat(name)).size);
  return String(Math.min(...sizes)).length;
}

async function more(rest: Uint8Array, stream: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  if (rest.length > 0) return rest;
  const next = await stream.next();
  return next.done === true ? rest : next.value;
}

function octal(byte: number | undefined): string {
  return (byte ?? 0).toString(8).padStart(3);
}

async function sayShorter(run: CmpRun, name: string, offset: number, lines: number): Promise<number> {
  if (run.options.has('silent')) return DIFFERENT;
  const where =
    offset === 0
      ? 'which is empty'
      : `after byte ${offset}${run.options.has('verbose') ? '' : `, in line ${lines + 1}`}`;
  await run.complain(`EOF on ${name} ${where}`);
  return DIFFERENT;
}
