import { compileWildcards, hasWildcards, type Wildcards } from './wildcards.ts';

/** Which side of a transfer asks. */
export type Side = 'sender' | 'receiver';

/** One `include` or `exclude` (struct filter_struct, rsync.h). */
export interface Rule {
  readonly include: boolean;
  /** Absent: both sides. */
  readonly side: Side | undefined;
  /** Does not keep a directory from being removed. */
  readonly perishable: boolean;
  /** About names of extended attributes, not of files (`x` modifier). */
  readonly xattr: boolean;
  readonly matches: (name: string, directory: boolean) => boolean;
}

export interface RuleModifiers {
  readonly side?: Side | undefined;
  readonly perishable?: boolean;
  readonly xattr?: boolean;
  readonly negate?: boolean;
  /** Matches the path from the root of the storage (`/` modifier): the transfer's root with a slash at its end. */
  readonly absoluteRoot?: string | undefined;
  /** The directory whose file has the rule, for what begins with a slash; the root is empty. */
  readonly base?: string;
}

/** Compiles a pattern as rule_matches (exclude.c) treats it. Names have no slash at their beginning. */
export function compileRule(include: boolean, pattern: string, modifiers: RuleModifiers = {}): Rule {
  const matcher = compilePattern(pattern, modifiers);
  const negate = modifiers.negate === true;
  return {
    include,
    side: modifiers.side,
    perishable: modifiers.perishable === true,
    xattr: modifiers.xattr === true,
    matches: (name, directory) => matcher(name, directory) !== negate,
  };
}

type Matcher = (name: string, directory: boolean) => boolean;

function compilePattern(raw: string, { absoluteRoot, base = '' }: RuleModifiers): Matcher {
  const directoriesOnly = raw.length > 1 && raw.endsWith('/');
  const trimmed = directoriesOnly ? raw.slice(0, -1) : raw;
  const anchored = trimmed.startsWith('/');
  const below = anchored && absoluteRoot === undefined && base !== '' ? `${base}${trimmed}` : trimmed;
  const pattern = below.startsWith('/') ? below.slice(1) : below;
  const named = absoluteRoot === undefined ? undefined : absoluteRoot.slice(1);
  const test = anchored ? anchoredMatcher(pattern) : floatingMatcher(pattern);
  return (name, directory) => {
    if (directoriesOnly && !directory) return false;
    return test(named === undefined ? name : `${named}${name}`, directory);
  };
}

/** `dir/***` is about the directory itself too, whose name gets a slash for that. */
function withSlash(pattern: string): (name: string, directory: boolean) => string {
  const whole = pattern.endsWith('***');
  return (name, directory) => (whole && directory ? `${name}/` : name);
}

function anchoredMatcher(pattern: string): Matcher {
  if (!hasWildcards(pattern)) return (name) => name === pattern;
  const wildcards = compileWildcards(pattern);
  const text = withSlash(pattern);
  return (name, directory) => wildcards(text(name, directory));
}

function floatingMatcher(pattern: string): Matcher {
  const slashes = pattern.split('/').length - 1;
  if (!hasWildcards(pattern)) return (name) => name === pattern || name.endsWith(`/${pattern}`);
  const wildcards = compileWildcards(pattern);
  const text = withSlash(pattern);
  if (pattern.startsWith('**')) return (name, directory) => wildcards(`/${text(name, directory)}`);
  if (pattern.includes('**')) return (name, directory) => anywhere(wildcards, text(name, directory));
  return (name) => wildcards(lastNames(name, slashes + 1));
}

function lastNames(name: string, count: number): string {
  let at = name.length;
  for (let found = 0; found < count && at >= 0; found++) at = name.lastIndexOf('/', at - 1);
  return name.slice(at + 1);
}

/** From the beginning, and from behind each slash. */
function anywhere(wildcards: Wildcards, text: string): boolean {
  for (let at = 0; ;) {
    if (wildcards(text.slice(at))) return true;
    const slash = text.indexOf('/', at);
    if (slash < 0) return false;
    at = slash + 1;
  }
}
