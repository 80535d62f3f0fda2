import { CommandLineError, textOf, type Piece, type Word } from './words.ts';

/** UTF-16 units of a line at most. */
export const LINE_MAX = 1024 * 1024;
/** Words in a line at most. */
export const WORDS_MAX = 65_536;

/** When a command runs: after whatever was before, or as that ended. */
export type Condition = 'always' | 'after success' | 'after failure';

export interface SimpleCommand {
  readonly when: Condition;
  /** At least one. */
  readonly words: readonly Word[];
}

/** A line that our own rules cover, or one that needs a real shell, with the syntax that does. */
export type ParsedLine =
  | { readonly kind: 'commands'; readonly commands: readonly SimpleCommand[] }
  | { readonly kind: 'script'; readonly syntax: string };

/** Where a shell expects a command, these begin something else. */
const RESERVED: ReadonlySet<string> = new Set(
  'if then else elif fi for while until do done case esac select function time coproc { } ! [['.split(' '),
);
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;
const BRACES = /\{[^{}]*(?:,|\.\.)[^{}]*\}/;
const ESCAPED_IN_QUOTES: ReadonlySet<string> = new Set(['"', '\\', '$', '`', '\n']);

/** Ends the reading of a line at the first thing that only a shell can do. */
class ShellSyntax extends Error {
  readonly syntax: string;
  constructor(syntax: string) {
    super(syntax);
    this.syntax = syntax;
  }
}

/**
 * Splits a command line by the rules of POSIX's shell (XCU 2.2, 2.3), as far as quotes, backslashes, `;`, `&&`, `||` and
 * line ends go. Throws `CommandLineError` for what no shell could read either.
 */
export function parseCommandLine(line: string): ParsedLine {
  if (line.length > LINE_MAX)
    throw new CommandLineError(`the command line is longer than ${LINE_MAX} characters`);
  if (line.includes('\0')) throw new CommandLineError('the command line holds a NUL byte');
  try {
    return { kind: 'commands', commands: new LineReader(line).commands() };
  } catch (error) {
    if (error instanceof ShellSyntax) return { kind: 'script', syntax: error.syntax };
    throw error;
  }
}

/** Reads one line from its first character to its last. */
class LineReader {
  readonly #line: string;
  readonly #commands: SimpleCommand[] = [];
  #at = 0;
  #when: Condition = 'always';
  #words: Word[] = [];
  #wordCount = 0;
  /** Present inside a word; it may be empty, as `''` is. */
  #word: Piece[] | undefined;

  constructor(line: string) {
    this.#line = line;
  }

  commands(): SimpleCommand[] {
    while (this.#at < this.#line.length) {
      const character = this.#line[this.#at++] as string;
      const rule = Object.hasOwn(RULES, character) ? RULES[character] : undefined;
      if (rule === undefined) this.#plain();
      else rule(this, character);
    }
    this.endCommand('always', 'newline');
    if (this.#when !== 'always') throw new CommandLineError('syntax error: unexpected end of the line');
    return this.#commands;
  }

  /** All characters up to the next one that has a meaning. */
  #plain(): void {
    const start = this.#at - 1;
    while (this.#at < this.#line.length && !Object.hasOwn(RULES, this.#line[this.#at] as string)) this.#at++;
    this.add(this.#line.slice(start, this.#at), false);
  }

  add(text: string, quoted: boolean): void {
    (this.#word ??= []).push({ text, quoted });
  }

  get inWord(): boolean {
    return this.#word !== undefined;
  }

  /** True, and one character further, where the next one is this. */
  skip(character: string): boolean {
    if (this.#line[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  singleQuoted(): void {
    const end = this.#line.indexOf("'", this.#at);
    if (end < 0) throw new CommandLineError("a quote (') is not closed");
    this.add(this.#line.slice(this.#at, end), true);
    this.#at = end + 1;
  }

  doubleQuoted(): void {
    let text = '';
    for (;;) {
      const character = this.#line[this.#at++];
      if (character === undefined) throw new CommandLineError('a quote (") is not closed');
      if (character === '"') return this.add(text, true);
      if (character === '$' || character === '`') throw new ShellSyntax(character);
      const next = this.#line[this.#at];
      if (character === '\\' && next !== undefined && ESCAPED_IN_QUOTES.has(next)) {
        this.#at++;
        if (next !== '\n') text += next;
      } else text += character;
    }
  }

  escaped(): void {
    const character = this.#line[this.#at++];
    if (character === undefined) this.add('\\', true);
    else if (character !== '\n') this.add(character, true);
  }

  endWord(): void {
    const word = this.#word;
    if (word === undefined) return;
    this.#word = undefined;
    if (++this.#wordCount > WORDS_MAX)
      throw new CommandLineError(`the command line has more than ${WORDS_MAX} words`);
    const bare = word.every(({ quoted }) => !quoted) ? textOf(word) : undefined;
    const isFirst = this.#words.length === 0;
    if (isFirst && bare !== undefined && RESERVED.has(bare)) throw new ShellSyntax(bare);
    if (isFirst && word[0]?.quoted === false && ASSIGNMENT.test(word[0].text)) throw new ShellSyntax('=');
    if (word.some(({ text, quoted }) => !quoted && BRACES.test(text))) throw new ShellSyntax('{');
    this.#words.push(word);
  }

  /** `next`: when the command that follows shall run; `mark`: how this end was written. */
  endCommand(next: Condition, mark: string): void {
    this.endWord();
    if (this.#words.length === 0) {
      // An empty line is nothing, also after `&&`; an empty command is a mistake.
      if (mark === 'newline') return;
      throw new CommandLineError(`syntax error: unexpected ${mark}`);
    }
    this.#commands.push({ when: this.#when, words: this.#words });
    this.#words = [];
    this.#when = next;
  }
}

type Rule = (reader: LineReader, character: string) => void;

const onlyInShell: Rule = (_, character) => {
  throw new ShellSyntax(character);
};

const RULES: Readonly<Record<string, Rule>> = {
  ' ': (reader) => reader.endWord(),
  '\t': (reader) => reader.endWord(),
  '\n': (reader) => reader.endCommand('always', 'newline'),
  "'": (reader) => reader.singleQuoted(),
  '"': (reader) => reader.doubleQuoted(),
  '\\': (reader) => reader.escaped(),
  ';': (reader, character) => {
    if (reader.skip(';')) throw new ShellSyntax(';;');
    reader.endCommand('always', character);
  },
  '&': (reader, character) => {
    if (!reader.skip('&')) throw new ShellSyntax(character);
    reader.endCommand('after success', '&&');
  },
  '|': (reader, character) => {
    if (!reader.skip('|')) throw new ShellSyntax(character);
    reader.endCommand('after failure', '||');
  },
  '#': (reader, character) => {
    if (!reader.inWord) throw new ShellSyntax(character);
    reader.add(character, false);
  },
  $: onlyInShell,
  '`': onlyInShell,
  '<': onlyInShell,
  '>': onlyInShell,
  '(': onlyInShell,
  ')': onlyInShell,
};
