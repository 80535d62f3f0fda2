import type { SavedState } from '../messages.ts';
import type { Commands } from './command-source.ts';
import { ERR, OUT } from './rewrite/names.ts';

/* One long script is the session: functions, aliases and variables last as long as it. */

export const NEXT = '__next';
export const DONE = '__done';
export const KEEP = '__keep';
export const STATUS = '__status';
export const TEXT = '__text';
export const SCRIPT = `shopt -s expand_aliases; while ${NEXT}; do eval "$(${TEXT})" 1>${OUT} 2>${ERR}; ${DONE} "$?" "$(declare -F)" "$(alias)" "$(declare -p)"; done`;

/** One run of the script. */
export interface Loop {
  readonly commands: Commands;
  /** Lines of ours that go before the next commands. */
  readonly internal: string[];
  /** What the engine is to run now. */
  text: string;
  /** It is a line of ours. */
  isInternal: boolean;
  status: number;
  exhausted: boolean;
}

export function newLoop(commands: Commands, internal: readonly string[], status = 0): Loop {
  return { commands, internal: [...internal], text: '', isInternal: false, status, exhausted: false };
}

/** Commands that bring back a state. What cannot be set again says so to nobody. */
export function restoring({ variables, functions, aliases }: SavedState): string[] {
  return [variables, functions, aliases]
    .filter((text) => text !== '')
    .map((text) => `{ ${text}\n} 2>/dev/null`);
}

/** The names that `declare -F` prints: `declare -f NAME`. */
export function functionNames(text: string): string[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/^declare -f\w* /, '')]));
}

/** Definitions from what `type` prints: a line that says that it is a function, and its text. */
export function definitions(texts: readonly string[]): string {
  return texts.map((text) => text.slice(text.indexOf('\n') + 1)).join('\n');
}

/** Variables that the engine sets by itself. */
const OWN_VARIABLES = /^declare -\S+ (?:BASHOPTS|SHELLOPTS|PIPESTATUS|PWD|OLDPWD|\?)=.*$/gm;

/** What `declare -p` prints, but for those. */
export function withoutOwn(variables: string): string {
  return variables.replace(OWN_VARIABLES, '');
}

/** A person cannot set the engine's limits. */
export function withoutAdvice(text: string): string {
  return text.replace(/, increase executionLimits\.\w+/, '');
}
