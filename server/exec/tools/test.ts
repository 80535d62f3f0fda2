import { isVfsError } from '../../../vfs/errors.ts';
import { timestampToMilliseconds, type Stats } from '../../../vfs/stats.ts';
import { send } from '../output.ts';
import { pathFrom } from '../paths.ts';
import type { Program, ProgramContext } from '../program.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';

/** The status for an expression that is none. */
const WRONG = 2;
/** Parentheses and `!` in each other at most. */
const NESTING_MAX = 200;

/** `test EXPRESSION` and `[ EXPRESSION ]`, as POSIX has them with -a, -o and parentheses. */
function testProgram(name: 'test' | '['): Program {
  return async (context) => {
    try {
      const words = name === '[' ? withoutBracket(context.args) : context.args;
      return (await new Expression(context, words).holds()) ? 0 : 1;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await send(context.stderr, `${name}: ${error.message}\n`, context.signal);
      return WRONG;
    }
  };
}

export const test = testProgram('test');
export const bracket = testProgram('[');

function withoutBracket(args: readonly string[]): readonly string[] {
  if (args.at(-1) !== ']') throw new UsageError("missing ']'");
  return args.slice(0, -1);
}

type Unary = (context: ProgramContext, word: string) => Promise<boolean> | boolean;

const bits =
  (mask: number): Unary =>
  async (context, word) => {
    const stats = await statsOf(context, word, true);
    return stats !== undefined && (stats.mode & mask) !== 0;
  };

const isType =
  (type: Stats['type'], follow = true): Unary =>
  async (context, word) =>
    (await statsOf(context, word, follow))?.type === type;

const never: Unary = () => false;

const UNARY: Readonly<Record<string, Unary>> = {
  '-n': (_, word) => word !== '',
  '-z': (_, word) => word === '',
  '-e': async (context, word) => (await statsOf(context, word, true)) !== undefined,
  '-a': async (context, word) => (await statsOf(context, word, true)) !== undefined,
  '-f': isType('file'),
  '-d': isType('directory'),
  '-h': isType('symlink', false),
  '-L': isType('symlink', false),
  '-s': async (context, word) => ((await statsOf(context, word, true))?.size ?? 0) > 0,
  '-r': permits(4),
  '-w': permits(2),
  '-x': permits(1),
  '-u': bits(0o4000),
  '-g': bits(0o2000),
  '-k': bits(0o1000),
  '-O': async (context, word) => (await statsOf(context, word, true))?.uid === context.account.uid,
  '-G': async (context, word) => (await statsOf(context, word, true))?.gid === context.account.gid,
  '-t': (context) => context.terminal !== undefined,
  // There are no devices, pipes and sockets.
  '-b': never,
  '-c': never,
  '-p': never,
  '-S': never,
};

/** Whether the account may read, write, or run or search. */
function permits(bit: number): Unary {
  return async (context, word) => {
    const stats = await statsOf(context, word, true);
    if (stats === undefined) return false;
    const { uid, gid, superuser } = context.account;
    if (superuser) return bit !== 1 || stats.type === 'directory' || (stats.mode & 0o111) !== 0;
    const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
    return ((stats.mode >> shift) & bit) !== 0;
  };
}

async function statsOf(
  { mount, cwd, signal }: ProgramContext,
  word: string,
  follow: boolean,
): Promise<Stats | undefined> {
  try {
    return await mount.lstat(pathFrom(cwd, word), { signal, follow });
  } catch (error) {
    if (isVfsError(error)) return undefined;
    throw error;
  }
}

type Binary = (left: string, right: string, context: ProgramContext) => Promise<boolean> | boolean;

const numeric =
  (compare: (left: number, right: number) => boolean): Binary =>
  (left, right) =>
    compare(integer(left), integer(right));

function integer(word: string): number {
  if (!/^\s*[-+]?\d+\s*$/.test(word)) throw new UsageError(`invalid integer ${quoted(word)}`);
  return Number(word);
}

const BINARY: Readonly<Record<string, Binary>> = {
  '=': (left, right) => left === right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '-eq': numeric((left, right) => left === right),
  '-ne': numeric((left, right) => left !== right),
  '-lt': numeric((left, right) => left < right),
  '-le': numeric((left, right) => left <= right),
  '-gt': numeric((left, right) => left > right),
  '-ge': numeric((left, right) => left >= right),
  '-nt': async (left, right, context) => (await changed(context, left)) > (await changed(context, right)),
  '-ot': async (left, right, context) => (await changed(context, left)) < (await changed(context, right)),
  '-ef': async (left, right, context) => {
    const inode = (await statsOf(context, left, true))?.inode;
    return inode !== undefined && inode === (await statsOf(context, right, true))?.inode;
  },
};

async function changed(context: ProgramContext, word: string): Promise<number> {
  const stats = await statsOf(context, word, true);
  return stats === undefined ? -Infinity : timestampToMilliseconds(stats.mtime);
}

class Expression {
  readonly #context: ProgramContext;
  readonly #words: readonly string[];
  #at = 0;
  #nesting = 0;

  constructor(context: ProgramContext, words: readonly string[]) {
    this.#context = context;
    this.#words = words;
  }

  async holds(): Promise<boolean> {
    if (this.#words.length === 0) return false;
    const result = await this.#either();
    if (this.#at < this.#words.length)
      throw new UsageError(`extra argument ${quoted(this.#words[this.#at] ?? '')}`);
    return result;
  }

  async #either(): Promise<boolean> {
    let result = await this.#both();
    while (this.#skip('-o')) result = (await this.#both()) || result;
    return result;
  }

  async #both(): Promise<boolean> {
    let result = await this.#one();
    while (this.#skip('-a')) result = (await this.#one()) && result;
    return result;
  }

  async #one(): Promise<boolean> {
    const word = this.#next();
    const [second, third] = [this.#words[this.#at], this.#words[this.#at + 1]];
    const binary = second !== undefined && Object.hasOwn(BINARY, second) ? BINARY[second] : undefined;
    if (binary !== undefined && third !== undefined) {
      this.#at += 2;
      return binary(word, third, this.#context);
    }
    // A word that stands alone is a text, whatever it looks like.
    if (second === undefined) return word !== '';
    if (word === '!') return this.#nested(async () => !(await this.#one()));
    if (word === '(') {
      return this.#nested(async () => {
        const result = await this.#either();
        if (!this.#skip(')')) throw new UsageError("')' expected");
        return result;
      });
    }
    const unary = Object.hasOwn(UNARY, word) ? UNARY[word] : undefined;
    if (unary === undefined || second === '-a' || second === '-o' || second === ')') return word !== '';
    this.#at += 1;
    return unary(this.#context, second);
  }

  async #nested(read: () => Promise<boolean>): Promise<boolean> {
    if (++this.#nesting > NESTING_MAX) throw new UsageError('the expression is nested too deeply');
    const result = await read();
    this.#nesting -= 1;
    return result;
  }

  #next(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new UsageError('argument expected');
    return word;
  }

  #skip(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }
}
