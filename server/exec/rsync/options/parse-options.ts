import { EXIT, RsyncError } from '../exit.ts';
import type { Apply, Draft } from './draft.ts';
import { LONG, LONG_WITH_VALUE, REFUSED } from './long-options.ts';
import { defaultOptions, type Options } from './options.ts';
import { SHORT, SHORT_WITH_VALUE } from './short-options.ts';

export interface CommandLine {
  readonly options: Options;
  /** The words that are no options. The first is always `.`. */
  readonly paths: readonly string[];
  /** The rest of the words comes over the connection (`-s`). */
  readonly secluded: boolean;
}

/** Basis directories of one kind at most (MAX_BASIS_DIRS, rsync.h). */
const BASIS_DIRECTORIES_MAX = 20;

/** Reads the words after `rsync` as popt does: short options in bundles, `--name=value` or `--name value`. One character a byte. */
export function parseOptions(words: readonly string[]): CommandLine {
  const draft: Draft = { options: defaultOptions(), delete: false, deleteTiming: undefined };
  const paths: string[] = [];
  const rest = words.toReversed();
  let secluded = false;
  for (let word = rest.pop(); word !== undefined; word = rest.pop()) {
    if (word === '--') {
      paths.push(...rest.toReversed());
      break;
    }
    if (word === '-' || !word.startsWith('-')) paths.push(word);
    else if (word.startsWith('--')) long(draft, word.slice(2), rest);
    else {
      secluded ||= word.startsWith('-s');
      short(draft, word.slice(1), rest);
    }
  }
  return { options: settle(draft), paths, secluded };
}

function short(draft: Draft, letters: string, rest: string[]): void {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at);
    if (Object.hasOwn(SHORT_WITH_VALUE, letter)) {
      const value = letters.slice(at + 1) || rest.pop();
      if (value === undefined) throw missingValue(`-${letter}`);
      (SHORT_WITH_VALUE[letter] as Apply)(draft, value);
      return;
    }
    if (!Object.hasOwn(SHORT, letter)) throw unknown(`-${letter}`);
    (SHORT[letter] as Apply)(draft, '');
  }
}

function long(draft: Draft, word: string, rest: string[]): void {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const reason = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  if (reason !== undefined) throw new RsyncError(EXIT.unsupported, `--${name} is not served: ${reason}`);
  if (Object.hasOwn(LONG_WITH_VALUE, name)) {
    const value = equals < 0 ? rest.pop() : word.slice(equals + 1);
    if (value === undefined) throw missingValue(`--${name}`);
    (LONG_WITH_VALUE[name] as Apply)(draft, value);
    return;
  }
  if (!Object.hasOwn(LONG, name) || equals >= 0) throw unknown(`--${name}`);
  (LONG[name] as Apply)(draft, '');
}

function unknown(option: string): RsyncError {
  return new RsyncError(EXIT.syntax, `${option}: unknown option`);
}

function missingValue(option: string): RsyncError {
  return new RsyncError(EXIT.syntax, `${option}: missing argument`);
}

/** What follows from several options together (the end of parse_arguments, options.c). */
function settle({ options, delete: deletes, deleteTiming }: Draft): Options {
  const basis = [options.linkDestinations, options.copyDestinations, options.compareDestinations];
  if (basis.filter(({ length }) => length > 0).length > 1)
    throw new RsyncError(EXIT.syntax, 'only one of --compare-dest, --copy-dest and --link-dest can be used');
  if (basis.some(({ length }) => length > BASIS_DIRECTORIES_MAX))
    throw new RsyncError(EXIT.syntax, `at most ${BASIS_DIRECTORIES_MAX} basis directories can be used`);
  if (options.append > 0 && options.wholeFile)
    throw new RsyncError(EXIT.syntax, '--append cannot be used with --whole-file');
  if (options.append > 0) options.inplace = true;
  if (options.delayUpdates) options.partialDirectory ??= '.~tmp~';
  if (options.partialDirectory === '' || options.partialDirectory === '.')
    options.partialDirectory = undefined;
  if (options.inplace && options.delayUpdates)
    throw new RsyncError(EXIT.syntax, '--inplace cannot be used with --delay-updates');
  if (deletes) options.deleteTiming = deleteTiming ?? 'default';
  if (options.backup && options.backupDirectory === undefined) options.omitDirectoryTimes = true;
  return options;
}
