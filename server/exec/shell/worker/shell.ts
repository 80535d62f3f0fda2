import { randomBytes } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Bash,
  getCommandNames,
  latin1FromBytes,
  type Command,
  type ExecResult,
  type ResolvedCommandContext,
} from './engine.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import { decodeText, encodeText } from '../../../../vfs/names.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { escapeUnsafe } from '../../../escape.ts';
import type { Logger } from '../../../log.ts';
import { errorText } from '../../error-text.ts';
import { send } from '../../output.ts';
import type { Program, ProgramContext, Terminal } from '../../program.ts';
import { isProgram, PROGRAMS, programName } from '../../programs.ts';
import { INTERRUPTED_STATUS, type SavedState } from '../messages.ts';
import { engineCommands, isShellOwn, mayReadInput, readsInput } from './commands.ts';
import { linesOf, once, type Commands } from './command-source.ts';
import { InputSource } from './input-source.ts';
import { CAPTURED_MAX, FED_MAX, LIMITS } from './limits.ts';
import { quote } from './quote.ts';
import { redirect, type Streams } from './redirections.ts';
import { DECODE } from './read-text.ts';
import {
  CLOSE_PIPE,
  ERR,
  FEED,
  LINE,
  NEST,
  OPEN_PIPE,
  OUT,
  PIPED,
  REDIRECT_SESSION,
  rewrite,
  RUN,
} from './rewrite.ts';
import {
  AmbiguousRedirect,
  Captured,
  runPipeline,
  stagesOf,
  type Stage,
  type StageContext,
} from './run-programs.ts';
import { StageInput } from './stage-input.ts';
import { SourceWriter } from './source-writer.ts';
import { StorageFs, type DeviceFile } from './storage-fs.ts';
import { parseLines } from './syntax.ts';

export interface ShellOptions {
  readonly mount: VfsBackend;
  readonly account: ProgramContext['account'];
  readonly names: ProgramContext['names'];
  readonly env: Readonly<Record<string, string>>;
  readonly input: InputSource;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly terminal: Terminal | undefined;
  readonly state: SavedState;
  readonly log: Logger;
  /** Programs that need the shell; they go before the table's. */
  readonly programs: Readonly<Record<string, Program>>;
  /** The state after each command that may have changed it. */
  readonly onState: (state: SavedState) => void;
}

const NEXT = '__next';
const DONE = '__done';
const KEEP = '__keep';
const STATUS = '__status';
const TEXT = '__text';
/** One long script is the session: functions, aliases and variables last as long as it. */
const LOOP = `shopt -s expand_aliases; while ${NEXT}; do eval "$(${TEXT})" 1>${OUT} 2>${ERR}; ${DONE} "$?" "$(declare -F)" "$(alias)" "$(declare -p)"; done`;

const SYNTAX_ERROR = 2;
const NESTED_MAX = 8;
const PATIENCE_MILLISECONDS = 10;

/** How a run of commands came to its end. */
export interface Ending {
  readonly status: number;
  /** `exhausted`: no commands are left. `failed`: the engine gave up, and has said why. */
  readonly by: 'exhausted' | 'exit' | 'failed';
}

interface Loop {
  readonly commands: Commands;
  /** Lines of ours that go before the next commands. */
  readonly internal: string[];
  /** What the engine is to run now. */
  text: string;
  /** It is a line of ours. */
  isInternal: boolean;
  status: number;
  exhausted: boolean;
}

/** Programs that run beside a compound command. */
interface Pipe {
  readonly before: InputSource | Readable;
  readonly ended: Promise<number>;
  readonly ending: AbortController;
  readonly writer: SourceWriter;
}

