const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** Bytes for a person, in binary units with at most two decimals, never rounded up: `512 B`, `1.5 MiB`, `10 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Math.floor(value * 100) / 100} ${UNITS[unit]}`;
}
