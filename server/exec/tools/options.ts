/** A wrong use of a program; the message is what GNU's getopt_long says. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * A program's options: our name for each, and how it is written: `'-a --all'`; `'-w --width='` where a value must
 * follow; `'--color[=]'` where one may.
 */
export type OptionTable = Readonly<Record<string, string>>;

interface OptionFacts {
  readonly name: string;
  readonly value: 'none' | 'needed' | 'possible';
}

interface Given {
  readonly name: string;
  /** Absent: none was given. */
  readonly value: string | undefined;
}

/** What a command line said, in its order. */
export class Options<N extends string = string> {
  readonly all: readonly { readonly name: N; readonly value: string | undefined }[];

  constructor(all: readonly Given[]) {
    this.all = all as Options<N>['all'];
  }

  has(name: N): boolean {
    return this.all.some((option) => option.name === name);
  }

  /** The value that was given last. */
  value(name: N): string | undefined {
    return this.all.findLast((option) => option.name === name)?.value;
  }

  values(name: N): string[] {
    return this.all.flatMap((option) => (option.name === name ? [option.value ?? ''] : []));
  }

  /** Which of several that contradict each other came last. */
  last<K extends N>(...names: readonly K[]): K | undefined {
    return this.all.findLast(({ name }) => (names as readonly string[]).includes(name))?.name as
      K | undefined;
  }
}

export interface Parsed<T extends OptionTable> {
  readonly options: Options<keyof T & string>;
  readonly operands: string[];
}

/** `true`: the first operand ends the options, as POSIX has it and programs need that pass the rest on. */
export interface ParseSettings {
  readonly stopAtOperand?: boolean | undefined;
}

/** Reads arguments as getopt_long(3) does: bundles, attached values, abbreviated long names, `--`. Throws `UsageError`. */
export function parseOptions<T extends OptionTable>(
  args: readonly string[],
  table: T,
  { stopAtOperand = false }: ParseSettings = {},
): Parsed<T> {
  const { short, long } = lookups(table);
  const given: Given[] = [];
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] as string;
    const next = (): string | undefined => args[++at];
    if (argument === '--' || (stopAtOperand && !isOption(argument))) {
      operands.push(...args.slice(argument === '--' ? at + 1 : at));
      break;
    }
    if (!isOption(argument)) operands.push(argument);
    else if (argument.startsWith('--')) given.push(longOption(long, argument, next));
    else given.push(...shortOptions(short, argument, next));
  }
  return { options: new Options(given), operands };
}

function isOption(argument: string): boolean {
  return argument.length > 1 && argument.startsWith('-');
}

function lookups(table: OptionTable): {
  readonly short: Map<string, OptionFacts>;
  readonly long: Map<string, OptionFacts>;
} {
  const short = new Map<string, OptionFacts>();
  const long = new Map<string, OptionFacts>();
  for (const [name, text] of Object.entries(table)) {
    const value = text.endsWith('[=]') ? 'possible' : text.endsWith('=') ? 'needed' : 'none';
    for (const word of text.replace(/(?:\[=\]|=)$/, '').split(' ')) {
      if (word.startsWith('--')) long.set(word.slice(2), { name, value });
      else short.set(word.slice(1), { name, value });
    }
  }
  return { short, long };
}

function longOption(
  long: ReadonlyMap<string, OptionFacts>,
  argument: string,
  next: () => string | undefined,
): Given {
  const equals = argument.indexOf('=');
  const written = argument.slice(2, equals < 0 ? undefined : equals);
  const attached = equals < 0 ? undefined : argument.slice(equals + 1);
  const { name, value } = abbreviated(long, written, argument);
  if (value === 'none' && attached !== undefined)
    throw new UsageError(`option '--${written}' doesn't allow an argument`);
  if (value !== 'needed' || attached !== undefined) return { name, value: attached };
  const following = next();
  if (following === undefined) throw new UsageError(`option '--${written}' requires an argument`);
  return { name, value: following };
}

function abbreviated(long: ReadonlyMap<string, OptionFacts>, written: string, argument: string): OptionFacts {
  const exact = long.get(written);
  if (exact !== undefined) return exact;
  const candidates = [...long].filter(([name]) => name.startsWith(written));
  const names = new Set(candidates.map(([, { name }]) => name));
  if (names.size > 1) {
    const possibilities = candidates.map(([name]) => `'--${name}'`).join(' ');
    throw new UsageError(`option '${argument}' is ambiguous; possibilities: ${possibilities}`);
  }
  const only = candidates[0]?.[1];
  if (only === undefined) throw new UsageError(`unrecognized option '${argument}'`);
  return only;
}

function shortOptions(
  short: ReadonlyMap<string, OptionFacts>,
  argument: string,
  next: () => string | undefined,
): Given[] {
  const given: Given[] = [];
  for (let at = 1; at < argument.length; at++) {
    const letter = argument[at] as string;
    const facts = short.get(letter);
    if (facts === undefined) throw new UsageError(`invalid option -- '${letter}'`);
    const { name, value } = facts;
    if (value === 'none') {
      given.push({ name, value: undefined });
      continue;
    }
    const attached = argument.slice(at + 1);
    const following = attached !== '' ? attached : value === 'needed' ? next() : undefined;
    if (value === 'needed' && following === undefined)
      throw new UsageError(`option requires an argument -- '${letter}'`);
    return [...given, { name, value: following }];
  }
  return given;
}
