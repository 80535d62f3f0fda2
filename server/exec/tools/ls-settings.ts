import type { Timestamp } from '../../../vfs/stats.ts';
import type { Order, WhichTime } from './ls-order.ts';
import { UsageError } from './options.ts';
import { timeStyle } from './time-text.ts';
import type { Run } from './tool.ts';

export const LS_OPTIONS = {
  all: '-a --all',
  almostAll: '-A --almost-all',
  ignoreBackups: '-B --ignore-backups',
  changeTime: '-c',
  columns: '-C',
  color: '--color[=]',
  directory: '-d --directory',
  classify: '-F --classify',
  fileType: '--file-type',
  format: '--format=',
  fullTime: '--full-time',
  noOwner: '-g',
  directoriesFirst: '--group-directories-first',
  noGroup: '-G --no-group',
  human: '-h --human-readable',
  si: '--si',
  followOperands: '-H --dereference-command-line',
  inode: '-i --inode',
  kibibytes: '-k --kibibytes',
  long: '-l',
  follow: '-L --dereference',
  commas: '-m',
  numeric: '-n --numeric-uid-gid',
  literal: '-N --literal',
  ownerOnly: '-o',
  slash: '-p',
  hideControl: '-q --hide-control-chars',
  quoteName: '-Q --quote-name',
  escape: '-b --escape',
  reverse: '-r --reverse',
  recursive: '-R --recursive',
  size: '-s --size',
  bySize: '-S',
  sort: '--sort=',
  byTime: '-t',
  time: '--time=',
  timeStyle: '--time-style=',
  accessTime: '-u',
  unsorted: '-U',
  asStored: '-f',
  byVersion: '-v',
  width: '-w --width=',
  across: '-x',
  byExtension: '-X',
  zero: '--zero',
  onePerLine: '-1',
};

type Format = 'long' | 'columns' | 'across' | 'commas' | 'single';

export interface LsSettings {
  readonly format: Format;
  readonly order: Order;
  readonly time: WhichTime;
  readonly reverse: boolean;
  readonly directoriesFirst: boolean;
  readonly hidden: 'none' | 'almost' | 'all';
  readonly ignoresBackups: boolean;
  readonly recursive: boolean;
  readonly directoriesThemselves: boolean;
  /** Which symlinks are followed: all; those of the command line; of these, those that lead to directories. */
  readonly follows: 'always' | 'operands' | 'directories';
  readonly followsOperands: boolean;
  readonly owner: boolean;
  readonly group: boolean;
  readonly numeric: boolean;
  readonly inodes: boolean;
  readonly blocks: boolean;
  readonly human: 1000 | 1024 | undefined;
  readonly indicator: 'none' | 'slash' | 'type' | 'classify';
  readonly quoting: 'literal' | 'shell' | 'c' | 'hidden';
  readonly color: boolean;
  readonly width: number;
  readonly end: string;
  readonly timeText: (time: Timestamp) => string;
}

type LsRun = Run<keyof typeof LS_OPTIONS>;

const WIDTH = 80;
const FORMATS: Readonly<Record<string, Format>> = {
  long: 'long',
  verbose: 'long',
  columns: 'columns',
  vertical: 'columns',
  across: 'across',
  horizontal: 'across',
  onePerLine: 'single',
  'single-column': 'single',
  commas: 'commas',
};
const ORDERS: Readonly<Record<string, Order>> = {
  byTime: 'time',
  time: 'time',
  bySize: 'size',
  size: 'size',
  byExtension: 'extension',
  extension: 'extension',
  byVersion: 'version',
  version: 'version',
  unsorted: 'none',
  asStored: 'none',
  none: 'none',
  name: 'name',
};
const TIMES: Readonly<Record<string, WhichTime>> = {
  accessTime: 'atime',
  atime: 'atime',
  access: 'atime',
  use: 'atime',
  changeTime: 'ctime',
  ctime: 'ctime',
  status: 'ctime',
  mtime: 'mtime',
  modification: 'mtime',
};

