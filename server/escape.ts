/*
 * Text of clients in logs and on terminals. A name may hold anything: line breaks that forge lines, escape sequences
 * that drive terminals, marks that turn the direction of what follows, bytes that are no text.
 */

/** Controls (C0, DEL, C1), line and paragraph separators, what has no width or turns the direction, lone surrogates. */
const UNSAFE =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line, safe to show: what is not becomes `\n`, `\xNN` (also a byte that is not UTF-8) or `\u{NNNN}`. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? escapeOne(character.charCodeAt(0)));
}

function escapeOne(code: number): string {
  const isByte = code >= 0xdc80 && code <= 0xdcff;
  if (isByte || code <= 0xff) return `\\x${(code & 0xff).toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}
