import { EXIT, RsyncError } from '../exit.ts';
import type { MergeFile } from './merge-file.ts';
import { compileRule, type Rule, type Side } from './rule.ts';

/** What one line of rules means. */
export type Parsed =
  | { readonly kind: 'rule'; readonly rule: Rule }
  | { readonly kind: 'merge'; readonly file: MergeFile; readonly exclude: Rule | undefined }
  | { readonly kind: 'clear' }
  | { readonly kind: 'nothing' };

/** Where a rule stands. */
export interface RuleSetting {
  readonly protocol: number;
  /** The directory that a rule with a slash at its beginning is about; the root is empty. */
  readonly base: string;
  /** The root of the transfer in the storage, with a slash at its end; one character a byte. */
  readonly root: string;
  /** `--delete-excluded`: rules without a side are the sender's alone. */
  readonly deleteExcluded: boolean;
  /** What a file of rules says of all of its lines. */
  readonly file?: MergeFile | undefined;
}

/** Bytes of a rule at most. */
export const RULE_BYTES_MAX = 5 * 1024;

/** Words for the letters (parse_rule_tok, exclude.c). */
const WORDS: Readonly<Record<string, string>> = {
  exclude: '-',
  include: '+',
  hide: 'H',
  show: 'S',
  protect: 'P',
  risk: 'R',
  'dir-merge': ':',
  merge: '.',
  clear: '!',
};

const NOTHING: Parsed = { kind: 'nothing' };

/** One rule as it comes over the wire or stands in a file; one character a byte. */
export function parseRule(text: string, setting: RuleSetting): Parsed {
  if (text.length > RULE_BYTES_MAX) throw new RsyncError(EXIT.syntax, 'a filter rule is too long');
  if (text === '') return NOTHING;
  if (setting.file?.only !== undefined) return plain(text, setting.file.only === 'include', setting);
  if (setting.protocol < 29 && setting.file === undefined) return oldRule(text, setting);
  return newRule(text, setting);
}

/** Before protocol 29, a rule without a prefix is an exclude. */
function oldRule(text: string, setting: RuleSetting): Parsed {
  if (text === '!') return { kind: 'clear' };
  if (text.startsWith('+ ')) return build('+', '', text.slice(2), setting);
  return build('-', '', text.startsWith('- ') ? text.slice(2) : text, setting);
}

function plain(text: string, include: boolean, setting: RuleSetting): Parsed {
  if (text === '!') return { kind: 'clear' };
  if (text.startsWith('+ ')) return build('+', '', text.slice(2), setting);
  if (text.startsWith('- ')) return build('-', '', text.slice(2), setting);
  return build(include ? '+' : '-', '', text, setting);
}

function newRule(text: string, setting: RuleSetting): Parsed {
  const word = /^([a-z][a-z-]*)(?:,([^ _]*))?(?:[ _](.*))?$/s.exec(text);
  const letter = word === null ? undefined : WORDS[word[1] ?? ''];
  if (letter !== undefined) return build(letter, word?.[2] ?? '', word?.[3] ?? '', setting);
  const found = /^([-+:.!HSPR]),?([^ _]*)(?:[ _](.*))?$/s.exec(text);
  if (found === null) throw invalid(text);
  return build(found[1] ?? '', found[2] ?? '', found[3] ?? '', setting);
}

function build(letter: string, modifiers: string, pattern: string, setting: RuleSetting): Parsed {
  if (letter === '!') return { kind: 'clear' };
  if (letter === '.') return NOTHING;
  if (letter === ':') return merge(modifiers, pattern);
  const side = sideOf(letter, modifiers) ?? setting.file?.side;
  const include = letter === '+' || letter === 'S' || letter === 'R';
  if (modifiers.includes('C')) return NOTHING;
  if (pattern === '') throw invalid(`${letter}${modifiers}`);
  return {
    kind: 'rule',
    rule: compileRule(include, pattern, {
      side: side ?? (setting.deleteExcluded ? 'sender' : undefined),
      perishable: modifiers.includes('p') || setting.file?.perishable === true,
      xattr: modifiers.includes('x'),
      negate: modifiers.includes('!'),
      absoluteRoot: modifiers.includes('/') ? setting.root : undefined,
      base: setting.base,
    }),
  };
}

function sideOf(letter: string, modifiers: string): Side | undefined {
  if (letter === 'H' || letter === 'S') return 'sender';
  if (letter === 'P' || letter === 'R') return 'receiver';
  const sender = modifiers.includes('s');
  const receiver = modifiers.includes('r');
  if (sender === receiver) return undefined;
  return sender ? 'sender' : 'receiver';
}

function merge(modifiers: string, pattern: string): Parsed {
  const cvs = modifiers.includes('C');
  const name = pattern === '' && cvs ? '.cvsignore' : pattern.slice(pattern.lastIndexOf('/') + 1);
  if (name === '' || name === '.' || name === '..') throw invalid(`:${modifiers} ${pattern}`);
  const file: MergeFile = {
    name,
    noInherit: cvs || modifiers.includes('n'),
    words: cvs || modifiers.includes('w'),
    cvs,
    only: cvs || modifiers.includes('-') ? 'exclude' : modifiers.includes('+') ? 'include' : undefined,
    side: sideOf(':', modifiers),
    perishable: modifiers.includes('p'),
  };
  return { kind: 'merge', file, exclude: modifiers.includes('e') ? compileRule(false, name) : undefined };
}

function invalid(text: string): RsyncError {
  return new RsyncError(EXIT.syntax, `unknown filter rule: ${text.slice(0, 200)}`);
}
