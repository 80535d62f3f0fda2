/** One step of a pattern: a character, a class of them, or a run. */
type Step =
  | { readonly kind: 'one'; readonly takes: (code: number) => boolean }
  /** `*`: any run without a slash. `**`: any run. */
  | { readonly kind: 'run'; readonly slashes: boolean };

const SLASH = 47;

/** Tells whether all of a text matches; one character a byte (wildmatch.c). Takes time in proportion to both lengths at most. */
export type Wildcards = (text: string) => boolean;

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  // oxlint-disable-next-line no-control-regex -- what the class is
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t-\r ]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

export function hasWildcards(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

export function compileWildcards(pattern: string): Wildcards {
  const steps = parse(pattern);
  return (text) => matches(steps, text);
}

function parse(pattern: string): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length;) {
    const character = pattern.charAt(at++);
    if (character === '*') {
      const start = at - 1;
      while (pattern.charAt(at) === '*') at++;
      steps.push({ kind: 'run', slashes: at - start > 1 });
    } else if (character === '?') steps.push({ kind: 'one', takes: (code) => code !== SLASH });
    else if (character === '[') {
      const found = parseClass(pattern, at);
      steps.push({ kind: 'one', takes: found.takes });
      at = found.end;
    } else {
      const literal =
        character === '\\' && at < pattern.length ? pattern.charCodeAt(at++) : character.charCodeAt(0);
      steps.push({ kind: 'one', takes: (code) => code === literal });
    }
  }
  return steps;
}

/** A class from behind its `[`. One without an end matches nothing, as in rsync. */
function parseClass(pattern: string, start: number): { takes: (code: number) => boolean; end: number } {
  const set = new Uint8Array(256);
  let at = start;
  const negated = pattern.charAt(at) === '!' || pattern.charAt(at) === '^';
  if (negated) at++;
  for (let first = true; first || pattern.charAt(at) !== ']'; first = false) {
    if (at >= pattern.length) return { takes: () => false, end: at };
    const named = /^\[:(\w+):\]/.exec(pattern.slice(at, at + 16));
    if (named !== null) {
      const members = CLASSES[named[1] ?? ''];
      for (let code = 0; code < 256; code++) if (members?.test(String.fromCharCode(code))) set[code] = 1;
      at += named[0].length;
      continue;
    }
    const low = escapedAt(pattern, at);
    at = low.end;
    let high = low.code;
    if (pattern.charAt(at) === '-' && at + 1 < pattern.length && pattern.charAt(at + 1) !== ']') {
      const to = escapedAt(pattern, at + 1);
      high = to.code;
      at = to.end;
    }
    set.fill(1, low.code, high + 1);
  }
  return { takes: (code) => code !== SLASH && (set[code] === 1) !== negated, end: at + 1 };
}

function escapedAt(pattern: string, at: number): { code: number; end: number } {
  const escaped = pattern.charAt(at) === '\\' && at + 1 < pattern.length;
  const index = escaped ? at + 1 : at;
  return { code: pattern.charCodeAt(index) & 0xff, end: index + 1 };
}

/** All places of the pattern that the text so far can have led to, at once: nothing is tried twice. */
function matches(steps: readonly Step[], text: string): boolean {
  let places = new Set<number>();
  reach(steps, 0, places);
  for (let at = 0; at < text.length && places.size > 0; at++) {
    const code = text.charCodeAt(at);
    const next = new Set<number>();
    for (const place of places) {
      const step = steps[place];
      if (step === undefined) continue;
      if (step.kind === 'one') {
        if (step.takes(code)) reach(steps, place + 1, next);
      } else if (step.slashes || code !== SLASH) reach(steps, place, next);
    }
    places = next;
  }
  return places.has(steps.length);
}

/** A run may be empty. */
function reach(steps: readonly Step[], place: number, places: Set<number>): void {
  for (let at = place; ; at++) {
    places.add(at);
    if (steps[at]?.kind !== 'run') return;
  }
}
