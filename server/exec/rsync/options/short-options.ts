import { nothing, on, type Apply } from './draft.ts';
import { integer } from './values.ts';

/** Short options that have a value: the rest of their word, or the next word. */
export const SHORT_WITH_VALUE: Readonly<Record<string, Apply>> = {
  e: ({ options }, value) => {
    options.capabilities = value;
  },
  B: ({ options }, value) => {
    options.blockSize = integer('-B', value, 1, 2 ** 29);
  },
  '@': ({ options }, value) => {
    options.modifyWindow = integer('-@', value, -1, 2 ** 31 - 1);
  },
  // A place for temporary files elsewhere: ours are always beside their target.
  T: nothing,
  M: nothing,
  f: nothing,
};

export const SHORT: Readonly<Record<string, Apply>> = {
  v: ({ options }) => {
    options.verbose++;
  },
  q: on('quiet'),
  n: on('dryRun'),
  b: on('backup'),
  u: on('update'),
  l: on('symlinks'),
  d: on('directories'),
  r: on('recurse'),
  K: on('keepDirectoryLinks'),
  m: on('pruneEmptyDirectories'),
  O: on('omitDirectoryTimes'),
  J: on('omitLinkTimes'),
  L: on('copyLinks'),
  k: on('copyDirectoryLinks'),
  W: on('wholeFile'),
  H: on('hardLinks'),
  o: on('owner'),
  g: on('group'),
  D: on('devices', 'specials'),
  t: on('times'),
  U: on('accessTimes'),
  N: on('creationTimes'),
  p: on('permissions'),
  E: on('executability'),
  A: on('acls', 'permissions'),
  X: ({ options }) => {
    options.xattrs++;
  },
  c: on('checksum'),
  C: on('cvsExclude'),
  I: on('ignoreTimes'),
  R: on('relative'),
  z: on('compress'),
  P: on('partial'),
  '0': on('from0'),
  a: on('recurse', 'symlinks', 'permissions', 'times', 'group', 'owner', 'devices', 'specials'),
  // One file system, holes, similar names, readable numbers, per-directory filters (which travel as rules).
  x: nothing,
  S: nothing,
  y: nothing,
  h: nothing,
  i: nothing,
  F: nothing,
  s: nothing,
};
