import { isVfsError, VfsError } from '../../vfs/errors.ts';
import type { VfsPath } from '../../vfs/path.ts';
import { escapeUnsafe } from '../escape.ts';
import { expandWords } from './command-line/expand.ts';
import { parseCommandLine, type Condition, type SimpleCommand } from './command-line/parse.ts';
import { CommandLineError, textOf } from './command-line/words.ts';
import { errorText } from './error-text.ts';
import { isBrokenPipe } from './output.ts';
import { paced } from './paced.ts';
import { pathFrom } from './paths.ts';
import type { ProgramContext } from './program.ts';
import { findProgram, isProgram, programName } from './programs.ts';

/** As shells answer: for a program that is not there, for one that cannot be run, for a line that cannot be read. */
const NOT_FOUND = 127;
const CANNOT_RUN = 126;
const WRONG_LINE = 2;
/** Of a program that was ended from outside; where a signal did it, the session says which one. */
const ENDED = 143;
/** Of a program whose output nobody reads any more (128 + SIGPIPE). */
const BROKEN_PIPE = 141;

/** What a command line runs in. */
export type CommandContext = Omit<ProgramContext, 'args'>;

/** Runs what only a real shell understands, and answers its exit status. */
export type RunScript = (line: string, context: CommandContext) => Promise<number>;

/** What changes from one command of a line to the next. */
interface LineState {
  cwd: VfsPath;
  status: number;
  exited: boolean;
}

type Builtin = (state: LineState, args: readonly string[], context: CommandContext) => Promise<number>;

/** What only makes sense within a line. */
const BUILTINS: Readonly<Record<string, Builtin>> = { cd: changeDirectory, exit };

const DUE: Readonly<Record<Condition, (status: number) => boolean>> = {
  always: () => true,
  'after success': (status) => status === 0,
  'after failure': (status) => status !== 0,
};

/**
 * Runs one command line of a client and answers its exit status. No process of the host is ever started. Commands of
 * our table, also several after each other, run straight away; for all else there is `runScript`, where the account has
 * a shell (absent: it has none, and is told so).
 */
export async function runCommand(
  line: string,
  context: CommandContext,
  runScript?: RunScript,
): Promise<number> {
  try {
    const parsed = parseCommandLine(line);
    const isOurs = parsed.kind === 'commands' && parsed.commands.every(isKnown);
    if (!isOurs && runScript !== undefined) return await runScript(line, context);
    if (parsed.kind === 'commands') return await runCommands(parsed.commands, context);
    context.stderr.write(
      `${escapeUnsafe(parsed.syntax)}: this needs a shell, which this account does not have; plain commands work\n`,
    );
    return CANNOT_RUN;
  } catch (error) {
    if (context.signal.aborted) return ENDED;
    if (!(error instanceof CommandLineError)) throw error;
    context.stderr.write(`${error.message}\n`);
    return WRONG_LINE;
  }
}

function isKnown({ words: [first = []] }: SimpleCommand): boolean {
  const name = textOf(first);
  return Object.hasOwn(BUILTINS, name) || isProgram(name);
}

async function runCommands(commands: readonly SimpleCommand[], given: CommandContext): Promise<number> {
  const context = { ...given, mount: paced(given.mount) };
  const state: LineState = { cwd: context.cwd, status: 0, exited: false };
  const { mount, account, signal } = context;
  const ctx = { signal };
  for (const { when, words } of commands) {
    if (state.exited || !DUE[when](state.status)) continue;
    const home = context.env['HOME'] ?? '/';
    const expanded = await expandWords(words, { mount, cwd: state.cwd, home, user: account.name, ctx });
    const [name = '', ...args] = expanded;
    const builtin = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
    state.status =
      builtin === undefined
        ? await runProgram(name, { ...context, cwd: state.cwd, args })
        : await builtin(state, args, context);
    if (signal.aborted) return ENDED;
  }
  return state.status;
}

/** Runs one program of the table. What it throws becomes a line on stderr and a status, but for mistakes of ours. */
export async function runProgram(name: string, context: ProgramContext): Promise<number> {
  const program = await findProgram(name);
  if (program === undefined) {
    context.stderr.write(`${escapeUnsafe(name)}: command not found\n`);
    return NOT_FOUND;
  }
  try {
    return await program(context);
  } catch (error) {
    if (context.signal.aborted) return ENDED;
    if (isBrokenPipe(error)) return BROKEN_PIPE;
    if (!isVfsError(error)) throw error;
    const where = error.path === undefined ? '' : `${escapeUnsafe(error.path)}: `;
    context.stderr.write(`${programName(name)}: ${where}${errorText(error)}\n`);
    return 1;
  }
}

async function changeDirectory(
  state: LineState,
  args: readonly string[],
  { mount, env, stderr, signal }: CommandContext,
): Promise<number> {
  const operands = args.filter((argument, index) => !(index === 0 && argument === '--'));
  const target = operands[0] ?? env['HOME'] ?? '/';
  try {
    if (operands.length > 1) throw new VfsError('EINVAL', { detail: 'too many arguments' });
    const { path, stats } = await mount.resolve(pathFrom(state.cwd, target), 'follow', { signal });
    if (stats === undefined) throw new VfsError('ENOENT');
    // Tells whether it may be entered, which looking at it does not.
    await mount.resolve(`${path === '/' ? '' : path}/..` as VfsPath, 'follow', { signal });
    state.cwd = path;
    return 0;
  } catch (error) {
    stderr.write(`cd: ${escapeUnsafe(target)}: ${errorText(error)}\n`);
    return 1;
  }
}

async function exit(state: LineState, [status]: readonly string[]): Promise<number> {
  state.exited = true;
  return status === undefined ? state.status : Number(status) & 0xff;
}
