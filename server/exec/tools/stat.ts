import type { Stats } from '../../../vfs/stats.ts';
import { fullMode } from '../../sftp/attributes.ts';
import { modeLetters } from '../../sftp/longname.ts';
import { quoted, shellQuoted } from './quoted.ts';
import { fullTime } from './time-text.ts';
import { tool, type Run } from './tool.ts';
import { unescape } from './escapes.ts';

const OPTIONS = {
  dereference: '-L --dereference',
  fileSystem: '-f --file-system',
  format: '-c --format=',
  printf: '--printf=',
  terse: '-t --terse',
};

type StatRun = Run<keyof typeof OPTIONS>;

/** Bytes of one read or write that a program may best make. */
const BLOCK = 4096;
const USUAL = [
  '  File: %N',
  '  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F',
  'Device: 0,0\tInode: %-11i Links: %h',
  'Access: (%a/%A)  Uid: (%u/%U)   Gid: (%g/%G)',
  'Access: %x',
  'Modify: %y',
  'Change: %z',
  ' Birth: -',
].join('\n');
const TERSE = '%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o';

export const stat = tool(
  'stat',
  OPTIONS,
  async (run) => {
    for (const name of run.operands) {
      await run.attempt(`cannot statx ${quoted(name)}`, () =>
        run.options.has('fileSystem') ? sayStorage(run, name) : sayFile(run, name),
      );
    }
  },
  { operandsMin: 1 },
);

async function sayFile(run: StatRun, name: string): Promise<void> {
  const { options } = run;
  const stats = options.has('dereference') ? await run.stat(name) : await run.lstat(name);
  const target = stats.type === 'symlink' ? await run.storage.readlink(run.path(name), run.ctx) : undefined;
  const fields = fieldsOf(run, name, stats, target);
  const last = options.last('format', 'printf', 'terse');
  if (last === 'printf') return run.print(formatted(unescape(options.value('printf') ?? '').text, fields));
  if (last === 'format') return run.print(`${formatted(options.value('format') ?? '', fields)}\n`);
  if (last === 'terse') return run.print(`${formatted(TERSE, fields)}\n`);
  await run.print(`${usual(fields)}\n`);
}

type Fields = Readonly<Record<string, string>>;

const TYPES: Readonly<Record<Stats['type'], string>> = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
};

function fieldsOf(
  { context: { names } }: StatRun,
  name: string,
  stats: Stats,
  target: string | undefined,
): Fields {
  const type = stats.type === 'file' && stats.size === 0 ? 'regular empty file' : TYPES[stats.type];
  return {
    a: stats.mode.toString(8),
    A: modeLetters(stats),
    b: String(Math.ceil(stats.used / 512)),
    B: '512',
    d: '0',
    D: '0',
    f: fullMode(stats).toString(16),
    F: type,
    g: String(stats.gid),
    G: names.group(stats.gid) ?? 'UNKNOWN',
    h: String(stats.nlink),
    i: String(stats.inode),
    m: '/',
    n: name,
    N: target === undefined ? always(name) : `${always(name)} -> ${always(target)}`,
    o: String(BLOCK),
    s: String(stats.size),
    t: '0',
    T: '0',
    u: String(stats.uid),
    U: names.user(stats.uid) ?? 'UNKNOWN',
    w: '-',
    W: '0',
    x: fullTime(stats.atime),
    X: String(stats.atime.seconds),
    y: fullTime(stats.mtime),
    Y: String(stats.mtime.seconds),
    z: fullTime(stats.ctime),
    Z: String(stats.ctime.seconds),
  };
}

/** In quotes, whatever is in it. */
function always(name: string): string {
  const text = shellQuoted(name);
  return text === name ? `'${name}'` : text;
}

/** `%` with flags and a width, as printf(3) pads. */
function formatted(format: string, fields: Fields): string {
  return format.replace(
    /%([-0#]*)(\d*)(?:\.\d+)?([A-Za-z%])/g,
    (_whole, flags: string, width: string, letter: string) => {
      if (letter === '%') return '%';
      const value = Object.hasOwn(fields, letter) ? fields[letter] : undefined;
      if (value === undefined) return '?';
      const columns = Math.min(Number(width), 1000);
      if (flags.includes('-')) return value.padEnd(columns);
      return value.padStart(columns, flags.includes('0') ? '0' : ' ');
    },
  );
}

function usual(fields: Fields): string {
  const padded = {
    ...fields,
    a: (fields['a'] ?? '').padStart(4, '0'),
    u: (fields['u'] ?? '').padStart(5),
    g: (fields['g'] ?? '').padStart(5),
    U: (fields['U'] ?? '').padStart(8),
    G: (fields['G'] ?? '').padStart(8),
  };
  return formatted(USUAL, padded);
}

async function sayStorage(run: StatRun, name: string): Promise<void> {
  await run.stat(name);
  const { bytesTotal, bytesFree, inodesTotal, inodesFree, nameMax } = await run.storage.statfs(run.ctx);
  const [total, free] = [bytesTotal, bytesFree].map((bytes) => String(Math.floor(bytes / BLOCK)));
  const fields: Fields = {
    a: free ?? '',
    b: total ?? '',
    c: String(inodesTotal),
    d: String(inodesFree),
    f: free ?? '',
    i: '0',
    l: String(nameMax),
    n: name,
    s: String(BLOCK),
    S: String(BLOCK),
    t: '0',
    T: 'anyfs',
  };
  const format = run.options.value('format');
  if (format !== undefined) return run.print(`${formatted(format, fields)}\n`);
  await run.print(
    formatted(
      '  File: "%n"\n    ID: %i Namelen: %l     Type: %T\nBlock size: %s       Fundamental block size: %S\nBlocks: Total: %b Free: %f Available: %a\nInodes: Total: %c Free: %d\n',
      fields,
    ),
  );
}
