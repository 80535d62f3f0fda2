import { VfsError } from './errors.ts';

/** The requests of OpenSSH's lists (sftp-server(8), `-p` and `-P`; `sftp-server -Q requests`). */
export const REQUEST_WORDS = [
  'open', 'close', 'read', 'write', 'lstat', 'fstat', 'setstat', 'fsetstat', 'opendir', 'readdir', 'remove', 'mkdir',
  'rmdir', 'realpath', 'stat', 'rename', 'readlink', 'symlink', 'posix-rename', 'statvfs', 'fstatvfs', 'hardlink', 'fsync',
  'lsetstat', 'limits', 'expand-path', 'copy-data', 'home-directory', 'users-groups-by-id',
] as const; // prettier-ignore

/** One request, as OpenSSH's lists name it. */
export type RequestWord = (typeof REQUEST_WORDS)[number];

const KNOWN: ReadonlySet<string> = new Set(REQUEST_WORDS);

/** The words of a list with commas, as OpenSSH takes it. `EINVAL` for one that is unknown. */
export function parseRequestWords(list: string): RequestWord[] {
  return list
    .split(',')
    .filter((word) => word !== '')
    .map((word) => requestWord(word));
}

/** A word that is misspelt must not pass for one without effect: `EINVAL`. */
export function requestWord(word: string): RequestWord {
  if (KNOWN.has(word)) return word as RequestWord;
  throw new VfsError('EINVAL', { detail: `there is no request '${word}'` });
}

/** The requests that two lists leave denied: all that are not `permitted`, where there is such a list, and all that are `denied`. */
export function deniedRequests(lists: {
  readonly permitted?: readonly RequestWord[] | undefined;
  readonly denied?: readonly RequestWord[] | undefined;
}): ReadonlySet<RequestWord> {
  const { permitted = REQUEST_WORDS, denied = [] } = lists;
  return new Set(REQUEST_WORDS.filter((word) => !permitted.includes(word) || denied.includes(word)));
}
