/** A key by name (`up`, `ctrl-x`, `alt-u`), or the characters that were typed. */
export type Key = { readonly name: string } | { readonly text: string };

const NAMED_SEQUENCES: Readonly<Record<string, string>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  '[H': 'home',
  '[F': 'end',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[7~': 'home',
  '[4~': 'end',
  '[8~': 'end',
  '[3~': 'delete',
  '[5~': 'page-up',
  '[6~': 'page-down',
};

const CONTROL: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  10: 'enter',
  13: 'enter',
  127: 'backspace',
};
const ESCAPE = '\u001b';
const SEQUENCE = /^(?:\[[0-9;?]*[~A-Za-z]|O[A-Za-z])/;

/** Cuts what a terminal sends into keys. */
export function keysOf(text: string): Key[] {
  const keys: Key[] = [];
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const sequence = rest.startsWith(ESCAPE) ? SEQUENCE.exec(rest.slice(1))?.[0] : undefined;
    const code = text.charCodeAt(at);
    if (sequence !== undefined) {
      const name = NAMED_SEQUENCES[sequence];
      if (name !== undefined) keys.push({ name });
      at += 1 + sequence.length;
    } else if (code === 27) {
      const next = text.charAt(at + 1);
      keys.push({ name: next === '' || next < ' ' ? 'escape' : `alt-${next}` });
      at += next === '' || next < ' ' ? 1 : 2;
    } else if (isControl(code)) {
      keys.push({ name: CONTROL[code] ?? `ctrl-${String.fromCharCode(code + 64).toLowerCase()}` });
      at += 1;
    } else {
      let end = at + 1;
      while (end < text.length && !isControl(text.charCodeAt(end))) end += 1;
      const typed = text.slice(at, end);
      keys.push({ text: typed });
      at += typed.length;
    }
  }
  return keys;
}

function isControl(code: number): boolean {
  return code < 32 || code === 127;
}
