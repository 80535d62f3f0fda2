import { ConfigError } from './config-error.ts';

const POWERS = { k: 1, m: 2, g: 3, t: 4, p: 5 } as const;

/** `10GiB`, `1.5 TiB`, `500MB`, `64k`, `4096`: binary with `i` and for a bare letter, decimal for `KB`, `MB`, … */
const SIZE = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])(i?b)?|b)?$/i;

/** Bytes of a size as people write it. Throws `ConfigError`. */
export function parseSize(text: string): number {
  const match = SIZE.exec(text.trim());
  if (match === null) throw new ConfigError(`"${text}" is not a size like 10GiB, 500MB or 4096`);
  const [, digits = '', letter, suffix = ''] = match;
  const power = letter === undefined ? 0 : POWERS[letter.toLowerCase() as keyof typeof POWERS];
  const base = suffix.toLowerCase() === 'b' ? 1000 : 1024;
  const bytes = Number(digits) * base ** power;
  if (!Number.isInteger(bytes)) throw new ConfigError(`"${text}" is not a whole number of bytes`);
  if (!Number.isSafeInteger(bytes)) throw new ConfigError(`"${text}" is too large; the most is 8191TiB`);
  return bytes;
}

/** A size that is a ceiling: `0` and `none` stand for no ceiling, which is null. Throws `ConfigError`. */
export function parseSizeLimit(text: string): number | null {
  return isNoLimit(text) ? null : parseSize(text) || null;
}

/** A ceiling on how many there may be, e.g. `100000`; `0` and `none` stand for no ceiling, which is null. Throws `ConfigError`. */
export function parseCountLimit(text: string): number | null {
  if (isNoLimit(text)) return null;
  if (!/^\d{1,15}$/.test(text.trim()))
    throw new ConfigError(`"${text}" is not a whole number like 100000, or none`);
  return Number(text) || null;
}

function isNoLimit(text: string): boolean {
  return /^(none|unlimited)$/i.test(text.trim());
}
