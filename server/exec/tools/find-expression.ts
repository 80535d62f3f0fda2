import { timestampToMilliseconds } from '../../../vfs/stats.ts';
import { namePattern } from '../command-line/glob-pattern.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import type { AnyRun } from './tool.ts';
import type { Met } from './tree.ts';

/** What is asked of each thing that is met; `prune` keeps the walk out of it. */
export interface Visit {
  readonly run: AnyRun;
  readonly met: Met;
  pruned: boolean;
}

export type Test = (visit: Visit) => Promise<boolean> | boolean;

export interface Expression {
  readonly test: Test;
  readonly minDepth: number;
  readonly maxDepth: number;
  /** A directory after what it holds. */
  readonly depthFirst: boolean;
}

interface Actions {
  print(visit: Visit, end: string): Promise<void>;
  remove(visit: Visit): Promise<boolean>;
  run(visit: Visit, words: readonly string[]): Promise<boolean>;
  list(visit: Visit): Promise<void>;
  printf(visit: Visit, format: string): Promise<void>;
  /** Milliseconds of a file's last change. */
  newerThan(run: AnyRun, name: string): Promise<number>;
}

/** Nested parentheses and `!` at most. */
const NESTING_MAX = 200;

/** Reads the expression of find(1) and makes one test of it. Throws `UsageError`. */
export async function parseExpression(
  run: AnyRun,
  words: readonly string[],
  actions: Actions,
): Promise<Expression> {
  return new Parser(run, words, actions).parse();
}

type Maker = (parser: Parser) => Test | Promise<Test>;

class Parser {
  readonly run: AnyRun;
  readonly actions: Actions;
  readonly #words: readonly string[];
  #at = 0;
  #acts = false;
  #nesting = 0;
  minDepth = 0;
  maxDepth = Infinity;
  depthFirst = false;

  constructor(run: AnyRun, words: readonly string[], actions: Actions) {
    this.run = run;
    this.#words = words;
    this.actions = actions;
  }

