const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

const ESCAPE = /\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|(0?[0-7]{1,3})|([\s\S]))/g;

/** Text with the escapes of `echo -e` and `printf %b` replaced; `\c` ends everything. */
export function unescape(text: string): { readonly text: string; readonly stopped: boolean } {
  const end = endMark(text);
  const replaced = text
    .slice(0, end)
    .replace(
      ESCAPE,
      (whole, hex?: string, short?: string, long?: string, octal?: string, letter?: string) => {
        if (hex !== undefined) return byteText(parseInt(hex, 16));
        if (octal !== undefined) return byteText(parseInt(octal, 8) & 0xff);
        const code = short ?? long;
        if (code !== undefined) return characterOf(parseInt(code, 16)) ?? whole;
        return (letter !== undefined && Object.hasOwn(SIMPLE, letter) ? SIMPLE[letter] : undefined) ?? whole;
      },
    );
  return { text: replaced, stopped: end !== undefined };
}

/** Where a `\c` stands that is not itself escaped. */
function endMark(text: string): number | undefined {
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 2)) {
    if (text[at + 1] === 'c') return at;
  }
  return undefined;
}

/** A byte in text: what is no ASCII by itself is a lone surrogate (vfs/names.ts). */
function byteText(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
}

function characterOf(code: number): string | undefined {
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : String.fromCodePoint(code);
}
