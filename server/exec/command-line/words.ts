/** A part of a word: what was quoted stands for itself, also where it looks like a glob. */
export interface Piece {
  readonly text: string;
  readonly quoted: boolean;
}

/** One word of a command line, as it was written. */
export type Word = readonly Piece[];

/** The text of a word, with nothing expanded. */
export function textOf(word: Word): string {
  return word.map(({ text }) => text).join('');
}

/** What a whole line is refused for; the message is for the client. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}
