import { checked, isObject, kind } from '../checks.ts';
import { compose, denying, type AnyCall, type Layer } from '../layer.ts';
import { requestWord, type RequestWord } from '../request-words.ts';
import { denyHardLinks } from './restrictions.ts';
import { refuse } from './shared/refuse.ts';

const anIterable = kind('a list of requests', (value) => isObject(value) && Symbol.iterator in value);

type Effect = (word: string) => Layer;

/** Refuses the calls that do what the request asks for. */
const calls =
  (made: (call: AnyCall) => boolean): Effect =>
  (word) =>
    refuse(made, 'EPERM', `${word} is not allowed here`);

/** What in a storage does each request, no more and no less. Absent: nothing does it alone, so only a protocol can refuse it. */
const EFFECTS: Readonly<Record<RequestWord, Effect | undefined>> = {
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
};

/**
 * Denies requests by the words of OpenSSH's lists, to whatever protocol or program asks for the same thing.
 *
 * Promises: a word refuses what that request does and leaves what others do: without `posix-rename`, `rename` still
 * moves to free names; without `write`, `copy-data` still copies. What cannot be told apart here (`lstat` from `stat`,
 * `statvfs`, `realpath`, …) is refused by the protocol alone, which finds every word in `denied` of the stack. Cost: one
 * test a call for each word. Stateless.
 */
export function restrictions(denied: Iterable<RequestWord>): Layer {
  const words = [...new Set(checked(denied, 'denied', anIterable))].map((word) => requestWord(word));
  const layers = words.map((word) => EFFECTS[word]?.(word)).filter((layer) => layer !== undefined);
  return denying(compose(...layers), words);
}