/** What the options, and whether there is a terminal, come to. Throws `UsageError`. */
export function lsSettings(run: LsRun): LsSettings {
  const { options, context } = run;
  const { terminal } = context;
  const format = formatOf(run);
  const time = timeOf(run);
  const isLong = format === 'long';
  const style = options.has('fullTime')
    ? 'full-iso'
    : (options.value('timeStyle') ?? context.env['TIME_STYLE'] ?? 'locale');
  const lastHidden = options.last('all', 'almostAll', 'asStored');
  const follows = options.has('follow')
    ? 'always'
    : options.has('followOperands')
      ? 'operands'
      : 'directories';
  const isClassified = options.has('classify');
  const last = options.last('classify', 'fileType', 'slash');
  return {
    format,
    time,
    order: orderOf(run, isLong),
    reverse: options.has('reverse'),
    directoriesFirst: options.has('directoriesFirst'),
    hidden: lastHidden === undefined ? 'none' : lastHidden === 'almostAll' ? 'almost' : 'all',
    ignoresBackups: options.has('ignoreBackups'),
    recursive: options.has('recursive') && !options.has('directory'),
    directoriesThemselves: options.has('directory'),
    follows,
    followsOperands: follows !== 'directories' || !(isLong || options.has('directory') || isClassified),
    owner: !options.has('noOwner'),
    group: !options.has('noGroup') && !options.has('ownerOnly'),
    numeric: options.has('numeric'),
    inodes: options.has('inode'),
    blocks: options.has('size'),
    human: humanOf(run),
    indicator: last === 'slash' ? 'slash' : last === 'fileType' ? 'type' : isClassified ? 'classify' : 'none',
    quoting: quotingOf(run),
    color: isOn(
      options.has('color') ? (options.value('color') ?? 'always') : 'never',
      terminal !== undefined && terminal.term !== 'dumb',
    ),
    width: widthOf(run),
    end: options.has('zero') ? '\0' : '\n',
    timeText: timeStyle(style, context.now()),
  };
}

/** `always`, `never` and `auto`, by their many names. */
function isOn(when: string, isTerminal: boolean): boolean {
  if (['always', 'yes', 'force'].includes(when)) return true;
  if (['never', 'no', 'none'].includes(when)) return false;
  if (['auto', 'tty', 'if-tty'].includes(when)) return isTerminal;
  throw new UsageError(`invalid argument '${when}' for '--color'`);
}

function formatOf({ options, context }: LsRun): Format {
  const last = options.all.findLast(({ name }) =>
    [
      'long',
      'columns',
      'across',
      'onePerLine',
      'commas',
      'format',
      'noOwner',
      'ownerOnly',
      'numeric',
      'fullTime',
      'zero',
    ].includes(name),
  );
  if (last === undefined) return context.terminal === undefined ? 'single' : 'columns';
  // A long listing is not undone by -1.
  const isLong = options.has('long') && last.name === 'onePerLine';
  if (isLong || ['noOwner', 'ownerOnly', 'numeric', 'fullTime'].includes(last.name)) return 'long';
  if (last.name === 'zero') return options.has('long') ? 'long' : 'single';
  return named(FORMATS, last.name === 'format' ? (last.value ?? '') : last.name, '--format');
}

function orderOf({ options }: LsRun, isLong: boolean): Order {
  const last = options.all.findLast(({ name }) =>
    ['byTime', 'bySize', 'byExtension', 'byVersion', 'unsorted', 'asStored', 'sort'].includes(name),
  );
  if (last !== undefined)
    return named(ORDERS, last.name === 'sort' ? (last.value ?? '') : last.name, '--sort');
  // A time that is asked for and not shown is what to sort by.
  return !isLong && (options.has('accessTime') || options.has('changeTime')) ? 'time' : 'name';
}

function timeOf({ options }: LsRun): WhichTime {
  const last = options.all.findLast(({ name }) => ['accessTime', 'changeTime', 'time'].includes(name));
  if (last === undefined) return 'mtime';
  return named(TIMES, last.name === 'time' ? (last.value ?? '') : last.name, '--time');
}

function named<T>(table: Readonly<Record<string, T>>, word: string, option: string): T {
  const found = Object.hasOwn(table, word) ? table[word] : undefined;
  if (found === undefined) throw new UsageError(`invalid argument '${word}' for '${option}'`);
  return found;
}

function quotingOf({ options, context }: LsRun): LsSettings['quoting'] {
  const last = options.last('literal', 'quoteName', 'escape', 'hideControl');
  if (last === 'literal') return context.terminal === undefined ? 'literal' : 'hidden';
  if (last === 'hideControl') return 'hidden';
  if (last !== undefined) return 'c';
  return context.terminal === undefined ? 'literal' : 'shell';
}

function humanOf({ options }: LsRun): LsSettings['human'] {
  const last = options.last('human', 'si');
  return last === undefined ? undefined : last === 'si' ? 1000 : 1024;
}

function widthOf({ options, context }: LsRun): number {
  const value = options.value('width') ?? context.env['COLUMNS'];
  const given = Number(value);
  if (value !== undefined && value !== '' && Number.isInteger(given) && given >= 0)
    return given === 0 ? 4096 : Math.min(given, 4096);
  const columns = context.terminal?.columns ?? 0;
  return columns > 0 ? Math.min(columns, 4096) : WIDTH;
}
