import { parseOptions, UsageError, type Options } from '../tools/options.ts';

const OPTIONS = {
  create: '-c --create',
  extract: '-x --extract --get',
  list: '-t --list',
  file: '-f --file=',
  gzip: '-z --gzip --gunzip --ungzip',
  autoCompress: '-a --auto-compress',
  verbose: '-v --verbose',
  directory: '-C --directory=',
  exclude: '--exclude=',
  keepPermissions: '-p --preserve-permissions --same-permissions',
  noPermissions: '--no-same-permissions',
  sameOwner: '--same-owner',
  noSameOwner: '-o --no-same-owner',
  touch: '-m --touch',
  keepOld: '-k --keep-old-files',
  skipOld: '--skip-old-files',
  overwrite: '--overwrite -U --unlink-first --no-overwrite-dir',
  toStdout: '-O --to-stdout',
  strip: '--strip-components=',
  dereference: '-h --dereference',
  absoluteNames: '-P --absolute-names',
  noRecursion: '--no-recursion',
  sparse: '-S --sparse',
  numericOwner: '--numeric-owner',
  // Of no meaning here.
  ignored:
    '-B -i -s -w -l --wildcards --no-wildcards --anchored --no-anchored --one-file-system --ignore-zeros --warning --xattrs --acls --selinux',
  ignoredValue: '-b -H --blocking-factor --format --sort --owner --group --mtime --mode --checkpoint=',
  other:
    '-j --bzip2 -J --xz --zstd --lzma -r --append -u --update -A --concatenate -d --diff --compare --delete',
};

export type TarOptions = Options<keyof typeof OPTIONS>;

export interface TarSettings {
  readonly mode: 'create' | 'extract' | 'list';
  readonly options: TarOptions;
  readonly operands: readonly string[];
}

const MODES = ['create', 'extract', 'list'] as const;
const TAKE_VALUES = 'fCbHT';

/** What a command line asks for, in the new way and in the old (`tar xzf FILE`). Throws `UsageError`. */
export function tarSettings(args: readonly string[]): TarSettings {
  const { options, operands } = parseOptions(newStyle(args), OPTIONS);
  const other = options.last('other');
  if (other !== undefined)
    throw new UsageError('only plain archives and those of gzip can be made, listed and extracted');
  const modes = MODES.filter((mode) => options.has(mode));
  const [mode] = modes;
  if (mode === undefined) throw new UsageError("You must specify one of the '-ctx' options");
  if (modes.length > 1) throw new UsageError("You may not specify more than one '-ctx' option");
  return { mode, options, operands };
}

/** A first word without a minus is a bundle, of which the values follow in the order of the letters. */
function newStyle(args: readonly string[]): string[] {
  const [first = '', ...rest] = args;
  if (first === '' || first.startsWith('-')) return [...args];
  const words: string[] = [];
  for (const letter of first) {
    words.push(`-${letter}`);
    if (!TAKE_VALUES.includes(letter)) continue;
    const value = rest.shift();
    if (value === undefined) throw new UsageError(`Old option '${letter}' requires an argument.`);
    words.push(value);
  }
  return [...words, ...rest];
}
