import { protocolError } from './exit.ts';
import type { Input } from './wire/input.ts';

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
