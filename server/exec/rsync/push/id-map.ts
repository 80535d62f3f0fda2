import { EXIT, RsyncError } from '../exit.ts';
import { compileWildcards, hasWildcards } from '../filters/wildcards.ts';

/** One `FROM:TO` of `--usermap` or `--groupmap`. */
interface Rule {
  /** `name`: one character a byte; empty where the sender has none for the number. */
  readonly matches: (id: number, name: string) => boolean;
  readonly to: number;
}

/** Turns a sender's number, and its name, into another number; absent where no rule says anything of it. */
export type IdMap = (id: number, name: string) => number | undefined;

/** How the option is spelt. */
export type MapOption = 'usermap' | 'groupmap';

/**
 * Reads the value of `--usermap` or `--groupmap`: rules in their order, of which the first that fits counts (parse_name_map,
 * uidlist.c). `idOf` knows the names of this side; a rule with another one is left out, and told to `onUnknown`. Throws `RsyncError`.
 */
export function parseIdMap(
  option: MapOption,
  text: string,
  idOf: (name: string) => number | undefined,
  onUnknown: (line: string) => void,
): IdMap {
  const rules: Rule[] = [];
  for (const part of text.split(',')) {
    const colon = part.indexOf(':');
    if (colon < 0) throw new RsyncError(EXIT.syntax, `No colon found in --${option}: ${part}`);
    const matches = matcherOf(option, part.slice(0, colon));
    const name = part.slice(colon + 1);
    const to = /^\d+$/.test(name) ? Number(name) : idOf(name);
    if (to === undefined) onUnknown(`Unknown --${option} name on receiver: ${name}`);
    else rules.push({ matches, to });
  }
  return (id, name) => rules.find(({ matches }) => matches(id, name))?.to;
}

function matcherOf(option: MapOption, from: string): Rule['matches'] {
  if (/^\d/.test(from)) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(from) ?? [];
    if (first === undefined) throw new RsyncError(EXIT.syntax, `Invalid number in --${option}: ${from}`);
    return (id) => id >= Number(first) && id <= Number(last);
  }
  if (!hasWildcards(from)) return (_id, name) => name === from;
  const fits = compileWildcards(from);
  return (_id, name) => fits(name);
}
