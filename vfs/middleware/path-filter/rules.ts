import { checked, isObject, kind, listOf } from '../../checks.ts';
import { nameOf, namesOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import { pathRows, type GlobPart } from '../shared/globs.ts';

/** One rule of a path filter. A glob that begins with `/` is for the whole path, any other for a path below any directory. */
export type PathRule = { readonly allow: string } | { readonly deny: string };

type Effect = 'allow' | 'deny';

/** A rule as an automaton over the names of a path: its alternatives, each a row of tests. */
interface CompiledRule {
  readonly effect: Effect;
  readonly rows: readonly (readonly GlobPart[])[];
}

/** The part of a row that the next name must match: the row's number times `PARTS_MAX`, and the part's. */
type Place = number;

/** More parts than a glob can have: it is at most 65,536 characters. */
const PARTS_MAX = 2 ** 17;

/** What a rule says of a path: it matches the path or a directory above it, or it may still match below. */
type RuleState = 'matched' | readonly Place[];

/** What all rules say of a path, in their order. */
export type Standing = readonly RuleState[];

/**
 * `allowed`; `way`: not allowed itself, but something below it may be, so that a directory there can be passed through;
 * or `denied`, with all below it.
 */
export type Verdict = 'allowed' | 'way' | 'denied';

/**
 * Ordered rules about paths. A rule is about what its glob matches and all below that. The first rule that is about a
 * path decides; where none is, a path is denied if there is any `allow` rule, else allowed.
 */
export interface PathRules {
  readonly rules: readonly CompiledRule[];
  readonly otherwise: Effect;
  readonly root: Standing;
  /** Standings of directories, as far as they have been asked for: most calls are in a few of them. */
  readonly known: Map<VfsPath, Standing>;
}

const KNOWN_MAX = 256;

/** Neither, or both, would be taken for one of them. */
const aRule = kind(
  'an object with either allow or deny, a glob',
  (value) =>
    isObject(value) &&
    typeof (value['allow'] ?? value['deny']) === 'string' &&
    'allow' in value !== 'deny' in value,
);

/** `EINVAL` for what is no rule, and for a glob that could never match. */
export function compilePathRules(rules: readonly PathRule[]): PathRules {
  const compiled = checked(rules, 'rules', listOf(aRule)).map((rule) => compileRule(rule));
  return {
    rules: compiled,
    otherwise: compiled.some(({ effect }) => effect === 'allow') ? 'deny' : 'allow',
    root: compiled.map(({ rows }) => begin(rows)),
    known: new Map(),
  };
}

function compileRule(rule: PathRule): CompiledRule {
  return 'allow' in rule
    ? { effect: 'allow', rows: pathRows(rule.allow) }
    : { effect: 'deny', rows: pathRows(rule.deny) };
}

export function standingOf(rules: PathRules, path: VfsPath): Standing {
  if (path === ROOT) return rules.root;
  return standingBelow(rules, standingOfDirectory(rules, parentOf(path)), nameOf(path));
}

function standingOfDirectory(rules: PathRules, path: VfsPath): Standing {
  const { known, root } = rules;
  const already = known.get(path);
  if (already !== undefined) return already;
  const standing = namesOf(path).reduce((above, name) => standingBelow(rules, above, name), root);
  if (known.size === KNOWN_MAX) known.clear();
  known.set(path, standing);
  return standing;
}

/** The standing of a name in a directory. */
export function standingBelow({ rules }: PathRules, directory: Standing, name: string): Standing {
  return rules.map(({ rows }, index) => step(rows, directory[index] as RuleState, name));
}

export function verdictOf({ rules, otherwise }: PathRules, standing: Standing): Verdict {
  let isWay = false;
  for (let index = 0; index < rules.length; index++) {
    const { effect } = rules[index] as CompiledRule;
    const state = standing[index] as RuleState;
    if (state === 'matched') return decided(effect, isWay);
    isWay ||= effect === 'allow' && state.length > 0;
  }
  return decided(otherwise, isWay);
}

function decided(effect: Effect, isWay: boolean): Verdict {
  if (effect === 'allow') return 'allowed';
  return isWay ? 'way' : 'denied';
}

/** What the rules say of everything below: the same text for two paths where they say the same of all below both. */
export function futureOf({ rules, otherwise }: PathRules, standing: Standing): string {
  const decision = standing.indexOf('matched');
  const last = rules[decision]?.effect ?? otherwise;
  const undecided = decision === -1 ? standing : standing.slice(0, decision);
  const open = [...undecided.entries()].filter(([, state]) => state.length > 0);
  // A rule that may still match, only to say what is said after it, says nothing.
  while (open.length > 0 && rules[open.at(-1)?.[0] ?? 0]?.effect === last) open.pop();
  return [...open.map(([index, places]) => `${index}:${String(places)}`), last].join(' ');
}

/** True when no path at all is denied. */
export function allowsEverything(rules: PathRules): boolean {
  return futureOf(rules, rules.root) === 'allow';
}

/** The state for the root. */
function begin(rows: CompiledRule['rows']): RuleState {
  if (rows.some((row) => row.length === 0)) return 'matched';
  return sorted(rows.flatMap((_, row) => placesFrom(rows, row, 0)));
}

/** The state for a name in a directory. */
function step(rows: CompiledRule['rows'], state: RuleState, name: string): RuleState {
  if (state === 'matched' || state.length === 0) return state;
  const next: Place[] = [];
  for (const place of state) {
    const rowIndex = Math.floor(place / PARTS_MAX);
    const partIndex = place % PARTS_MAX;
    const row = rows[rowIndex] as readonly GlobPart[];
    const part = row[partIndex] as GlobPart;
    if (part !== '**' && !part(name)) continue;
    // A `**` at the end needs one name; what matches, matches with all that is below.
    if (partIndex === row.length - 1) return 'matched';
    next.push(...placesFrom(rows, rowIndex, part === '**' ? partIndex : partIndex + 1));
  }
  return sorted(next);
}

/** A part of a row, and the one after it where the part is a `**`, which may stand for no name. */
function placesFrom(rows: CompiledRule['rows'], row: number, part: number): Place[] {
  const parts = rows[row] as readonly GlobPart[];
  const place = row * PARTS_MAX + part;
  return parts[part] === '**' && part < parts.length - 1 ? [place, place + 1] : [place];
}

/** Each place once, in order, so that equal states look the same. */
function sorted(places: readonly Place[]): Place[] {
  return places.length < 2 ? [...places] : [...new Set(places)].sort((a, b) => a - b);
}
