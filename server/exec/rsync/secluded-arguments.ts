import { expandWords } from '../command-line/expand.ts';
import type { Piece, Word } from '../command-line/words.ts';
import type { ProgramContext } from '../program.ts';
import { protocolError } from './exit.ts';
import type { Input } from './wire/input.ts';
import { fromVfsText, toVfsText } from './wire/text.ts';

/** Bytes of one word, and of all. */
const WORD_MAX = 64 * 1024;
const WORDS_BYTES_MAX = 16 * 1024 * 1024;

/** `-s`: the rest of the command line comes before anything else, words that end with NUL, then an empty one (read_args, io.c). */
export async function readSecludedArguments(input: Input): Promise<string[]> {
  const words: string[] = [];
  let bytes = 0;
  for (;;) {
    const word = await input.parse(readWord);
    // The first word is the program's name.
    if (word === '' && words.length > 0) return words.slice(1);
    bytes += word.length;
    if (bytes > WORDS_BYTES_MAX) throw protocolError('the command line is too long');
    words.push(word);
  }
}

function readWord(input: Input): string {
  let word = '';
  for (let byte = input.byte(); byte !== 0; byte = input.byte()) {
    if (word.length >= WORD_MAX) throw protocolError('a word of the command line is too long');
    word += String.fromCharCode(byte);
  }
  return word;
}

/** Globs in paths that no command line has expanded; a backslash makes the next character literal (glob_expand, util1.c). */
export async function expandSecluded(context: ProgramContext, paths: readonly string[]): Promise<string[]> {
  const { mount, cwd, account, signal } = context;
  const surroundings = { mount, cwd, home: '/', user: account.name, ctx: { signal } };
  const expanded = await expandWords(paths.map(wordOf), surroundings);
  return expanded.map(fromVfsText);
}

function wordOf(path: string): Word {
  if (!/[*?[]/.test(path)) return [{ text: toVfsText(path), quoted: true }];
  return [...path.matchAll(/\\(.)|[^\\]+|\\$/gs)].map(([whole, escaped]): Piece => {
    return { text: toVfsText(escaped ?? whole), quoted: escaped !== undefined };
  });
}