/** The engine and what stands around it: one session's shell. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #nonce = `\u0001${randomBytes(16).toString('hex')}`;
  readonly #loops: Loop[] = [];
  readonly #bash: Bash;
  #streams: { stdin: InputSource | Readable; stdout: Writable; stderr: Writable };
  #state: SavedState;
  #functions: ReadonlySet<string> = new Set();
  #aliases: ReadonlyMap<string, string> = new Map();
  /** Programs whose output is the session's input, the innermost last. */
  readonly #pipes: Pipe[] = [];
  /** What runs now. */
  #running = new AbortController();
  /** The engine's whole script. */
  #script = new AbortController();

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#streams = { stdin: options.input, stdout: options.stdout, stderr: options.stderr };
    const { account, env } = options;
    this.#bash = new Bash({
      fs: new StorageFs({
        mount: options.mount,
        umask: () => this.#state.umask,
        devices: this.#devices(),
        isCommand: (name) => this.commandNames.has(name),
      }),
      cwd: options.state.cwd,
      env: { ...env },
      commands: engineCommands(getCommandNames()),
      customCommands: [...this.#own(), ...this.#programs()],
      executionLimitProfile: 'hardened',
      executionLimits: LIMITS,
      // The thread is the boundary; this one would take timers from the code around the engine.
      defenseInDepth: false,
      sleep: (milliseconds) => this.#sleep(milliseconds),
      processInfo: { pid: 1, ppid: 0, uid: account.uid, gid: account.gid },
    });
  }

  /** Everything that can be run by name. */
  readonly commandNames: ReadonlySet<string> = new Set([
    ...engineCommands(getCommandNames()),
    ...Object.keys(PROGRAMS),
  ]);

  get cwd(): VfsPath {
    return this.#state.cwd;
  }

  get status(): number {
    return this.#loops.at(-1)?.status ?? 0;
  }

  get functions(): ReadonlySet<string> {
    return this.#functions;
  }

  get aliases(): ReadonlyMap<string, string> {
    return this.#aliases;
  }

  /** Runs commands until none are left, or one ends the shell. */
  async run(commands: Commands, status = 0): Promise<Ending> {
    const loop = { ...newLoop(commands), internal: restoring(this.#state), status };
    this.#loops.push(loop);
    const script = new AbortController();
    this.#script = script;
    const result = await this.#bash.exec(LOOP, { rawScript: true, signal: script.signal });
    this.#loops.length = 0;
    while (this.#pipes.length > 0) await this.#closePipe(0);
    if (script.signal.aborted) return { status: INTERRUPTED_STATUS, by: 'failed' };
    await this.#write('stderr', Buffer.from(withoutAdvice(result.stderr), 'latin1'));
    if (loop.exhausted) return { status: loop.status, by: 'exhausted' };
    return { status: result.exitCode, by: result.stderr === '' ? 'exit' : 'failed' };
  }

  /** Ends what runs: programs and waits of ours at once, and where that was not all of it, the engine's script. */
  interrupt(): void {
    const running = this.#running;
    const script = this.#script;
    running.abort();
    setTimeout(() => {
      if (running === this.#running) script.abort();
    }, PATIENCE_MILLISECONDS);
  }

  async #next(): Promise<ExecResult> {
    const loop = this.#loops.at(-1) as Loop;
    const internal = loop.internal.shift();
    loop.isInternal = internal !== undefined;
    const text = internal ?? (await this.#nextCommands(loop));
    if (text === undefined) {
      loop.exhausted = true;
      return answer(1);
    }
    this.#running = new AbortController();
    loop.text = text;
    return answer(0);
  }

  /** Commands as the engine is to see them. What cannot be parsed is told, and passed over. */
  async #nextCommands(loop: Loop): Promise<string | undefined> {
    for (;;) {
      const text = await loop.commands.next();
      if (text === undefined) return undefined;
      const parsed = parseLines(text);
      if (parsed.is === 'script') {
        if (parsed.script.statements.length === 0) continue;
        // `$?` is what the commands before have left.
        return `${STATUS} ${loop.status}\n${rewrite(parsed.script, text, this.#rewriting())}`;
      }
      const what = parsed.is === 'wrong' ? parsed.message : 'syntax error: unexpected end of file';
      await this.#write('stderr', encodeText(`bash: ${what}\n`));
      loop.status = SYNTAX_ERROR;
    }
  }

  #rewriting(): Parameters<typeof rewrite>[2] {
    return {
      nonce: this.#nonce,
      isProgram: (name) => this.#isProgram(programName(name)),
      readsInput: mayReadInput,
      functions: this.#functions,
      aliases: this.#aliases,
    };
  }

  #isProgram(name: string): boolean {
    return Object.hasOwn(this.#options.programs, name) || (isProgram(name) && !isShellOwn(name));
  }

  /** After each command: its status, and the state that goes on. */
  #done(
    [status, functions = '', aliases = '', variables = '']: readonly string[],
    ctx: ResolvedCommandContext,
  ): ExecResult {
    const loop = this.#loops.at(-1) as Loop;
    if (loop.isInternal) return answer(0);
    // One that `set -e` or a fault of the engine has left.
    if (this.#loops.length === 1) while (this.#pipes.length > 0) void this.#closePipe(0);
    loop.status = this.#running.signal.aborted ? INTERRUPTED_STATUS : Number(status);
    if (this.#loops.length > 1) return answer(0);
    const names = functions
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [line.replace(/^declare -f\w* /, '')]));
    this.#functions = new Set(names);
    this.#aliases = aliasesOf(aliases);
    this.#change({
      cwd: ctx.cwd as VfsPath,
      aliases,
      variables: withoutOwn(variables),
      functions: names.length === 0 ? '' : this.#state.functions,
    });
    if (names.length > 0)
      loop.internal.push(`${KEEP} ${names.map((name) => `"$(type ${quote(name)})"`).join(' ')}`);
    return answer(0);
  }

  /** The texts of functions, as `type` prints them: a line that says that it is one, and its definition. */
  #keep(texts: readonly string[]): ExecResult {
    this.#change({ functions: texts.map((text) => text.slice(text.indexOf('\n') + 1)).join('\n') });
    return answer(0);
  }

  #change(change: Partial<SavedState>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    const names = Object.keys(change) as (keyof SavedState)[];
    if (names.some((name) => before[name] !== this.#state[name])) this.#options.onState(this.#state);
  }

  /** What the engine runs by name and only we know. */
  #own(): Command[] {
    const command = (name: string, execute: Command['execute']): Command => ({
      name,
      trusted: true,
      execute,
    });
    return [
      command(NEXT, () => this.#next()),
      command(TEXT, async () => ({
        ...answer(0),
        stdout: this.#loops.at(-1)?.text ?? '',
        stdoutKind: 'text',
      })),
      command(DONE, async (args, ctx) => this.#done(args, ctx)),
      command(KEEP, async (args) => this.#keep(args)),
      command(STATUS, async ([status]) => answer(Number(status))),
      command(RUN, (args, ctx) => this.#run(args, ctx)),
      command(OPEN_PIPE, (args, ctx) => this.#openPipe(args, ctx)),
      command(CLOSE_PIPE, ([status]) => this.#closePipe(Number(status))),
      command(DECODE, (args, ctx) => this.#decode(args, ctx)),
      command(FEED, (args, ctx) => this.#feed(args, ctx)),
      command(NEST, (args, ctx) => this.#nest(args, ctx)),
      command(REDIRECT_SESSION, (args, ctx) => this.#redirectSession(args, ctx)),
      command('umask', async (args) => this.#umask(args)),
    ];
  }

  /** Programs of ours where the engine runs them: it has their input as a string, and wants their output as one. */
  #programs(): Command[] {
    const names = new Set([...Object.keys(this.#options.programs), ...Object.keys(PROGRAMS)]);
    return [...names]
      .filter((name) => this.#isProgram(name))
      .map((name) => ({
        name,
        trusted: true,
        execute: (args, ctx) =>
          this.#capture([{ words: [name, ...args], redirections: [] }], this.#piped(ctx), ctx),
      }));
  }

  async #run([ends = '', ...words]: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    let stages: Stage[];
    try {
      stages = stagesOf(words, this.#nonce);
    } catch (error) {
      if (!(error instanceof AmbiguousRedirect)) throw error;
      await this.#write('stderr', encodeText('bash: ambiguous redirect\n'));
      return answer(1);
    }
    const [input, output] = ends.split(',');
    const stdin = input === 'pipe' ? this.#piped(ctx) : this.#sessionInput();
    try {
      if (output === 'pipe') return await this.#capture(stages, stdin, ctx);
      const { stdout, stderr } = this.#streams;
      return answer(await this.#pipeline(stages, { stdin, stdout, stderr }, this.#options.terminal, ctx));
    } finally {
      if (stdin instanceof StageInput) stdin.release();
    }
  }

  /** Starts programs whose output is what the session reads until `#closePipe`. */
  async #openPipe(given: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    const [ends = '', ...words] = given;
    const before = this.#streams.stdin;
    const writer = new SourceWriter();
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#running.signal, ending.signal]);
    const stdin = ends.startsWith('pipe') ? this.#piped(ctx) : this.#sessionInput();
    const streams = { stdin, stdout: writer, stderr: this.#streams.stderr };
    const run = async (): Promise<number> => {
      try {
        return await this.#pipeline(stagesOf(words, this.#nonce), streams, undefined, ctx, signal);
      } catch (error) {
        if (!(error instanceof AmbiguousRedirect)) throw error;
        await this.#write('stderr', encodeText('bash: ambiguous redirect\n'));
        return 1;
      } finally {
        if (stdin instanceof StageInput) stdin.release();
        writer.end();
      }
    };
    this.#pipes.push({ before, ended: run(), ending, writer });
    this.#streams.stdin = writer.source;
    return answer(0);
  }

  /** Ends them, where they have not ended; `status` is that of what has read. */
  async #closePipe(status: number): Promise<ExecResult> {
    const pipe = this.#pipes.pop();
    if (pipe === undefined) return answer(status);
    this.#streams.stdin = pipe.before;
    pipe.ending.abort();
    pipe.writer.destroy();
    await pipe.ended;
    return answer(status);
  }

  async #capture(
    stages: readonly Stage[],
    stdin: Readable,
    ctx: ResolvedCommandContext,
  ): Promise<ExecResult> {
    const stdout = new Captured(CAPTURED_MAX);
    const stderr = new Captured(CAPTURED_MAX);
    const status = await this.#pipeline(stages, { stdin, stdout, stderr }, undefined, ctx);
    const complaint = stdout.tooMuch
      ? `bash: ${stages[0]?.words[0] ?? ''}: more than ${CAPTURED_MAX / 1024 / 1024} MiB of output cannot be held here\n`
      : '';
    return {
      stdout: stdout.tooMuch ? '' : stdout.text,
      stderr: stderr.text + complaint,
      exitCode: stdout.tooMuch ? 1 : status,
      stdoutKind: 'bytes',
      stdoutEncoding: 'binary',
    };
  }

  #pipeline(
    stages: readonly Stage[],
    streams: Streams,
    terminal: Terminal | undefined,
    ctx: ResolvedCommandContext,
    signal: AbortSignal = this.#running.signal,
  ): Promise<number> {
    const { mount, account, names, log, programs } = this.#options;
    const context: StageContext = {
      mount,
      account,
      names,
      log,
      cwd: ctx.cwd as VfsPath,
      env: ctx.exportedEnv ?? {},
      umask: this.#state.umask,
      signal,
      now: () => Date.now(),
    };
    const own = (name: string): Program | undefined =>
      Object.hasOwn(programs, name) ? programs[name] : undefined;
    const pipefail = (ctx.env.get('SHELLOPTS') ?? '').split(':').includes('pipefail');
    if (context.signal.aborted) return breathe().then(() => INTERRUPTED_STATUS);
    return runPipeline({ stages, streams, terminal, context, own }, pipefail);
  }

  async #decode([status, ...names]: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    for (const name of names) {
      const value = ctx.env.get(name) ?? '';
      const isBytes = /[\u0080-\u00ff]/.test(value) && !/[^\0-\u00ff]/.test(value);
      if (isBytes) await ctx.assignShellVariable?.(name, decodeText(Buffer.from(value, 'latin1')));
    }
    return answer(Number(status));
  }

  /** Runs a command of the engine with the session's input, where it will read it. */
  async #feed([name = '', ...args]: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    const execute = (stdin: string): Promise<ExecResult> =>
      ctx.exec?.(quote(name), {
        args,
        cwd: ctx.cwd,
        stdin,
        stdinKind: 'bytes',
        signal: this.#running.signal,
      }) ?? Promise.resolve(answer(1));
    if (!readsInput(name, args)) return execute('');
    try {
      return await execute((await this.#allInput()).toString('latin1'));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return {
        stdout: '',
        stderr: `bash: ${name}: more than ${FED_MAX / 1024 / 1024} MiB of input\n`,
        exitCode: 1,
      };
    }
  }

  async #allInput(): Promise<Buffer> {
    const stdin = this.#sessionInput();
    const parts: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of stdin as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > FED_MAX) throw new RangeError('too much input');
        parts.push(chunk);
        if (this.#running.signal.aborted) break;
      }
      return Buffer.concat(parts);
    } finally {
      if (stdin instanceof StageInput) stdin.release();
    }
  }

  /** `bash`, `sh`: a shell in the shell. */
  async #nest(given: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    if (this.#loops.length >= NESTED_MAX)
      return { stdout: '', stderr: 'bash: too many shells in each other\n', exitCode: 1 };
    const piped = given[0] === PIPED;
    const args = piped ? given.slice(1) : given;
    const options = args.findIndex((word) => !/^[-+]./.test(word));
    const flags = options === -1 ? args : args.slice(0, options);
    const rest = options === -1 ? [] : args.slice(options);
    const letters = flags.filter((flag) => !flag.startsWith('--')).join('');
    let commands: Commands;
    let parameters: readonly string[];
    if (letters.includes('c')) {
      commands = once(rest[0] ?? '');
      parameters = rest.slice(2);
    } else if (letters.includes('s') || rest.length === 0) {
      commands = linesOf(piped ? this.#sourceOf(ctx) : this.#source);
      parameters = rest;
    } else {
      try {
        commands = once(await ctx.fs.readFile(ctx.fs.resolvePath(ctx.cwd, rest[0] as string)));
      } catch {
        return { stdout: '', stderr: `bash: ${rest[0]}: No such file or directory\n`, exitCode: 127 };
      }
      parameters = rest.slice(1);
    }
    const loop = newLoop(commands);
    if (parameters.length > 0) loop.internal.push(`set -- ${parameters.map(quote).join(' ')}`);
    if (letters.includes('e')) loop.internal.push('set -e');
    this.#loops.push(loop);
    try {
      const result = await ctx.exec?.(LOOP, { cwd: ctx.cwd });
      return {
        stdout: '',
        stderr: result?.stderr ?? '',
        exitCode: loop.exhausted ? loop.status : (result?.exitCode ?? 1),
      };
    } finally {
      this.#loops.pop();
    }
  }

  /** `exec >file`: just-bash 3.4.2 would also send what is piped and substituted there. */
  async #redirectSession(words: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    try {
      const [stage] = stagesOf([`${this.#nonce}|`, ...words], this.#nonce);
      const stdin = this.#streams.stdin instanceof Readable ? this.#streams.stdin : Readable.from([]);
      const { streams } = await redirect({ ...this.#streams, stdin }, stage?.redirections ?? [], {
        mount: this.#options.mount,
        cwd: ctx.cwd as VfsPath,
        umask: this.#state.umask,
      });
      this.#streams = { ...streams, stdin: streams.stdin === stdin ? this.#streams.stdin : streams.stdin };
      return answer(0);
    } catch (error) {
      const what = isVfsError(error)
        ? `${escapeUnsafe(error.path ?? '')}: ${errorText(error)}`
        : 'ambiguous redirect';
      return { stdout: '', stderr: `bash: ${what}\n`, exitCode: 1 };
    }
  }

  #umask(args: readonly string[]): ExecResult {
    const word = args.find((argument) => argument !== '-S');
    if (word === undefined) {
      return { ...answer(0), stdout: `${this.#state.umask.toString(8).padStart(4, '0')}\n` };
    }
    if (!/^[0-7]{1,4}$/.test(word))
      return { ...answer(1), stderr: `bash: umask: ${word}: octal number expected\n` };
    this.#change({ umask: Number.parseInt(word, 8) & 0o777 });
    return answer(0);
  }

  #devices(): ReadonlyMap<string, DeviceFile> {
    return new Map<string, DeviceFile>([
      ['/dev/null', {}],
      [OUT, { write: (bytes) => this.#write('stdout', bytes) }],
      [ERR, { write: (bytes) => this.#write('stderr', bytes) }],
      [LINE, { read: async () => (await this.#source.line(this.#running.signal)) ?? new Uint8Array(0) }],
    ]);
  }

  /** Where lines come from. */
  get #source(): InputSource {
    const { stdin } = this.#streams;
    return stdin instanceof Readable ? this.#options.input : stdin;
  }

  #sessionInput(): Readable {
    const { stdin } = this.#streams;
    return stdin instanceof Readable ? stdin : new StageInput(stdin);
  }

  #sourceOf(ctx: ResolvedCommandContext): InputSource {
    const source = new InputSource();
    source.push(Buffer.from(latin1FromBytes(ctx.stdin), 'latin1'));
    source.end();
    return source;
  }

  #piped(ctx: ResolvedCommandContext): Readable {
    const text = latin1FromBytes(ctx.stdin);
    return Readable.from(text === '' ? [] : [Buffer.from(text, 'latin1')]);
  }

  async #write(to: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    try {
      await send(this.#streams[to], bytes, this.#running.signal);
    } catch {
      // The client is gone, or has had enough.
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    try {
      await delay(milliseconds, undefined, { signal: this.#running.signal });
    } catch {
      await breathe();
    }
  }
}

/** Lets messages and timers in: a loop of commands that were interrupted would keep them out. */
function breathe(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function answer(exitCode: number): ExecResult {
  return { stdout: '', stderr: '', exitCode };
}

function newLoop(commands: Commands): Loop {
  return { commands, internal: [], text: '', isInternal: false, status: 0, exhausted: false };
}

/** Commands that bring back a state. What cannot be set again says so to nobody. */
function restoring({ variables, functions, aliases }: SavedState): string[] {
  return [variables, functions, aliases]
    .filter((text) => text !== '')
    .map((text) => `{ ${text}\n} 2>/dev/null`);
}

/** A person cannot set the engine's limits. */
function withoutAdvice(text: string): string {
  return text.replace(/, increase executionLimits\.\w+/, '');
}

/** Variables that the engine sets by itself. */
const OWN_VARIABLES = /^declare -\S+ (?:BASHOPTS|SHELLOPTS|PIPESTATUS|PWD|OLDPWD|\?)=.*$/gm;

function withoutOwn(variables: string): string {
  return variables.replace(OWN_VARIABLES, '');
}

/** As `alias` prints them: `alias name='text'`. */
function aliasesOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/^alias ([^=\s]+)='((?:[^']|'\\'')*)'$/gm)) {
    found.set(name as string, (value as string).replaceAll(`'\\''`, "'"));
  }
  return found;
}
