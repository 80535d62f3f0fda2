import { Readable } from 'node:stream';
import { latin1FromBytes, type ExecResult, type ResolvedCommandContext } from './engine.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import type { Program, Terminal } from '../../program.ts';
import { INTERRUPTED_STATUS } from '../messages.ts';
import { answer, refusal } from './answers.ts';
import { breathe } from './breathe.ts';
import { Captured } from './captured.ts';
import { CAPTURED_MAX, mebibytes } from './limits.ts';
import type { Streams } from './redirections.ts';
import { AmbiguousRedirect, runPipeline, stagesOf, type Stage, type StageContext } from './run-programs.ts';
import type { SessionStreams } from './session-streams.ts';
import { SourceWriter } from './source-writer.ts';

export interface ProgramRunnerOptions extends Pick<StageContext, 'mount' | 'account' | 'names' | 'log'> {
  readonly streams: SessionStreams;
  readonly terminal: Terminal | undefined;
  /** Programs that need the shell; they go before the table's. */
  readonly programs: Readonly<Record<string, Program>>;
  readonly umask: () => number;
  /** Begins every mark between words (rewrite/). */
  readonly nonce: string;
}

/** Programs that run beside a compound command. */
interface Pipe {
  readonly restore: () => void;
  readonly ended: Promise<number>;
  readonly ending: AbortController;
  readonly writer: SourceWriter;
}

/** What the engine calls where a line names programs of ours. */
export class ProgramRunner {
  readonly #options: ProgramRunnerOptions;
  /** Programs whose output is the session's input, the innermost last. */
  readonly #pipes: Pipe[] = [];

  constructor(options: ProgramRunnerOptions) {
    this.#options = options;
  }

  /** RUN: programs on streams. */
  async run([ends = '', ...words]: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    const { streams, terminal } = this.#options;
    const stages = await this.#stages(words);
    if (stages === undefined) return answer(1);
    const [input, output] = ends.split(',');
    const stdin = input === 'pipe' ? pipedInto(ctx) : streams.take();
    try {
      if (output === 'pipe') return await this.#capture(stages, stdin, ctx);
      const { stdout, stderr } = streams;
      return answer(await this.#pipeline(stages, { stdin, stdout, stderr }, terminal, ctx));
    } finally {
      streams.giveBack(stdin);
    }
  }

  /** A program where the engine runs it: it has its input as a string, and wants its output as one. */
  runCaptured(words: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    return this.#capture([{ words, redirections: [] }], pipedInto(ctx), ctx);
  }

  /** OPEN_PIPE: starts programs whose output is what the session reads until `close`. */
  async open([ends = '', ...words]: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    const { streams } = this.#options;
    const writer = new SourceWriter();
    const ending = new AbortController();
    const signal = AbortSignal.any([streams.signal, ending.signal]);
    const stdin = ends.startsWith('pipe') ? pipedInto(ctx) : streams.take();
    const run = async (): Promise<number> => {
      try {
        const stages = await this.#stages(words);
        const ends = { stdin, stdout: writer, stderr: streams.stderr };
        return stages === undefined ? 1 : await this.#pipeline(stages, ends, undefined, ctx, signal);
      } finally {
        streams.giveBack(stdin);
        writer.end();
      }
    };
    this.#pipes.push({ restore: streams.readFrom(writer.source), ended: run(), ending, writer });
    return answer(0);
  }

  /** CLOSE_PIPE: ends them, where they have not ended; `status` is that of what has read. */
  async close(status: number): Promise<ExecResult> {
    const pipe = this.#pipes.pop();
    if (pipe === undefined) return answer(status);
    pipe.restore();
    pipe.ending.abort();
    pipe.writer.destroy();
    await pipe.ended;
    return answer(status);
  }

  async closeAll(): Promise<void> {
    const closing: Promise<ExecResult>[] = [];
    while (this.#pipes.length > 0) closing.push(this.close(0));
    await Promise.all(closing);
  }

  /** Programs and their redirections; what cannot be one is told. */
  async #stages(words: readonly string[]): Promise<Stage[] | undefined> {
    try {
      return stagesOf(words, this.#options.nonce);
    } catch (error) {
      if (!(error instanceof AmbiguousRedirect)) throw error;
      await this.#options.streams.write('stderr', 'bash: ambiguous redirect\n');
      return undefined;
    }
  }

  async #capture(
    stages: readonly Stage[],
    stdin: Readable,
    ctx: ResolvedCommandContext,
  ): Promise<ExecResult> {
    const stdout = new Captured(CAPTURED_MAX);
    const stderr = new Captured(CAPTURED_MAX);
    const status = await this.#pipeline(stages, { stdin, stdout, stderr }, undefined, ctx);
    const facts = { stdoutKind: 'bytes', stdoutEncoding: 'binary' } as const;
    if (!stdout.tooMuch) return { stdout: stdout.text, stderr: stderr.text, exitCode: status, ...facts };
    const { stderr: why } = refusal(
      `${stages[0]?.words[0] ?? ''}: more than ${mebibytes(CAPTURED_MAX)} of output cannot be held here`,
    );
    return { stdout: '', stderr: stderr.text + why, exitCode: 1, ...facts };
  }

  #pipeline(
    stages: readonly Stage[],
    ends: Streams,
    terminal: Terminal | undefined,
    ctx: ResolvedCommandContext,
    signal: AbortSignal = this.#options.streams.signal,
  ): Promise<number> {
    if (signal.aborted) return breathe().then(() => INTERRUPTED_STATUS);
    const { mount, account, names, log, programs, umask } = this.#options;
    const context: StageContext = {
      mount,
      account,
      names,
      log,
      cwd: ctx.cwd as VfsPath,
      env: ctx.exportedEnv ?? {},
      umask: umask(),
      signal,
      now: () => Date.now(),
    };
    const own = (name: string): Program | undefined =>
      Object.hasOwn(programs, name) ? programs[name] : undefined;
    const pipefail = (ctx.env.get('SHELLOPTS') ?? '').split(':').includes('pipefail');
    return runPipeline({ stages, streams: ends, terminal, context, own }, pipefail);
  }
}

/** What the engine has on a command's standard input. */
function pipedInto(ctx: ResolvedCommandContext): Readable {
  const text = latin1FromBytes(ctx.stdin);
  return Readable.from(text === '' ? [] : [Buffer.from(text, 'latin1')]);
}
