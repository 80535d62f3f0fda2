import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

export interface ThrottleOptions {
  /** Failures that cost nothing. */
  readonly free: number;
  /** Milliseconds in which failures count for half. */
  readonly halfLife: number;
  /** Milliseconds that the first failure beyond the free ones costs; each further one costs twice as much as the one before. */
  readonly firstPenalty: number;
  readonly longestPenalty: number;
  /** Addresses remembered; the one that has been quiet longest is forgotten first. */
  readonly addresses: number;
}

const DEFAULTS: ThrottleOptions = {
  free: 10,
  halfLife: 10 * 60_000,
  firstPenalty: 1000,
  longestPenalty: 10 * 60_000,
  addresses: 10_000,
};

export interface Throttle {
  /** Milliseconds until a password from that address is looked at again; 0: now. */
  wait(address: string): number | Promise<number>;
  failed(address: string): void;
}

/** One that lives in this process. */
export interface LocalThrottle extends Throttle {
  wait(address: string): number;
}

interface Record {
  readonly failures: number;
  readonly at: number;
  readonly blockedUntil: number;
}

/**
 * Slows down those who guess passwords, by address; a whole /64 of IPv6 counts as one, since it is one person's.
 * A login that succeeds changes nothing, or an attacker with an account would guess for free.
 */
export function createThrottle(
  options: Partial<ThrottleOptions> = {},
  now: () => number = Date.now,
): LocalThrottle {
  const { free, halfLife, firstPenalty, longestPenalty, addresses } = { ...DEFAULTS, ...options };
  const records = new LRUCache<string, Record>({ max: addresses });
  return {
    wait: (address) => Math.max(0, (records.get(networkOf(address))?.blockedUntil ?? 0) - now()),
    failed: (address) => {
      const network = networkOf(address);
      const before = records.get(network);
      const time = now();
      const faded = before === undefined ? 0 : before.failures * 2 ** (-(time - before.at) / halfLife);
      const failures = Math.min(faded, free + 64) + 1;
      const penalty =
        failures <= free ? 0 : Math.min(longestPenalty, firstPenalty * 2 ** (failures - free - 1));
      records.set(network, { failures, at: time, blockedUntil: time + penalty });
    },
  };
}

/** The address itself, or the /64 that it is in. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  return `${groupsOf(address).slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const front = head === '' ? [] : head.split(':');
  if (tail === undefined) return front;
  const back = tail === '' ? [] : tail.split(':');
  return [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
}
