import { isVfsError } from '../../../vfs/errors.ts';
import { childOf, entriesOf } from '../../../vfs/extensions/entries.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import type { Stats } from '../../../vfs/stats.ts';
import { modeLetters } from '../../sftp/longname.ts';
import { humanSize, kibibytes } from './human-size.ts';
import { colored } from './ls-color.ts';
import { cellOf, columnsOf, commasOf, type Cell } from './ls-format.ts';
import { sortListed, type Listed } from './ls-order.ts';
import { lsSettings, LS_OPTIONS, type LsSettings } from './ls-settings.ts';
import { quoted, shellQuoted } from './quoted.ts';
import { tool, type Run } from './tool.ts';

/** Entries of one directory that are sorted and aligned together; a larger one comes in parts, by name. */
const TOGETHER = 50_000;
/** Of what an operand names, and of what is met below it. */
const SERIOUS = 2;
const MINOR = 1;

type LsRun = Run<keyof typeof LS_OPTIONS>;

/** Something to show: how it is called here, and where it is. */
interface Item extends Listed {
  readonly path: VfsPath;
}

/** As GNU's: true modes, owners, numbers of links, sizes and times; columns and colours on a terminal. */
export const ls = tool(
  'ls',
  LS_OPTIONS,
  async (run) => {
    const settings = lsSettings(run);
    const [files, directories] = await sortOperands(run, settings);
    if (files.length > 0) await show(run, settings, files);
    const isNamed = run.operands.length > 1 || settings.recursive;
    let isFirst = files.length === 0;
    for (const directory of directories) {
      await listDirectory(run, settings, directory, { isFirst, isNamed, isOperand: true });
      isFirst = false;
    }
  },
  { usageStatus: SERIOUS },
);

/** Files are shown together, directories one after the other. */
async function sortOperands(run: LsRun, settings: LsSettings): Promise<[Item[], Item[]]> {
  const files: Item[] = [];
  const directories: Item[] = [];
  for (const name of run.operands.length === 0 ? ['.'] : run.operands) {
    await run.attempt(
      `cannot access ${quoted(name)}`,
      async () => {
        const path = run.path(name);
        const own = await run.lstat(name);
        const stats =
          settings.followsOperands && own.type === 'symlink' ? await followed(run, name, own, settings) : own;
        const isListed = stats.type === 'directory' && !settings.directoriesThemselves;
        (isListed ? directories : files).push(await withTarget(run, settings, { name, path, stats }));
      },
      SERIOUS,
    );
  }
  for (const items of [files, directories]) sortListed(items, settings.order, settings);
  return [files, directories];
}

/** What a symlink leads to counts where that is a directory, or always with -L and -H. */
async function followed(run: LsRun, name: string, own: Stats, settings: LsSettings): Promise<Stats> {
  try {
    const stats = await run.stat(name);
    return stats.type === 'directory' || settings.follows !== 'directories' ? stats : own;
  } catch (error) {
    if (isVfsError(error) && settings.follows !== 'always') return own;
    throw error;
  }
}

interface Heading {
  readonly isFirst: boolean;
  readonly isNamed: boolean;
  readonly isOperand: boolean;
}

async function listDirectory(
  run: LsRun,
  settings: LsSettings,
  directory: Item,
  heading: Heading,
): Promise<void> {
  const status = heading.isOperand ? SERIOUS : MINOR;
  const below: Item[] = [];
  const parts = partsOf(run, settings, directory);
  for (let isBegin = true; ; isBegin = false) {
    let part: Item[] | undefined;
    const label = `cannot open directory ${quoted(directory.name)}`;
    const done = await run.attempt(
      label,
      async () => (part = (await parts.next()).value ?? undefined),
      status,
    );
    if (!done) return;
    if (part === undefined && !isBegin) break;
    if (isBegin && heading.isNamed) {
      await run.print(`${heading.isFirst ? '' : '\n'}${nameText(settings, directory.name)}:\n`);
    }
    const items = part ?? [];
    if (isBegin && (settings.format === 'long' || settings.blocks)) {
      const total = items.reduce((sum, { stats }) => sum + kibibytes(stats.used), 0);
      await run.print(
        `total ${settings.human === undefined ? total : humanSize(total * 1024, settings.human)}\n`,
      );
    }
    await show(run, settings, items);
    if (settings.recursive) below.push(...items.filter(isDirectoryBelow));
    if (part === undefined) break;
  }
  for (const item of below) {
    const name = childOf(directory.name as VfsPath, item.name);
    await listDirectory(
      run,
      settings,
      { ...item, name },
      { isFirst: false, isNamed: true, isOperand: false },
    );
  }
}

function isDirectoryBelow({ name, stats }: Item): boolean {
  return stats.type === 'directory' && name !== '.' && name !== '..';
}

/** The entries in the order in which they are shown; in several parts only where there are too many to sort. */
async function* partsOf(
  run: LsRun,
  settings: LsSettings,
  directory: Item,
): AsyncGenerator<Item[], undefined> {
  let items: Item[] = settings.hidden === 'all' ? await dots(run, directory) : [];
  for await (const { name, stats } of entriesOf(run.storage, directory.path, run.ctx)) {
    run.context.signal.throwIfAborted();
    if (!isShown(settings, name)) continue;
    items.push(await withTarget(run, settings, { name, path: childOf(directory.path, name), stats }));
    if (items.length < TOGETHER) continue;
    yield items;
    items = [];
  }
  sortListed(items, settings.order, settings);
  yield items;
  return undefined;
}

