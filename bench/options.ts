import { parseArgs } from 'node:util';
import { PEERS } from './peers/index.ts';
import { WORKLOADS } from './workloads/index.ts';

export const USAGE = `npm run bench -- [--only ${Object.keys(WORKLOADS).join(',')}]
                [--peers ${Object.keys(PEERS).join(',')}] [--rounds 3] [--warm-up 1] [--size 1GiB] [--files 10000]
                [--names 100000] [--removed 10GiB] [--requests 20000] [--logins 100] [--sessions 200] [--shells 50]
                [--clients 8] [--ciphers NAME,NAME] [--disk DIRECTORY] [--output FILE.json] [--chart FILE.svg] [--keep]

The last of --peers is what the others are compared with. Naming a peer twice compares it with itself. Flags for a
peer's own command line stand behind a colon: --peers "anyfs:--workers 1,anyfs,openssh".`;

/** A peer as named: which one, and further flags for it. */
export interface NamedPeer {
  /** As it was written. */
  readonly label: string;
  readonly name: string;
  readonly flags: readonly string[];
}

export interface Options {
  readonly only: readonly string[];
  /** The last one is the reference. */
  readonly peers: readonly NamedPeer[];
  readonly rounds: number;
  /** Rounds before those, which do not count. */
  readonly warmUp: number;
  readonly size: number;
  readonly files: number;
  readonly names: number;
  readonly removed: number;
  readonly requests: number;
  readonly logins: number;
  readonly sessions: number;
  readonly shells: number;
  readonly clients: number;
  readonly ciphers: readonly [string, ...string[]];
  /** Directory on the disk to use; a new one below it is made and removed. Absent: disk.ts chooses. */
  readonly disk: string | undefined;
  readonly output: string | undefined;
  readonly chart: string | undefined;
  /** Leaves the working directory in place. */
  readonly keep: boolean;
}

const DEFAULTS = {
  only: Object.keys(WORKLOADS).join(','),
  peers: Object.keys(PEERS).join(','),
  rounds: '3',
  'warm-up': '1',
  size: '1GiB',
  files: '10000',
  names: '100000',
  removed: '10GiB',
  requests: '20000',
  logins: '100',
  sessions: '200',
  shells: '50',
  clients: '8',
  ciphers: 'aes128-gcm@openssh.com,chacha20-poly1305@openssh.com',
} as const;

const string = { type: 'string' } as const;

/** Reads the command line; throws an `Error` that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...(Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, string])) as Record<
        keyof typeof DEFAULTS,
        typeof string
      >),
      disk: string,
      output: string,
      chart: string,
      keep: { type: 'boolean', default: false },
    },
  });
  const text = (option: keyof typeof DEFAULTS): string => values[option] ?? DEFAULTS[option];
  const count = (option: keyof typeof DEFAULTS): number => wholeNumber(option, text(option), 1);
  const bytes = (option: keyof typeof DEFAULTS): number => parseBytes(text(option), option);
  const [cipher = '', ...ciphers] = text('ciphers').split(',');
  return {
    only: text('only')
      .split(',')
      .map((name) => known('only', name, WORKLOADS)),
    peers: readPeers(text('peers')),
    rounds: count('rounds'),
    warmUp: wholeNumber('warm-up', text('warm-up'), 0),
    size: bytes('size'),
    files: count('files'),
    names: count('names'),
    removed: bytes('removed'),
    requests: count('requests'),
    logins: count('logins'),
    sessions: count('sessions'),
    shells: count('shells'),
    clients: count('clients'),
    ciphers: [cipher, ...ciphers],
    disk: values.disk,
    output: values.output,
    chart: values.chart,
    keep: values.keep,
  };
}

/** One that is named again is told apart by its label. */
function readPeers(text: string): NamedPeer[] {
  const peers: NamedPeer[] = [];
  for (const written of text.split(',')) {
    const [name = '', flags = ''] = written.split(/:(.*)/s);
    known('peers', name, PEERS);
    const again = peers.some((peer) => peer.label === written);
    const label = again ? `${written} again` : written;
    peers.push({ label, name, flags: flags.split(' ').filter((flag) => flag !== '') });
  }
  return peers;
}

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${option} takes a whole number from ${least} up, not ${text}`);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `4096`, `64MiB`, `1GiB`. */
export function parseBytes(text: string, option = 'size'): number {
  const [, digits, unit] = /^(\d+)([KMG]iB)?$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`--${option} takes a size as 1GiB, 64MiB or 4096, not ${text}`);
  return Number(digits) * (UNITS[unit ?? ''] ?? 1);
}

function known(option: string, name: string, table: Readonly<Record<string, unknown>>): string {
  if (Object.hasOwn(table, name)) return name;
  throw new Error(`--${option} knows ${Object.keys(table).join(', ')}, not ${name}`);
}
