import type { Argv, CommandModule, InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import { UsageError } from './failure.ts';
import type { Io } from './io.ts';

/** Options that every command has. */
export const COMMON_OPTIONS = {
  data: {
    type: 'string',
    nargs: 1,
    describe: 'Data directory (default: $ANYFS_DATA, else ./anyfs-data)',
  },
} as const satisfies Record<string, Options>;

/** For commands whose output a program may want to read. */
export const JSON_OPTION = {
  json: { type: 'boolean', default: false, describe: 'Print JSON' },
} as const satisfies Record<string, Options>;

type CommonArguments = InferredOptionTypes<typeof COMMON_OPTIONS>;

/** One command as its file describes it. */
interface CommandSpec<P extends Record<string, PositionalOptions>, O extends Record<string, Options>> {
  /** `add <name>` as yargs has it, relative to the group. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: P;
  readonly options: O;
  run(args: InferredOptionTypes<P> & InferredOptionTypes<O> & CommonArguments, io: Io): Promise<void> | void;
}

/** What is learnt while a command line is parsed, for hints on what was meant. */
export interface ParseState {
  /** Flags of the command that was found, and commands of the group that was found. */
  readonly words: string[];
  /** The words that led to it: `anyfs user add`. */
  path: string;
  /** What comes after them: `<name>`. */
  usage: string;
}

/** A command or a group, to be put into a parser. */
export type CommandFactory = (io: Io, state: ParseState) => CommandModule;

/** A command with options that cannot be given twice by mistake. */
export function command<P extends Record<string, PositionalOptions>, O extends Record<string, Options>>(
  spec: CommandSpec<P, O>,
): CommandFactory {
  const options: Record<string, Options> = { ...spec.options, ...COMMON_OPTIONS };
  return (io, state) => ({
    command: spec.usage,
    describe: spec.describe,
    builder: (parser: Argv) => {
      enter(
        state,
        spec.usage,
        [...Object.keys(options), 'help'].map((name) => `--${name}`),
      );
      for (const [name, positional] of Object.entries(spec.positionals)) parser.positional(name, positional);
      return parser.options(options).help();
    },
    handler: async (args) => {
      refuseRepeated(args, { ...options, ...spec.positionals });
      // yargs has checked the arguments against the same table that the type is inferred from.
      await spec.run(args as never, io);
    },
  });
}

/** A word with commands below it: `user`. */
export function group(name: string, describe: string, commands: readonly CommandFactory[]): CommandFactory {
  return (io, state) => ({
    command: name,
    describe,
    builder: (parser: Argv) => {
      const modules = commands.map((make) => make(io, state));
      enter(state, name, modules.map(wordOf));
      // The second argument as undefined: a group alone is a mistake, with a hint.
      return parser.command(modules).demandCommand(1, `say which command: ${modules.map(wordOf).join(', ')}`);
    },
    handler: () => {},
  });
}

/** The first word of a command's usage. */
export function wordOf(module: CommandModule): string {
  return String(module.command).split(' ')[0] ?? '';
}

function enter(state: ParseState, usage: string, words: readonly string[]): void {
  const [word = '', ...positionals] = usage.split(' ');
  state.path = `${state.path} ${word}`;
  state.usage = positionals.join(' ');
  state.words.splice(0, Infinity, ...words);
}

function refuseRepeated(
  args: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, Options>>,
): void {
  for (const [name, option] of Object.entries(options)) {
    const repeated = option.array !== true && option.type !== 'array' && Array.isArray(args[name]);
    if (repeated) throw new UsageError(`--${name} is given more than once`);
  }
}