function isShown({ hidden, ignoresBackups }: LsSettings, name: string): boolean {
  return (hidden !== 'none' || !name.startsWith('.')) && !(ignoresBackups && name.endsWith('~'));
}

async function dots(run: LsRun, { path }: Item): Promise<Item[]> {
  const above = `${path}/..` as VfsPath;
  const items: Item[] = [];
  for (const [name, place] of [
    ['.', path],
    ['..', above],
  ] as const) {
    items.push({ name, path: place, stats: await run.storage.lstat(place, run.following) });
  }
  return items;
}

async function withTarget(run: LsRun, settings: LsSettings, item: Item): Promise<Item> {
  if (item.stats.type !== 'symlink') return item;
  const stats = async (): Promise<Stats | undefined> => {
    try {
      return await run.storage.lstat(item.path, run.following);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return undefined;
    }
  };
  if (settings.follows === 'always') return { ...item, stats: (await stats()) ?? item.stats };
  const needsStats = settings.color || settings.directoriesFirst;
  if (settings.format !== 'long')
    return needsStats ? { ...item, target: { text: '', stats: await stats() } } : item;
  const text = await run.storage.readlink(item.path, run.ctx);
  return { ...item, target: { text, stats: needsStats ? await stats() : undefined } };
}

async function show(run: LsRun, settings: LsSettings, items: readonly Item[]): Promise<void> {
  if (settings.format === 'long') return showLong(run, settings, items);
  const columns = aligned(items, (item) => prefixOf(settings, item));
  const cells = items.map((item, index): Cell => {
    const prefix = columns[index] ?? '';
    const plain = nameText(settings, item.name);
    const end = indicatorOf(settings, item);
    return cellOf(prefix + colorText(settings, plain, item) + end, prefix + plain + end);
  });
  const { format, width } = settings;
  if (format === 'columns' || format === 'across')
    await run.print(columnsOf(cells, width, format === 'across'));
  else if (format === 'commas') await run.print(commasOf(cells, width));
  else for (const { text } of cells) await run.print(text + settings.end);
}

/** Inode and blocks, before the name. */
function prefixOf({ inodes, blocks, human }: LsSettings, { stats }: Item): string[] {
  const size = human === undefined ? String(kibibytes(stats.used)) : humanSize(stats.used, human);
  return [...(inodes ? [String(stats.inode)] : []), ...(blocks ? [size] : [])];
}

async function showLong(run: LsRun, settings: LsSettings, items: readonly Item[]): Promise<void> {
  const fields = aligned(items, (item) => longFields(run, settings, item));
  for (const [index, item] of items.entries()) {
    const { target, stats } = item;
    const name = colorText(settings, nameText(settings, item.name), item);
    const shownTarget = target === undefined ? '' : ` -> ${nameText(settings, target.text)}`;
    const end = stats.type === 'symlink' ? '' : indicatorOf(settings, item);
    await run.print(`${fields[index] ?? ''}${name}${shownTarget}${end}${settings.end}`);
  }
}

/** Names of owners are flush left, all else is flush right. */
const LEFT = '<';

function longFields({ context: { names } }: LsRun, settings: LsSettings, item: Item): string[] {
  const { stats } = item;
  const user = (settings.numeric ? undefined : names.user(stats.uid)) ?? String(stats.uid);
  const group = (settings.numeric ? undefined : names.group(stats.gid)) ?? String(stats.gid);
  const time = stats[settings.time];
  return [
    ...prefixOf(settings, item),
    `${LEFT}${modeLetters(stats)}`,
    String(stats.nlink),
    ...(settings.owner ? [`${LEFT}${user}`] : []),
    ...(settings.group ? [`${LEFT}${group}`] : []),
    settings.human === undefined ? String(stats.size) : humanSize(stats.size, settings.human),
    settings.timeText(time),
  ];
}

/** The fields of each item in columns of one width, each line with a space at its end. */
function aligned(items: readonly Item[], fieldsOf: (item: Item) => readonly string[]): string[] {
  const rows = items.map(fieldsOf);
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, field] of row.entries()) {
      const length = field.startsWith(LEFT) ? field.length - 1 : field.length;
      widths[column] = Math.max(widths[column] ?? 0, length);
    }
  }
  return rows.map((row) =>
    row
      .map((field, column) => {
        const width = widths[column] ?? 0;
        return `${field.startsWith(LEFT) ? field.slice(1).padEnd(width) : field.padStart(width)} `;
      })
      .join(''),
  );
}

const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/gu;

function nameText({ quoting }: LsSettings, name: string): string {
  if (quoting === 'literal') return name;
  if (quoting === 'shell') return shellQuoted(name);
  if (quoting === 'c') return JSON.stringify(name);
  return name.replace(UNPRINTABLE, '?');
}

function colorText({ color }: LsSettings, text: string, item: Item): string {
  return color ? colored(text, item, item.target !== undefined && item.target.stats === undefined) : text;
}

const INDICATORS: Readonly<Record<Stats['type'], string>> = { directory: '/', symlink: '@', file: '' };

function indicatorOf({ indicator }: LsSettings, { stats: { type, mode } }: Item): string {
  if (indicator === 'none') return '';
  if (indicator === 'slash') return type === 'directory' ? '/' : '';
  const isProgram = type === 'file' && (mode & 0o111) !== 0;
  return isProgram && indicator === 'classify' ? '*' : INDICATORS[type];
}
