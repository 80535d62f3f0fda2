import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { KeyError } from './key-error.ts';

/** What a textual address is: IPv4 carried in IPv6 (`::ffff:10.0.0.1`) is IPv4. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address.replace(/%.*$/, '');
}

/** Throws `KeyError` for a pattern of `from=` that could never be meant: empty, or a CIDR block that is none. */
export function checkAddressPattern(pattern: string): void {
  const positive = withoutNegation(pattern);
  if (positive === '') throw new KeyError('the option from holds an empty pattern');
  if (!positive.includes('/')) return;
  const block = blockOf(positive);
  if (block === undefined)
    throw new KeyError(`the option from holds something that is no block of addresses: ${pattern}`);
}

/**
 * True when the patterns of `from=` let `address` in, as ssh_config(5) PATTERNS says: at least one matches and no
 * negated one does. Host names never match, since addresses are not looked up, as in sshd with `UseDNS no`.
 */
export function addressMatches(patterns: readonly string[], address: string): boolean {
  const plain = plainAddress(address);
  const hits = patterns.filter((pattern) => matches(withoutNegation(pattern), plain));
  return hits.length > 0 && !hits.some((pattern) => pattern.startsWith('!'));
}

function withoutNegation(pattern: string): string {
  return pattern.startsWith('!') ? pattern.slice(1) : pattern;
}

function matches(pattern: string, address: string): boolean {
  const block = blockOf(pattern);
  if (block !== undefined)
    return isIP(address) !== 0 && block.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return wildcard(pattern).test(address);
}

/** A CIDR block, or a single address in whatever notation; absent: a pattern with wildcards, or a name. */
function blockOf(pattern: string): BlockList | undefined {
  const [address = '', prefix, ...rest] = pattern.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return undefined;
  const bits = family === 4 ? 32 : 128;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return undefined;
  const block = new BlockList();
  block.addSubnet(address, length, isIPv4(address) ? 'ipv4' : 'ipv6');
  return block;
}

/** `*` any characters, `?` one. */
function wildcard(pattern: string): RegExp {
  const body = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${body}$`, 'i');
}
