import { VfsError } from '../errors.ts';
import { compose, type AnyCall, type Layer } from '../layer.ts';
import { denyHardLinks } from './restrictions.ts';
import { refuse } from './shared/refuse.ts';

type Effect = (word: string) => Layer;

/** Refuses the calls that do what the request asks for. */
const calls =
  (made: (call: AnyCall) => boolean): Effect =>
  (word) =>
    refuse(made, 'EPERM', `${word} is not allowed here`);

/**
 * The requests of OpenSSH's lists (sftp-server(8), `-p` and `-P`; `sftp-server -Q requests`), and what in a storage
 * does each of them, no more and no less. Absent: nothing does it alone, so only a protocol can refuse the request.
 */
const EFFECTS = {
  open: calls((call) => call.op === 'open'),
  close: undefined,
  read: calls((call) => call.op === 'read'),
  write: calls((call) => call.op === 'write'),
  lstat: undefined,
  fstat: undefined,
  setstat: calls((call) => call.op === 'setstat' && call.ctx.follow === true),
  fsetstat: calls((call) => call.op === 'fsetstat'),
  opendir: calls((call) => call.op === 'readdir'),
  readdir: calls((call) => call.op === 'readdir'),
  remove: calls((call) => call.op === 'unlink'),
  mkdir: calls((call) => call.op === 'mkdir'),
  rmdir: calls((call) => call.op === 'rmdir'),
  realpath: undefined,
  stat: undefined,
  rename: calls((call) => call.op === 'rename' && !call.args[2].replace),
  readlink: calls((call) => call.op === 'readlink'),
  symlink: calls((call) => call.op === 'symlink'),
  'posix-rename': calls((call) => call.op === 'rename' && call.args[2].replace),
  statvfs: undefined,
  fstatvfs: undefined,
  hardlink: denyHardLinks,
  fsync: calls((call) => call.op === 'fsync'),
  lsetstat: calls((call) => call.op === 'setstat' && call.ctx.follow !== true),
  limits: undefined,
  'expand-path': undefined,
  'copy-data': calls((call) => call.op === 'copyRange'),
  'home-directory': undefined,
  'users-groups-by-id': undefined,
} as const satisfies Readonly<Record<string, Effect | undefined>>;

/** One request, as OpenSSH's lists name it. */
export type RequestWord = keyof typeof EFFECTS;

export const REQUEST_WORDS = Object.keys(EFFECTS) as readonly RequestWord[];

/** The words of a list with commas, as OpenSSH takes it. `EINVAL` for one that is unknown. */
export function parseRequestWords(list: string): RequestWord[] {
  return list
    .split(',')
    .filter((word) => word !== '')
    .map((word) => known(word));
}

/** A word that is misspelt must not pass for one without effect. */
function known(word: string): RequestWord {
  if (Object.hasOwn(EFFECTS, word)) return word as RequestWord;
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

/** Requests that can only fail under each of the other layers, so that a protocol need not offer them. */
export const REQUESTS_WITHOUT = {
  denySymlinks: ['readlink', 'symlink'],
  denyHardLinks: ['hardlink'],
  denyRename: ['rename', 'posix-rename'],
  denyDelete: ['remove', 'rmdir'],
  denyList: ['opendir', 'readdir'],
  denyRead: ['read', 'copy-data'],
  readOnly: parseRequestWords(
    'write,setstat,fsetstat,remove,mkdir,rmdir,rename,symlink,posix-rename,hardlink,lsetstat,copy-data',
  ),
} as const satisfies Readonly<Record<string, readonly RequestWord[]>>;

/**
 * Denies requests by the words of OpenSSH's lists, to whatever protocol or program asks for the same thing.
 *
 * Promises: a word refuses what that request does and leaves what others do: without `posix-rename`, `rename` still
 * moves to free names; without `write`, `copy-data` still copies. What cannot be told apart here (`lstat` from `stat`,
 * `statvfs`, `realpath`, …) is refused by the protocol alone. Cost: one test a call for each word. Stateless.
 */
export function restrictions(denied: Iterable<RequestWord>): Layer {
  const layers = [...new Set(denied)].map((word) => EFFECTS[known(word)]?.(word));
  return compose(...layers.filter((layer) => layer !== undefined));
}
