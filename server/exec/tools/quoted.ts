import { escapeUnsafe } from '../../escape.ts';

/** A name of unknown origin in a message: in quotes, and safe for terminals. */
export function quoted(name: string): string {
  return `'${escapeUnsafe(name)}'`;
}

const PLAIN = /^[^\s'"\\:$&*?;<>()[\]{}|`~!#]+$/;

/** The same, in quotes only where it could be misread. */
export function shown(name: string): string {
  const safe = escapeUnsafe(name);
  return safe === name && PLAIN.test(name) ? name : quoted(name);
}

const NAMED: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\x07': '\\a',
  '\b': '\\b',
  '\v': '\\v',
  '\f': '\\f',
};
const SAFE_IN_SHELL =
  /^[^\s'"\\$&*?;<>()[\]{}|`~!#=^\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}][^\s'"\\$&*?;<>()[\]|`!\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]*$/u;
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** A name as a shell would read it back, safe for terminals: what GNU's ls shows on one. */
export function shellQuoted(name: string): string {
  if (SAFE_IN_SHELL.test(name)) return name;
  if (name.includes("'") && !/[\\"$`!\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) return `"${name}"`;
  const text = name
    .replaceAll("'", "'\\''")
    .replace(UNPRINTABLE, (run) => `'$'${Array.from(run, escapedUnit).join('')}''`);
  return `'${text}'`.replace(/^''(?=\$)/, "''");
}

function escapedUnit(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  const bytes = code >= 0xdc80 && code <= 0xdcff ? [code & 0xff] : [...new TextEncoder().encode(character)];
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
