import type { Word } from './words.ts';

/** One place of a pattern: any run, any one character, one of a set, or this very character. */
type Token =
  | { readonly kind: 'run' }
  | { readonly kind: 'one' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly holds: (character: string) => boolean }
  | { readonly kind: 'character'; readonly character: string };

/** A part of a path between slashes. */
export type Component =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pattern'; readonly matches: (name: string) => boolean };

interface Character {
  readonly character: string;
  readonly quoted: boolean;
}

const MAGIC = /[*?[]/;

/** Whether anything in the word, outside of quotes, could make it stand for other names. */
export function isPattern(word: Word): boolean {
  return word.some(({ text, quoted }) => !quoted && MAGIC.test(text));
}

/** The word between its slashes, each part a text or a pattern of names. */
export function componentsOf(word: Word): Component[] {
  const components: Component[] = [];
  let part: Character[] = [];
  for (const { text, quoted } of word) {
    for (const character of text) {
      if (character !== '/') part.push({ character, quoted });
      else {
        components.push(component(part));
        part = [];
      }
    }
  }
  components.push(component(part));
  return components;
}

/** A pattern of a whole text, as `find -name` has it: a leading dot is nothing special, and a backslash quotes. */
export function namePattern(
  pattern: string,
  { hasSlashes }: { readonly hasSlashes: boolean },
): (text: string) => boolean {
  const part: Character[] = [];
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at++) {
    const quoted = characters[at] === '\\' && at + 1 < characters.length;
    part.push({ character: characters[quoted ? ++at : at] as string, quoted });
  }
  const tokens = tokensOf(part);
  // Nothing that is matched holds a slash, unless it is a path.
  return (text) => (hasSlashes || !text.includes('/') || text === '/') && matchesAll(tokens, text);
}

function component(part: readonly Character[]): Component {
  const tokens = tokensOf(part);
  if (tokens.every(({ kind }) => kind === 'character'))
    return { kind: 'text', text: part.map(({ character }) => character).join('') };
  return { kind: 'pattern', matches: (name) => matches(tokens, name) };
}

function tokensOf(part: readonly Character[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < part.length;) {
    const { token, next } = tokenAt(part, at);
    // Two runs in a row match no more than one.
    if (token.kind !== 'run' || tokens.at(-1)?.kind !== 'run') tokens.push(token);
    at = next;
  }
  return tokens;
}

function tokenAt(part: readonly Character[], at: number): { readonly token: Token; readonly next: number } {
  const { character, quoted } = part[at] as Character;
  if (!quoted && character === '*') return { token: { kind: 'run' }, next: at + 1 };
  if (!quoted && character === '?') return { token: { kind: 'one' }, next: at + 1 };
  const set = !quoted && character === '[' ? setAt(part, at + 1) : undefined;
  return set ?? { token: { kind: 'character', character }, next: at + 1 };
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /^[\p{L}\p{N}]$/u,
  alpha: /^\p{L}$/u,
  blank: /^[ \t]$/,
  cntrl: /^\p{Cc}$/u,
  digit: /^[0-9]$/,
  graph: /^[^\s\p{Cc}\p{Cs}]$/u,
  lower: /^\p{Ll}$/u,
  print: /^[^\p{Cc}\p{Cs}]$/u,
  punct: /^[\p{P}\p{S}]$/u,
  space: /^\s$/,
  upper: /^\p{Lu}$/u,
  xdigit: /^[0-9A-Fa-f]$/,
};

/** The set whose first character is at `start`; undefined where no `]` closes it, and `[` means itself. */
function setAt(
  part: readonly Character[],
  start: number,
): { readonly token: Token; readonly next: number } | undefined {
  const first = part[start];
  const negated = first?.quoted === false && (first.character === '!' || first.character === '^');
  const begin = negated ? start + 1 : start;
  const tests: ((character: string) => boolean)[] = [];
  for (let at = begin; at < part.length;) {
    const { character, quoted } = part[at] as Character;
    if (!quoted && character === ']' && at > begin) {
      const holds = (one: string): boolean => tests.some((test) => test(one));
      return { token: { kind: 'set', negated, holds }, next: at + 1 };
    }
    const named = classAt(part, at);
    if (named !== undefined) {
      tests.push((one) => named.test.test(one));
      at = named.next;
      continue;
    }
    const last = part[at + 2];
    const isRange = part[at + 1]?.quoted === false && part[at + 1]?.character === '-';
    if (isRange && last !== undefined && (last.quoted || last.character !== ']')) {
      const [low, high] = [codeOf(character), codeOf(last.character)];
      tests.push((one) => codeOf(one) >= low && codeOf(one) <= high);
      at += 3;
      continue;
    }
    tests.push((one) => one === character);
    at += 1;
  }
  return undefined;
}

/** `[:alpha:]` within a set. */
function classAt(
  part: readonly Character[],
  at: number,
): { readonly test: RegExp; readonly next: number } | undefined {
  if (part[at]?.character !== '[' || part[at + 1]?.character !== ':') return undefined;
  const rest = part.slice(at + 2, at + 12).map(({ character }) => character);
  const length = rest.indexOf(':');
  const test = CLASSES[rest.slice(0, length).join('')];
  if (length < 0 || rest[length + 1] !== ']' || test === undefined) return undefined;
  return { test, next: at + 2 + length + 2 };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** A name that begins with a dot is only matched by a dot. */
function matches(tokens: readonly Token[], name: string): boolean {
  return (!name.startsWith('.') || isDot(tokens[0])) && matchesAll(tokens, name);
}

/** Time: at most name times pattern. */
function matchesAll(tokens: readonly Token[], name: string): boolean {
  const characters = Array.from(name);
  let token = 0;
  let at = 0;
  /** Where to go on with the last run taking one character more. */
  let retry: { token: number; at: number } | undefined;
  while (at < characters.length) {
    const here = tokens[token];
    if (here?.kind === 'run') {
      retry = { token: ++token, at };
    } else if (here !== undefined && matchesOne(here, characters[at] as string)) {
      token++;
      at++;
    } else if (retry !== undefined) {
      retry.at++;
      ({ token, at } = retry);
    } else return false;
  }
  return tokens.slice(token).every(({ kind }) => kind === 'run');
}

function isDot(token: Token | undefined): boolean {
  return token?.kind === 'character' && token.character === '.';
}

function matchesOne(token: Token, character: string): boolean {
  if (token.kind === 'character') return token.character === character;
  return token.kind === 'one' || (token.kind === 'set' && token.holds(character) !== token.negated);
}
