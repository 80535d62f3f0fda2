const UNSAFE = /[\\\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
const ESCAPE = /\\([\\nr])/g;
const UNESCAPES: Readonly<Record<string, string>> = { '\\': '\\', n: '\n', r: '\r' };

/** A name as coreutils has it in a line of sums; with it goes a `\` at the beginning of that line. */
export function escapeName(name: string): { readonly mark: string; readonly name: string } {
  const escaped = name.replace(UNSAFE, (character) => ESCAPES[character] ?? character);
  return { mark: escaped === name ? '' : '\\', name: escaped };
}

/** Undefined where an escape is none. */
export function unescapeName(name: string): string | undefined {
  const isWrong = /\\(?![\\nr])/.test(name.replace(ESCAPE, ''));
  return isWrong ? undefined : name.replace(ESCAPE, (_, letter: string) => UNESCAPES[letter] ?? letter);
}
