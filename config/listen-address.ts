import { isIPv6 } from 'node:net';
import { ConfigError } from './config-error.ts';
import type { ListenAddress } from './schema.ts';

const ADDRESS = /^(?:\[([^\]]*)\]|([^:[\]\s]*)):(\d{1,5})$/;

/** `127.0.0.1:2022`, `[::1]:2022`, `name:2022`, and `:2022` for every address of the machine. Throws `ConfigError`. */
export function parseListenAddress(text: string): ListenAddress {
  const match = ADDRESS.exec(text.trim());
  if (match === null) throw new ConfigError(`"${text}" is not an address${hint(text.trim())}`);
  const [, bracketed, plain = '', digits] = match;
  const port = Number(digits);
  if (port > 65_535) throw new ConfigError(`"${text}" has no port between 0 and 65535`);
  if (bracketed !== undefined && !isIPv6(bracketed))
    throw new ConfigError(`"${text}" has no IPv6 address in its brackets`);
  return { host: bracketed ?? (plain === '*' ? '' : plain), port };
}

/** The reverse of `parseListenAddress`. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function hint(text: string): string {
  if (/^\d+$/.test(text)) return `; write 127.0.0.1:${text}, or :${text} for every address of the machine`;
  if (isIPv6(text)) return `; write [${text}]:2022`;
  if (/:.*:\d+$/.test(text)) return '; put an IPv6 address into brackets, as in [::1]:2022';
  return ' like 127.0.0.1:2022, [::1]:2022 or :2022';
}
