import { parseArgs } from 'node:util';
import { PEERS } from './peers/index.ts';
import { WORKLOADS } from './workloads/index.ts';

export const USAGE = `npm run bench -- [--rounds 3] [--size 1GiB] [--files 2000] [--only login,put,get,small]
                [--peers anyfs,openssh] [--cipher NAME] [--disk DIRECTORY] [--output FILE] [--keep]

The last of --peers is what the others are compared with. Naming a peer twice compares it with itself.`;

export interface Options {
  readonly rounds: number;
  readonly size: number;
  readonly files: number;
  readonly only: readonly string[];
  /** The last one is the reference. */
  readonly peers: readonly string[];
  readonly cipher: string | undefined;
  /** Directory on the disk to use; a new one below it is made and removed. */
  readonly disk: string;
  readonly output: string | undefined;
  /** Leaves the working directory in place. */
  readonly keep: boolean;
}

/** Reads the command line; throws an `Error` that says what is wrong with it. */
export function readOptions(args: readonly string[], temporary: string): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      size: { type: 'string', default: '1GiB' },
      files: { type: 'string', default: '2000' },
      only: { type: 'string', default: Object.keys(WORKLOADS).join(',') },
      peers: { type: 'string', default: 'anyfs,openssh' },
      cipher: { type: 'string' },
      disk: { type: 'string', default: temporary },
      output: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  return {
    rounds: positive('rounds', values.rounds),
    size: parseBytes(values.size),
    files: positive('files', values.files),
    only: known('only', values.only, WORKLOADS),
    peers: known('peers', values.peers, PEERS),
    cipher: values.cipher,
    disk: values.disk,
    output: values.output,
    keep: values.keep,
  };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${option} takes a whole number from 1 up, not ${text}`);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `4096`, `64MiB`, `1GiB`. */
export function parseBytes(text: string): number {
  const [, digits, unit] = /^(\d+)([KMG]iB)?$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`--size takes a size as 1GiB, 64MiB or 4096, not ${text}`);
  return Number(digits) * (UNITS[unit ?? ''] ?? 1);
}

function known(option: string, text: string, table: Readonly<Record<string, unknown>>): string[] {
  const names = text.split(',');
  const stranger = names.find((name) => !Object.hasOwn(table, name));
  if (stranger === undefined) return names;
  throw new Error(`--${option} knows ${Object.keys(table).join(', ')}, not ${stranger}`);
}
