import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  lstatSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { noise } from '../../../support/local-tree.ts';

/*
 * Two trees with what goes wrong in rsync implementations: `new`, and `old`, an earlier version of it.
 */

const BASE_SECONDS = 1_600_000_000;
const encoder = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Names that are bytes, one character each. */
const ODD_NAMES = [
  'a blank',
  "it's",
  '$HOME',
  'back\\slash',
  'star*',
  'br[a]ck',
  'invalid \xff\xfe',
  'caf\xc3\xa9',
  'n'.repeat(250),
  '-dash',
  '~tilde',
  '#hash#',
];

function file(root: string, name: string, content: Buffer | string, mode = 0o644): void {
  const path = Buffer.concat([Buffer.from(`${root}/`), encoder(name)]);
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** Deterministic noise: the same in every run of a case. */
const RANDOM = noise(1_200_000);

function changed(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(7, 1000, 1100);
  // Inserted, removed and moved parts.
  return Buffer.concat([
    copy.subarray(0, 40_000),
    Buffer.from('inserted'),
    copy.subarray(40_000, 90_000),
    copy.subarray(95_000),
    copy.subarray(10_000, 30_000),
  ]);
}

export function buildNewTree(root: string): void {
  for (const directory of [
    'dir',
    'dir/sub',
    'dir-a',
    'a',
    'a-b',
    'a.b',
    'empty',
    'gone-below',
    'odd',
    'now-dir',
    `deep/${'d'.repeat(120)}/${'e'.repeat(120)}/${'f'.repeat(90)}`,
  ])
    mkdirSync(join(root, directory), { recursive: true });
  file(root, 'empty-file', '');
  file(root, 'one', '1');
  file(root, 'small', 'hello world\n', 0o600);
  file(root, 'big.bin', RANDOM.subarray(0, 1_100_000));
  file(root, 'mid.bin', RANDOM.subarray(0, 300_000));
  file(root, 'zeros', Buffer.alloc(400_000));
  file(root, 'grown', RANDOM.subarray(0, 70_000));
  file(root, 'same-size', 'abcdef');
  file(root, 'read-only', 'r', 0o444);
  file(root, 'script', '#!/bin/sh\n', 0o755);
  file(root, 'now-file', 'was a directory');
  file(root, 'now-dir/inside', 'was a file');
  file(root, 'newer-there', 'source');
  for (const name of [
    'dir/b.txt',
    'dir/sub/c.txt',
    'dir-a/f',
    'a/c',
    'a-b/c',
    'a.b/c',
    'keep.o',
    'skip~',
    'dir/sub/x.bak',
  ])
    file(root, name, name);
  for (const name of ODD_NAMES) file(root, `odd/${name}`, name);
  file(root, `deep/${'d'.repeat(120)}/${'e'.repeat(120)}/${'f'.repeat(90)}/leaf`, 'leaf');
  file(root, 'dir/.rsync-filter', '- *.bak\n+ c.txt\n- /sub/hidden\n');
  file(root, 'dir/sub/hidden', 'hidden');
  file(root, '.cvsignore', 'mid.bin\n');
  symlinkSync('small', join(root, 'link-good'));
  symlinkSync('nowhere', join(root, 'link-dangling'));
  symlinkSync('dir', join(root, 'link-dir'));
  symlinkSync('../../outside', join(root, 'dir/link-unsafe'));
  symlinkSync('/etc/nothing', join(root, 'link-absolute'));
  symlinkSync('one', join(root, 'link-moved'));
  file(root, 'hard-1', 'linked');
  linkSync(join(root, 'hard-1'), join(root, 'dir/hard-2'));
  linkSync(join(root, 'hard-1'), join(root, 'a/hard-3'));
  file(root, 'dir/pair-1', RANDOM.subarray(0, 5000));
  linkSync(join(root, 'dir/pair-1'), join(root, 'dir/pair-2'));
  setTimes(root, BASE_SECONDS);
  utimesSync(join(root, 'one'), 1, 1);
  utimesSync(join(root, 'small'), BASE_SECONDS + 0.5, BASE_SECONDS + 0.5);
  utimesSync(join(root, 'dir/b.txt'), 2 ** 31 + 5, 2 ** 31 + 5);
}

/** What is there before: changed, missing, more, other types. */
export function buildOldTree(root: string, newTree: string): void {
  execFileSync('cp', ['-a', `${newTree}/.`, root]);
  file(root, 'big.bin', changed(RANDOM.subarray(0, 1_100_000)));
  file(root, 'mid.bin', RANDOM.subarray(100_000, 300_000));
  file(root, 'grown', RANDOM.subarray(0, 50_000));
  file(root, 'same-size', 'fedcba');
  utimesSync(join(root, 'same-size'), BASE_SECONDS, BASE_SECONDS);
  chmodSync(join(root, 'script'), 0o644);
  utimesSync(join(root, 'script'), BASE_SECONDS, BASE_SECONDS);
  rmSync(join(root, 'now-file'));
  mkdirSync(join(root, 'now-file'));
  rmSync(join(root, 'now-dir'), { recursive: true });
  file(root, 'now-dir', 'a file');
  unlinkSync(join(root, 'link-moved'));
  symlinkSync('small', join(root, 'link-moved'));
  unlinkSync(join(root, 'link-good'));
  file(root, 'link-good', 'was no link');
  rmSync(join(root, 'dir/hard-2'));
  file(root, 'dir/hard-2', 'linked');
  rmSync(join(root, 'dir-a'), { recursive: true });
  file(root, 'extra', 'extra');
  file(root, 'extra.o', 'object');
  file(root, 'dir/extra-too', 'extra');
  file(root, 'dir/extra.bak', 'kept by a per-directory rule');
  mkdirSync(join(root, 'extra-dir/below'), { recursive: true });
  file(root, 'extra-dir/below/x', 'x');
  file(root, 'extra-dir/keep.o', 'kept by a filter');
  file(root, 'newer-there', 'destination, newer');
  for (const name of ['big.bin', 'mid.bin', 'grown', 'now-dir', 'extra'])
    utimesSync(join(root, name), BASE_SECONDS - 100, BASE_SECONDS - 100);
  utimesSync(join(root, 'newer-there'), BASE_SECONDS + 1000, BASE_SECONDS + 1000);
  utimesSync(join(root, 'dir'), BASE_SECONDS - 50, BASE_SECONDS - 50);
}

function setTimes(directory: string, seconds: number): void {
  for (const name of readdirSync(directory, { encoding: 'buffer' })) {
    const path = Buffer.concat([Buffer.from(`${directory}/`), name]);
    const stats = lstatSync(path);
    if (stats.isDirectory()) setTimes(path.toString('utf8'), seconds);
    lutimesSync(path, seconds, seconds);
  }
  lutimesSync(directory, seconds, seconds);
}
