import { randomBytes } from 'node:crypto';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Bash,
  getCommandNames,
  type Command,
  type ExecResult,
  type ResolvedCommandContext,
} from './engine.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import { decodeText } from '../../../../vfs/names.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { escapeUnsafe } from '../../../escape.ts';
import type { Logger } from '../../../log.ts';
import { errorText } from '../../error-text.ts';
import type { Program, ProgramContext, Terminal } from '../../program.ts';
import { isProgram, PROGRAMS, programName } from '../../programs.ts';
import { INTERRUPTED_STATUS, type SavedState } from '../messages.ts';
import { answer, refusal } from './answers.ts';
import { breathe } from './breathe.ts';
import { engineCommands, isShellOwn, mayReadInput, readsInput } from './commands.ts';
import type { Commands } from './command-source.ts';
import type { InputSource } from './input-source.ts';
import { FED_MAX, FILE_MAX, LIMITS, mebibytes } from './limits.ts';
import { nestedShell } from './nested-shell.ts';
import { ProgramRunner } from './program-runner.ts';
import { quote } from './quote.ts';
import { aliasesOf, type Aliases } from './rewrite/aliases.ts';
import { CLOSE_PIPE, FEED, NEST, OPEN_PIPE, REDIRECT_SESSION, RUN } from './rewrite/names.ts';
import { DECODE } from './rewrite/read-text.ts';
import { rewrite, type RewriteOptions } from './rewrite/rewrite.ts';
import { AmbiguousRedirect, stagesOf } from './run-programs.ts';
import {
  definitions,
  DONE,
  functionNames,
  KEEP,
  newLoop,
  NEXT,
  restoring,
  SCRIPT,
  STATUS,
  TEXT,
  withoutAdvice,
  withoutOwn,
  type Loop,
} from './session-script.ts';
import { SessionStreams } from './session-streams.ts';
import { StorageFs } from './storage-fs.ts';
import { parseLines } from './syntax.ts';
import { watchedSignal } from './watched-signal.ts';

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
  /** Called before each command that the engine runs, wherever it is. */
  readonly onCommand?: (() => void) | undefined;
  /** `interrupt` is about to be called; also true while no message and no timer comes through. */
  readonly isInterrupted?: (() => boolean) | undefined;
}

const SYNTAX_ERROR = 2;
const NOT_FOUND = 127;
const NESTED_MAX = 8;
const PATIENCE_MILLISECONDS = 10;

/** How a run of commands came to its end. */
export interface Ending {
  readonly status: number;
  /** `exhausted`: no commands are left. `failed`: the engine gave up, and has said why. */
  readonly by: 'exhausted' | 'exit' | 'failed';
}

