const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * What forges lines, drives terminals, hides, or turns the direction of writing, and halves of characters, which stand
 * for bytes that are no UTF-8 (vfs/names.ts): Unicode's Cc, Cf, Zl, Zp and Cs.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text of unknown origin, safe and in one line in a log: `\n`, `\x1b`, `\u202e`. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  const isByte = code <= 0xff || (code >= 0xdc80 && code <= 0xdcff);
  if (isByte) return `\\x${(code & 0xff).toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}
