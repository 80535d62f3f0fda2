import { displayWidth } from '../../../tools/display-width.ts';

/** How wide text is on a terminal, and how it looks there. */

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
/** They make one character of several. */
const JOINERS = /\u200d|\ufe0f/;
const TAB = 8;

/** One character as it is shown at a column. */
export function shown(character: string, column: number): string {
  if (character === '\t') return ' '.repeat(TAB - (column % TAB));
  const code = character.codePointAt(0) ?? 0;
  if (code < 32) return `^${String.fromCharCode(code + 64)}`;
  if (code === 127) return '^?';
  if (code >= 0xdc80 && code <= 0xdcff) return `<${(code - 0xdc00).toString(16).toUpperCase()}>`;
  return UNSAFE.test(character) && !JOINERS.test(character)
    ? `<U+${code.toString(16).toUpperCase()}>`
    : character;
}

/** Columns of one character at a column. */
export function widthAt(character: string, column: number): number {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 32 && code < 127) return 1;
  const text = shown(character, column);
  if (text !== character) return text.length;
  return displayWidth(character);
}

/** Columns of text that begins at a column. */
export function widthOf(text: string, column = 0): number {
  let at = column;
  for (const character of text) at += widthAt(character, at);
  return at - column;
}

/** What is shown of a line between two columns. */
export function cut(line: string, from: number, columns: number): string {
  let column = 0;
  let text = '';
  for (const character of line) {
    const width = widthAt(character, column);
    if (column + width > from + columns) break;
    if (column >= from) text += shown(character, column);
    else if (column + width > from) text += ' '.repeat(column + width - from);
    column += width;
  }
  return text;
}
