import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 512,
  c: 1,
  w: 2,
  B: 1,
  k: 1024,
  K: 1024,
  KiB: 1024,
  kB: 1000,
  KB: 1000,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  MB: 1000 ** 2,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
  GB: 1000 ** 3,
  T: 1024 ** 4,
  TiB: 1024 ** 4,
  TB: 1000 ** 4,
};

/** A number with one of coreutils' suffixes: `10`, `4K`, `1MB`. Throws `UsageError`. */
export function byteCount(text: string, what: string): number {
  const [, digits, suffix = ''] = /^(\d+)([A-Za-z]*)$/.exec(text) ?? [];
  const unit = Object.hasOwn(UNITS, suffix) ? UNITS[suffix] : undefined;
  const count = Number(digits) * (unit ?? Number.NaN);
  if (!Number.isSafeInteger(count)) throw new UsageError(`invalid number of ${what}: ${quoted(text)}`);
  return count;
}
