import { PassThrough, type Readable } from 'node:stream';
import { isVfsError } from '../../../../vfs/errors.ts';
import { errorText } from '../../error-text.ts';
import { escapeUnsafe } from '../../../escape.ts';
import type { Program, ProgramContext, Terminal } from '../../program.ts';
import { runProgram } from '../../run.ts';
import { INTERRUPTED_STATUS } from '../messages.ts';
import { redirect, type Redirection, type Streams } from './redirections.ts';

/** One program of a pipeline. */
export interface Stage {
  readonly words: readonly string[];
  readonly redirections: readonly Redirection[];
}

export type StageContext = Omit<ProgramContext, 'args' | 'stdin' | 'stdout' | 'stderr' | 'terminal'>;

export interface PipelineOptions {
  readonly stages: readonly Stage[];
  readonly streams: Streams;
  /** What `streams.stdout` goes to, where that is a terminal. */
  readonly terminal: Terminal | undefined;
  readonly context: StageContext;
  /** A program that only a shell has; absent: the table is asked. */
  readonly own: (name: string) => Program | undefined;
}

/** Bytes between two programs. */
const PIPE = 256 * 1024;
/** As a shell answers for SIGPIPE. */
const BROKEN_PIPE = 141;

/** Reads the marks between words: `nonce|` begins a program, `nonce` and a redirection comes before its target. */
export function stagesOf(words: readonly string[], nonce: string): Stage[] {
  const stages: { words: string[]; redirections: Redirection[] }[] = [];
  let pending: Omit<Redirection, 'target'> | undefined;
  for (const word of words) {
    const stage = stages.at(-1);
    const mark = word.startsWith(nonce) ? word.slice(nonce.length) : undefined;
    if (mark !== undefined && pending !== undefined) throw new AmbiguousRedirect();
    if (mark === '|') stages.push({ words: [], redirections: [] });
    else if (mark !== undefined) pending = redirectionOf(mark);
    else if (pending !== undefined && stage !== undefined) {
      stage.redirections.push({ ...pending, target: word });
      pending = undefined;
    } else if (stage !== undefined && stage.redirections.length > 0) throw new AmbiguousRedirect();
    else stage?.words.push(word);
  }
  if (pending !== undefined) throw new AmbiguousRedirect();
  return stages;
}

/** A redirection's word became none or several. */
export class AmbiguousRedirect extends Error {
  override readonly name = 'AmbiguousRedirect';
}

function redirectionOf(mark: string): Omit<Redirection, 'target'> {
  const digits = /^\d*/.exec(mark)?.[0] ?? '';
  return { fd: digits === '' ? undefined : Number(digits), operator: mark.slice(digits.length) };
}

/** Runs programs side by side, each one's output the next one's input, and answers the last one's status, or with `pipefail` the last that is not 0. */
export async function runPipeline(options: PipelineOptions, pipefail: boolean): Promise<number> {
  const { stages, streams } = options;
  let stdin: Readable = streams.stdin;
  const running: Promise<number>[] = [];
  stages.forEach((stage, index) => {
    const last = index === stages.length - 1;
    const pipe = last ? undefined : new PassThrough({ highWaterMark: PIPE });
    // Its two ends belong to two programs, which hear of errors by themselves.
    pipe?.on('error', () => {});
    const between: Streams = { stdin, stdout: pipe ?? streams.stdout, stderr: streams.stderr };
    running.push(
      runStage(stage, between, { ...options, terminal: last ? options.terminal : undefined }, pipe),
    );
    if (pipe !== undefined) stdin = pipe;
  });
  const statuses = await Promise.all(running);
  const failed = statuses.findLast((status) => status !== 0);
  return pipefail ? (failed ?? 0) : (statuses.at(-1) ?? 0);
}

/** Runs one program; `pipe`: where its output goes. Never rejects but for mistakes of ours. */
async function runStage(
  { words, redirections }: Stage,
  streams: Streams,
  { context, terminal, own }: PipelineOptions,
  pipe: PassThrough | undefined,
): Promise<number> {
  const [name = '', ...args] = words;
  const ending = new AbortController();
  const end = (): void => ending.abort();
  // Nobody reads any more: what would only be found out with the next write is told at once.
  pipe?.once('close', () => {
    if (!pipe.writableFinished) end();
  });
  context.signal.addEventListener('abort', end);
  if (context.signal.aborted) end();
  try {
    const redirected = await redirect(streams, redirections, context);
    const onTerminal = redirected.streams.stdout === streams.stdout ? terminal : undefined;
    const all = { ...context, ...redirected.streams, args, terminal: onTerminal, signal: ending.signal };
    let status: number;
    try {
      status = await Promise.race([own(name)?.(all) ?? runProgram(name, all), aborted(ending.signal)]);
    } finally {
      await redirected.close();
    }
    if (context.signal.aborted) return INTERRUPTED_STATUS;
    return ending.signal.aborted ? BROKEN_PIPE : status;
  } catch (error) {
    if (context.signal.aborted) return INTERRUPTED_STATUS;
    if (!isVfsError(error)) throw error;
    streams.stderr.write(`bash: ${escapeUnsafe(error.path ?? name)}: ${errorText(error)}\n`);
    return 1;
  } finally {
    context.signal.removeEventListener('abort', end);
    pipe?.end();
    // Whoever still writes to us is told that nobody reads.
    if (streams.stdin instanceof PassThrough) streams.stdin.destroy();
  }
}

/** A program that does not hear its signal is left to itself. */
function aborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const end = (): void => void setTimeout(resolve, ABORT_MILLISECONDS, INTERRUPTED_STATUS).unref();
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

const ABORT_MILLISECONDS = 20;
