import { EXIT, RsyncError } from '../exit.ts';

/** What a path argument asks for (send_file_list, flist.c). One character a byte. */
export interface Argument {
  /** The directory that names begin in, as it was written. */
  readonly base: string;
  /** The name in the list; `.` is the content of `base`. */
  readonly name: string;
  /** Directories of the name that come before it in the list (`-R`). */
  readonly implied: readonly string[];
}

export function readArgument(
  path: string,
  options: { readonly relative: boolean; readonly impliedDirectories: boolean },
): Argument {
  return options.relative ? relative(path, options.impliedDirectories) : plain(path);
}

/** Only the last name counts; with a slash behind it, what is in it. */
function plain(path: string): Argument {
  if (path === '' || path === '.' || path === '..' || /\/\.{0,2}$/.test(path))
    return { base: path === '' ? '.' : path, name: '.', implied: [] };
  const slash = path.lastIndexOf('/');
  const base = slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
  return { base, name: path.slice(slash + 1), implied: [] };
}

/** The whole path is the name, or what is behind `/./` in it. */
function relative(path: string, impliesDirectories: boolean): Argument {
  const mark = path.indexOf('/./');
  const base = mark >= 0 ? path.slice(0, mark) || '/' : path.startsWith('/') ? '/' : '.';
  const rest = (mark >= 0 ? path.slice(mark + 3) : path).replace(/^\/+/, '');
  const names = rest.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw new RsyncError(EXIT.syntax, `found ".." dir in relative path: ${path}`);
  const parents = impliesDirectories
    ? names.slice(0, -1).map((_, index) => names.slice(0, index + 1).join('/'))
    : [];
  // A path that begins with `./` has the root in the list too.
  const top = path.startsWith('./') && names.length > 0 && impliesDirectories ? ['.'] : [];
  return { base, name: names.length === 0 ? '.' : names.join('/'), implied: [...top, ...parents] };
}

/** Whether a directory is named by what is in it. */
export function namesContent(path: string): boolean {
  return path === '' || path === '.' || path === '..' || /\/\.{0,2}$/.test(path);
}
