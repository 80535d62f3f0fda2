const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** A size as `-h` (1024) and `--si` (1000) show it, rounded up: `1.5K`, `12M`. */
export function humanSize(bytes: number, base: 1000 | 1024 = 1024): string {
  let unit = 0;
  let value = bytes;
  while (value >= base && unit < UNITS.length - 1) {
    value /= base;
    unit += 1;
  }
  if (unit === 0) return String(bytes);
  const tenths = Math.ceil(value * 10 - 1e-9);
  const letter = base === 1000 && unit === 1 ? 'k' : (UNITS[unit] ?? '');
  if (tenths < 100) return `${(tenths / 10).toFixed(1)}${letter}`;
  const whole = Math.ceil(value - 1e-9);
  if (whole < base || unit === UNITS.length - 1) return `${whole}${letter}`;
  return `1.0${UNITS[unit + 1] ?? ''}`;
}

/** Blocks of 1024 bytes that are stored, in the units of 512 that stat(2) counts. */
export function kibibytes(used: number): number {
  return Math.ceil(Math.ceil(used / 512) / 2);
}
