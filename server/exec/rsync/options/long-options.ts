import { nothing, off, on, type Apply } from './draft.ts';
import type { DeleteTiming, Options } from './options.ts';
import { integer, size } from './values.ts';

const LARGEST = 2 ** 31 - 1;

type Text = {
  [K in keyof Options]: string | undefined extends Options[K] ? K : never;
}[keyof Options];

function deletes(timing?: DeleteTiming): Apply {
  return (draft) => {
    draft.delete = true;
    if (timing !== undefined) draft.deleteTiming = timing;
  };
}

function text(name: Exclude<Text, 'deleteTiming'>): Apply {
  return ({ options }, value) => {
    options[name] = value;
  };
}

function added(name: 'linkDestinations' | 'copyDestinations' | 'compareDestinations'): Apply {
  return ({ options }, value) => {
    options[name].push(value);
  };
}

function compressed(choice: string): Apply {
  return ({ options }) => {
    options.compress = true;
    options.compressChoice = choice;
  };
}

/** Long options without a value. */
export const LONG: Readonly<Record<string, Apply>> = {
  server: on('server'),
  sender: on('sender'),
  'list-only': on('listOnly'),
  'no-r': off('recurse'),
  dirs: on('directories'),
  specials: on('specials'),
  'no-specials': off('specials'),
  devices: on('devices'),
  'no-devices': off('devices'),

  delete: deletes(),
  del: deletes('during'),
  'delete-before': deletes('before'),
  'delete-during': deletes('during'),
  'delete-delay': deletes('delay'),
  'delete-after': deletes('after'),
  'delete-excluded': (draft) => {
    draft.delete = true;
    draft.options.deleteExcluded = true;
  },
  'delete-missing-args': on('deleteMissingArguments', 'ignoreMissingArguments'),
  'ignore-missing-args': on('ignoreMissingArguments'),
  force: on('force'),
  'ignore-errors': on('ignoreErrors'),

  'size-only': on('sizeOnly'),
  'ignore-existing': on('ignoreExisting'),
  existing: on('existing'),
  'ignore-non-existing': on('existing'),
  partial: on('partial'),
  'delay-updates': on('delayUpdates'),
  inplace: on('inplace'),
  append: ({ options }) => {
    options.append++;
  },
  'append-verify': ({ options }) => {
    options.append = 2;
  },
  mkpath: on('makePath'),
  'no-W': off('wholeFile'),

  'numeric-ids': on('numericIds'),
  'new-compress': compressed('zlibx'),
  'old-compress': compressed('zlib'),
  from0: on('from0'),
  'no-relative': off('relative'),
  'no-implied-dirs': off('impliedDirectories'),
  'safe-links': on('safeLinks'),
  'copy-unsafe-links': on('copyUnsafeLinks'),
  'remove-source-files': on('removeSourceFiles'),
  'remove-sent-files': on('removeSourceFiles'),

  // What a storage here has no use for, or what the client sees to alone.
  fsync: nothing,
  preallocate: nothing,
  stats: nothing,
  super: nothing,
  'open-noatime': nothing,
  msgs2stderr: nothing,
  'no-msgs2stderr': nothing,
  'trust-sender': nothing,
  'insecure-links': nothing,
  'copy-devices': nothing,
};

/** Long options with a value: after `=`, or the next word. */
export const LONG_WITH_VALUE: Readonly<Record<string, Apply>> = {
  'log-format': ({ options }, value) => {
    options.itemize = value.includes('%i') ? (value.includes('%I') ? 2 : 1) : 0;
  },
  'max-delete': ({ options }, value) => {
    options.maxDelete = Math.max(0, integer('--max-delete', value, -LARGEST, LARGEST));
  },
  'max-size': ({ options }, value) => {
    options.maxSize = size('--max-size', value);
  },
  'min-size': ({ options }, value) => {
    options.minSize = size('--min-size', value);
  },
  'modify-window': ({ options }, value) => {
    options.modifyWindow = integer('--modify-window', value, -1, LARGEST);
  },
  'block-size': ({ options }, value) => {
    options.blockSize = integer('--block-size', value, 1, 2 ** 29);
  },
  'partial-dir': (draft, value) => {
    draft.options.partial = true;
    draft.options.partialDirectory = value;
  },
  'backup-dir': text('backupDirectory'),
  suffix: text('suffix'),
  'link-dest': added('linkDestinations'),
  'copy-dest': added('copyDestinations'),
  'compare-dest': added('compareDestinations'),
  'checksum-choice': text('checksumChoice'),
  cc: text('checksumChoice'),
  'compress-choice': ({ options }, value) => {
    options.compress = value !== 'none';
    options.compressChoice = value;
  },
  'compress-level': ({ options }, value) => {
    options.compressLevel = integer('--compress-level', value, -(2 ** 17), 1000);
  },
  'checksum-seed': ({ options }, value) => {
    options.checksumSeed = integer('--checksum-seed', value, -LARGEST - 1, 2 ** 32 - 1) | 0;
  },
  'files-from': text('filesFrom'),
  timeout: ({ options }, value) => {
    options.timeout = integer('--timeout', value, 0, LARGEST);
  },
  bwlimit: ({ options }, value) => {
    options.bandwidthLimit = integer('--bwlimit', value, 0, LARGEST);
  },

  'temp-dir': nothing,
  'skip-compress': nothing,
  'compress-threads': nothing,
  zt: nothing,
  'max-alloc': nothing,
  info: nothing,
  debug: nothing,
  stderr: nothing,
  outbuf: nothing,
  protocol: nothing,
  'only-write-batch': nothing,
  usermap: text('usermap'),
  groupmap: text('groupmap'),
};

/** What cannot be served, with the reason. */
export const REFUSED: Readonly<Record<string, string>> = {
  daemon: 'there is no rsync daemon here; use host:path',
  config: 'there is no rsync daemon here; use host:path',
  iconv: 'names are bytes here and are not converted',
  'fake-super': 'owners are kept by superuser accounts only',
  'copy-as': 'files belong to the account that is logged in',
  'write-devices': 'there are no devices here',
  'write-batch': 'batches are not served',
  'read-batch': 'batches are not served',
};