/** The engine and what stands around it: one session's shell. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #nonce = `\u0001${randomBytes(16).toString('hex')}`;
  readonly #loops: Loop[] = [];
  readonly #streams: SessionStreams;
  readonly #programs: ProgramRunner;
  readonly #bash: Bash;
  #state: SavedState;
  #functions: ReadonlySet<string> = new Set();
  #aliases: Aliases = new Map();
  /** The engine's whole script. */
  #script = new AbortController();
  /** Of the script that has ended: `interrupt` has been called. */
  #heard: Promise<void> = Promise.resolve();
  #hear: () => void = () => {};

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#streams = new SessionStreams(options);
    this.#programs = new ProgramRunner({
      ...options,
      streams: this.#streams,
      umask: () => this.#state.umask,
      nonce: this.#nonce,
    });
    const { account, env } = options;
    this.#bash = new Bash({
      fs: new StorageFs({
        mount: options.mount,
        umask: () => this.#state.umask,
        devices: this.#streams.devices,
        isCommand: (name) => this.commandNames.has(name),
        onTooLarge: (path) =>
          this.#streams.write(
            'stderr',
            `bash: ${escapeUnsafe(path)}: only files up to ${mebibytes(FILE_MAX)} can be read here\n`,
          ),
      }),
      cwd: options.state.cwd,
      env: { ...env },
      commands: engineCommands(getCommandNames()),
      customCommands: [...this.#ownCommands(), ...this.#programCommands()],
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
    const loop = newLoop(commands, restoring(this.#state), status);
    this.#loops.push(loop);
    const script = new AbortController();
    this.#script = script;
    this.#heard = new Promise((resolve) => (this.#hear = resolve));
    const result = await this.#bash.exec(SCRIPT, { rawScript: true, signal: this.#watched(script) });
    this.#loops.length = 0;
    await this.#programs.closeAll();
    if (this.#options.isInterrupted?.() === true) await this.#heard;
    if (script.signal.aborted) return { status: INTERRUPTED_STATUS, by: 'failed' };
    await this.#streams.write('stderr', Buffer.from(withoutAdvice(result.stderr), 'latin1'));
    if (loop.exhausted) return { status: loop.status, by: 'exhausted' };
    return { status: result.exitCode, by: result.stderr === '' ? 'exit' : 'failed' };
  }

  /** Ends what runs: programs and waits of ours at once, and where that was not all of it, the engine's script. */
  interrupt(): void {
    const { running } = this.#streams;
    const script = this.#script;
    this.#hear();
    running.abort();
    setTimeout(() => {
      if (running === this.#streams.running) script.abort();
    }, PATIENCE_MILLISECONDS);
  }

  /** The signal of the script as the engine is to have it, which asks it before every command. */
  #watched(script: AbortController): AbortSignal {
    const { onCommand, isInterrupted } = this.#options;
    return watchedSignal(script.signal, () => {
      onCommand?.();
      if (isInterrupted?.() === true) script.abort();
    });
  }

  async #next(): Promise<ExecResult> {
    const loop = this.#loops.at(-1) as Loop;
    // What was interrupted is over: its late end must not take the prompt with it.
    this.#streams.begin();
    // Given up since, but not ended yet: what is typed from now on is for the script after it.
    if (this.#script.signal.aborted) return answer(1);
    const internal = loop.internal.shift();
    loop.isInternal = internal !== undefined;
    const text = internal ?? (await this.#nextCommands(loop));
    if (text === undefined) {
      loop.exhausted = true;
      return answer(1);
    }
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
      await this.#streams.write('stderr', `bash: ${what}\n`);
      loop.status = SYNTAX_ERROR;
    }
  }

  #rewriting(): RewriteOptions {
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
    if (this.#loops.length === 1) void this.#programs.closeAll();
    loop.status = this.#streams.signal.aborted ? INTERRUPTED_STATUS : Number(status);
    if (this.#loops.length > 1) return answer(0);
    const names = functionNames(functions);
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

  /** The texts of functions, as `type` prints them. */
  #keep(texts: readonly string[]): ExecResult {
    this.#change({ functions: definitions(texts) });
    return answer(0);
  }

  #change(change: Partial<SavedState>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    const names = Object.keys(change) as (keyof SavedState)[];
    if (names.some((name) => before[name] !== this.#state[name])) this.#options.onState(this.#state);
  }

  /** What the engine runs by name and only we know. */
  #ownCommands(): Command[] {
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
      command(RUN, (args, ctx) => this.#programs.run(args, ctx)),
      command(OPEN_PIPE, (args, ctx) => this.#programs.open(args, ctx)),
      command(CLOSE_PIPE, ([status]) => this.#programs.close(Number(status))),
      command(DECODE, (args, ctx) => this.#decode(args, ctx)),
      command(FEED, (args, ctx) => this.#feed(args, ctx)),
      command(NEST, (args, ctx) => this.#nest(args, ctx)),
      command(REDIRECT_SESSION, (args, ctx) => this.#redirectSession(args, ctx)),
      command('umask', async (args) => this.#umask(args)),
    ];
  }

  /** Programs of ours where the engine runs them. */
  #programCommands(): Command[] {
    const names = new Set([...Object.keys(this.#options.programs), ...Object.keys(PROGRAMS)]);
    return [...names]
      .filter((name) => this.#isProgram(name))
      .map((name) => ({
        name,
        trusted: true,
        execute: (args, ctx) => this.#programs.runCaptured([name, ...args], ctx),
      }));
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
    try {
      const input = readsInput(name, args) ? await this.#streams.all() : Buffer.alloc(0);
      const { signal } = this.#streams;
      const stdin = input.toString('latin1');
      const options = { args, cwd: ctx.cwd, stdin, stdinKind: 'bytes', signal } as const;
      return (await ctx.exec?.(quote(name), options)) ?? answer(1);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return refusal(`${name}: more than ${mebibytes(FED_MAX)} of input`);
    }
  }

  /** `bash`, `sh`: a shell in the shell. */
  async #nest(args: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    if (this.#loops.length >= NESTED_MAX) return refusal('too many shells in each other');
    const nested = await nestedShell(args, ctx, this.#streams.source);
    if (typeof nested === 'string') return refusal(`${nested}: No such file or directory`, NOT_FOUND);
    const loop = newLoop(nested.commands, nested.before);
    this.#loops.push(loop);
    try {
      const signal = this.#watched(new AbortController());
      const result = await ctx.exec?.(SCRIPT, { cwd: ctx.cwd, signal });
      const stderr = result?.stderr ?? '';
      return { stdout: '', stderr, exitCode: loop.exhausted ? loop.status : (result?.exitCode ?? 1) };
    } finally {
      this.#loops.pop();
    }
  }

  /** `exec >file`: just-bash 3.4.2 would also send what is piped and substituted there. */
  async #redirectSession(words: readonly string[], ctx: ResolvedCommandContext): Promise<ExecResult> {
    const { mount } = this.#options;
    try {
      const [stage] = stagesOf([`${this.#nonce}|`, ...words], this.#nonce);
      const context = { mount, cwd: ctx.cwd as VfsPath, umask: this.#state.umask };
      await this.#streams.redirect(stage?.redirections ?? [], context);
      return answer(0);
    } catch (error) {
      if (error instanceof AmbiguousRedirect) return refusal('ambiguous redirect');
      return refusal(
        isVfsError(error) ? `${escapeUnsafe(error.path ?? '')}: ${errorText(error)}` : String(error),
      );
    }
  }

  #umask(args: readonly string[]): ExecResult {
    const word = args.find((argument) => argument !== '-S');
    if (word === undefined) {
      return { ...answer(0), stdout: `${this.#state.umask.toString(8).padStart(4, '0')}\n` };
    }
    if (!/^[0-7]{1,4}$/.test(word)) return refusal(`umask: ${word}: octal number expected`);
    this.#change({ umask: Number.parseInt(word, 8) & 0o777 });
    return answer(0);
  }

  async #sleep(milliseconds: number): Promise<void> {
    try {
      await delay(milliseconds, undefined, { signal: this.#streams.signal });
    } catch {
      await breathe();
    }
  }
}