  async parse(): Promise<Expression> {
    const test = this.#words.length === 0 ? () => true : await this.#either();
    if (this.#at < this.#words.length)
      throw new UsageError(`unexpected argument ${quoted(this.#words[this.#at] ?? '')}`);
    const { minDepth, maxDepth, depthFirst } = this;
    const acting: Test = async (visit) => {
      const holds = await test(visit);
      if (holds && !this.#acts) await this.actions.print(visit, '\n');
      return holds;
    };
    return { test: acting, minDepth, maxDepth, depthFirst };
  }

  /** The next word, as what belongs to `primary`. */
  value(primary: string): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new UsageError(`missing argument to ${quoted(primary)}`);
    return word;
  }

  /** All words up to `;`. */
  command(primary: string): string[] {
    const start = this.#at;
    const end = this.#words.findIndex((word, index) => index >= start && (word === ';' || word === '+'));
    if (end < 0) throw new UsageError(`missing argument to ${quoted(primary)}`);
    this.#at = end + 1;
    return this.#words.slice(start, end);
  }

  acts(): void {
    this.#acts = true;
  }

  async #either(): Promise<Test> {
    let left = await this.#both();
    while (this.#skip('-o') || this.#skip('-or')) {
      const [first, second] = [left, await this.#both()];
      left = async (visit) => (await first(visit)) || (await second(visit));
    }
    return left;
  }

  async #both(): Promise<Test> {
    let left = await this.#one();
    for (;;) {
      const next = this.#words[this.#at];
      if (next === undefined || next === ')' || next === '-o' || next === '-or' || next === ',') return left;
      if (next === '-a' || next === '-and') this.#at++;
      const [first, second] = [left, await this.#one()];
      left = async (visit) => (await first(visit)) && (await second(visit));
    }
  }

  async #one(): Promise<Test> {
    const word = this.value('the expression');
    if (word === '!' || word === '-not') {
      const test = await this.#nested(() => this.#one());
      return async (visit) => !(await test(visit));
    }
    if (word === '(') {
      const test = await this.#nested(() => this.#either());
      if (!this.#skip(')')) throw new UsageError("invalid expression; expected ')'");
      return test;
    }
    const make = Object.hasOwn(PRIMARIES, word) ? PRIMARIES[word] : undefined;
    if (make === undefined) throw new UsageError(`unknown predicate ${quoted(word)}`);
    return make(this);
  }

  async #nested(read: () => Promise<Test>): Promise<Test> {
    if (++this.#nesting > NESTING_MAX) throw new UsageError('the expression is nested too deeply');
    const test = await read();
    this.#nesting -= 1;
    return test;
  }

  #skip(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }
}

const TYPES: Readonly<Record<string, string>> = { f: 'file', d: 'directory', l: 'symlink' };

/** `+N`, `-N` or `N`, of a number that is counted in units and rounded up or down by the caller. */
function comparison(primary: string, text: string): (value: number) => boolean {
  const [, sign, digits] = /^([+-]?)(\d+)$/.exec(text) ?? [];
  if (digits === undefined) throw new UsageError(`invalid argument ${quoted(text)} to ${quoted(primary)}`);
  const number = Number(digits);
  if (sign === '+') return (value) => value > number;
  return sign === '-' ? (value) => value < number : (value) => value === number;
}

const SIZE_UNITS: Readonly<Record<string, number>> = { c: 1, w: 2, b: 512, k: 1024, M: 2 ** 20, G: 2 ** 30 };

function sizeTest(text: string): Test {
  const letter = /[a-zA-Z]$/.exec(text)?.[0] ?? 'b';
  const unit = Object.hasOwn(SIZE_UNITS, letter) ? SIZE_UNITS[letter] : undefined;
  if (unit === undefined) throw new UsageError(`invalid -size type '${letter}'`);
  const holds = comparison('-size', text.replace(/[a-zA-Z]$/, ''));
  return ({ met }) => holds(Math.ceil(met.stats.size / unit));
}

function permTest(text: string): Test {
  const digits = text.replace(/^[-/]/, '');
  if (!/^[0-7]{1,4}$/.test(digits)) throw new UsageError(`invalid mode ${quoted(text)}`);
  const bits = parseInt(digits, 8);
  if (text.startsWith('-')) return ({ met }) => (met.stats.mode & bits) === bits;
  if (text.startsWith('/')) return ({ met }) => bits === 0 || (met.stats.mode & bits) !== 0;
  return ({ met }) => met.stats.mode === bits;
}

function ageTest(time: 'mtime' | 'atime' | 'ctime', unit: number): Maker {
  return (parser) => {
    const holds = comparison(`-${time}`, parser.value(`-${time}`));
    const now = parser.run.context.now();
    return ({ met }) => holds(Math.floor((now - timestampToMilliseconds(met.stats[time])) / unit));
  };
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function baseName({ met }: Visit): string {
  const name = met.name.replace(/(?<=.)\/+$/, '');
  return name.slice(name.lastIndexOf('/') + 1) || name;
}

function nameTest(
  primary: string,
  of: (visit: Visit) => string,
  ignoresCase: boolean,
  hasSlashes: boolean,
): Maker {
  return (parser) => {
    const fold = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
    const matches = namePattern(fold(parser.value(primary)), { hasSlashes });
    return (visit) => matches(fold(of(visit)));
  };
}

function depthOf(parser: Parser, primary: string): number {
  const text = parser.value(primary);
  if (!/^\d+$/.test(text))
    throw new UsageError(
      `Expected a positive decimal integer argument to ${primary}, but got ${quoted(text)}`,
    );
  return Number(text);
}

const always: Test = () => true;

/** An action, so that nothing is printed by itself. */
const action =
  (make: (parser: Parser) => Test): Maker =>
  (parser) => {
    parser.acts();
    return make(parser);
  };

const PRIMARIES: Readonly<Record<string, Maker>> = {
  '-name': nameTest('-name', baseName, false, false),
  '-iname': nameTest('-iname', baseName, true, false),
  '-path': nameTest('-path', ({ met }) => met.name, false, true),
  '-wholename': nameTest('-wholename', ({ met }) => met.name, false, true),
  '-ipath': nameTest('-ipath', ({ met }) => met.name, true, true),
  '-type': (parser) => {
    const types: ReadonlySet<string> = new Set(
      parser
        .value('-type')
        .split(',')
        .map((letter) => TYPES[letter] ?? letter),
    );
    return ({ met }) => types.has(met.stats.type);
  },
  '-size': (parser) => sizeTest(parser.value('-size')),
  '-empty':
    () =>
    async ({ run, met: { path, stats } }) => {
      if (stats.type === 'directory')
        return (await run.storage.readdir(path, { limit: 1 }, run.ctx)).length === 0;
      return stats.type === 'file' && stats.size === 0;
    },
  '-perm': (parser) => permTest(parser.value('-perm')),
  '-mtime': ageTest('mtime', DAY),
  '-atime': ageTest('atime', DAY),
  '-ctime': ageTest('ctime', DAY),
  '-mmin': ageTest('mtime', MINUTE),
  '-amin': ageTest('atime', MINUTE),
  '-cmin': ageTest('ctime', MINUTE),
  '-newer': async (parser) => {
    const than = await parser.actions.newerThan(parser.run, parser.value('-newer'));
    return ({ met }) => timestampToMilliseconds(met.stats.mtime) > than;
  },
  '-links': (parser) => {
    const holds = comparison('-links', parser.value('-links'));
    return ({ met }) => holds(met.stats.nlink);
  },
  '-inum': (parser) => {
    const holds = comparison('-inum', parser.value('-inum'));
    return ({ met }) => holds(met.stats.inode);
  },
  '-uid': (parser) => {
    const holds = comparison('-uid', parser.value('-uid'));
    return ({ met }) => holds(met.stats.uid);
  },
  '-user': (parser) => {
    const name = parser.value('-user');
    return ({ run, met: { stats } }) =>
      run.context.names.user(stats.uid) === name || String(stats.uid) === name;
  },
  '-group': (parser) => {
    const name = parser.value('-group');
    return ({ run, met: { stats } }) =>
      run.context.names.group(stats.gid) === name || String(stats.gid) === name;
  },
  '-maxdepth': (parser) => {
    parser.maxDepth = depthOf(parser, '-maxdepth');
    return always;
  },
  '-mindepth': (parser) => {
    parser.minDepth = depthOf(parser, '-mindepth');
    return always;
  },
  '-depth': (parser) => {
    parser.depthFirst = true;
    return always;
  },
  '-xdev': () => always,
  '-mount': () => always,
  '-true': () => always,
  '-false': () => () => false,
  '-prune': () => (visit) => (visit.pruned = true),
  '-print': action((parser) => async (visit) => {
    await parser.actions.print(visit, '\n');
    return true;
  }),
  '-print0': action((parser) => async (visit) => {
    await parser.actions.print(visit, '\0');
    return true;
  }),
  '-printf': action((parser) => {
    const format = parser.value('-printf');
    return async (visit) => {
      await parser.actions.printf(visit, format);
      return true;
    };
  }),
  '-ls': action((parser) => async (visit) => {
    await parser.actions.list(visit);
    return true;
  }),
  '-delete': action((parser) => {
    parser.depthFirst = true;
    return (visit) => parser.actions.remove(visit);
  }),
  '-exec': action((parser) => {
    const words = parser.command('-exec');
    return (visit) => parser.actions.run(visit, words);
  }),
};
