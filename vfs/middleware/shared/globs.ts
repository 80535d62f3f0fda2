import { GLOBSTAR, Minimatch, minimatch } from 'minimatch';
import { aString, checked, listOf } from '../../checks.ts';
import { VfsError } from '../../errors.ts';
import { canonicalText } from '../../names.ts';

/** A test of one name, or `'**'` for any number of names. */
export type GlobPart = ((name: string) => boolean) | '**';

/** `*` matches names that begin with a dot; `!` and `#` mean themselves; `\` escapes, on every platform. */
const OPTIONS = { dot: true, nonegate: true, nocomment: true, platform: 'linux' } as const;

/**
 * A glob for whole paths as rows of parts, one row for each alternative that its braces make. An alternative without a
 * leading `/` is for a path below any directory; `/` alone is the empty row. Case counts; a byte that is not UTF-8 is
 * one character. `EINVAL` for a glob that could never match.
 */
export function pathRows(glob: string): GlobPart[][] {
  return alternativesOf(glob).map((alternative) => pathRow(glob, alternative));
}

function pathRow(glob: string, alternative: string): GlobPart[] {
  if (alternative === '/') return [];
  const parts = partsOf(glob, alternative.startsWith('/') ? alternative : `/**/${alternative}`);
  if (parts.at(-1) === '') throw invalid(glob, 'ends with /');
  return parts.slice(1).map((part) => compile(glob, part));
}

/** True for names that one of the globs matches. `EINVAL` for a glob that is no text or holds `/`. */
export function nameMatcher(globs: readonly string[]): (name: string) => boolean {
  const tests = checked(globs, 'globs', listOf(aString)).flatMap((glob) =>
    alternativesOf(glob).map((alternative) => nameTest(glob, alternative)),
  );
  return (name) => tests.some((test) => test(name));
}

function nameTest(glob: string, alternative: string): (name: string) => boolean {
  const [part, ...more] = partsOf(glob, alternative);
  if (part === undefined || more.length > 0) throw invalid(glob, 'holds /, though it is for one name');
  const test = compile(glob, part);
  return test === '**' ? () => true : test;
}

/** The globs without braces that a glob stands for; at least one, so that no rule is without effect. */
function alternativesOf(glob: string): string[] {
  const alternatives = minimatch.braceExpand(canonicalText(glob), OPTIONS);
  if (alternatives.length === 0) throw invalid(glob, 'is empty');
  return alternatives;
}

type RawPart = Minimatch['set'][number][number];

function partsOf(glob: string, alternative: string): readonly RawPart[] {
  const [row] = new Minimatch(alternative, { ...OPTIONS, nobrace: true }).set;
  if (row === undefined) throw invalid(glob, 'is empty');
  return row;
}

function compile(glob: string, part: RawPart): GlobPart {
  if (part === GLOBSTAR) return '**';
  if (typeof part !== 'string') return (name) => part.test(name);
  if (part === '.' || part === '..') throw invalid(glob, 'holds . or ..');
  return (name) => name === part;
}

function invalid(glob: string, what: string): VfsError {
  return new VfsError('EINVAL', { detail: `the glob '${glob}' ${what}` });
}
