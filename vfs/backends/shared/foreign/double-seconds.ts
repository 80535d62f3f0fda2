import type { Timestamp } from '../../../stats.ts';

/**
 * A time for `utimes` in Node's shape, which takes seconds as a double and cuts them to microseconds towards zero. The
 * double is the nearest one that is not cut to the microsecond below: 0.123 s after 1.7e9 s is just short of 123 ms
 * otherwise. As text where it is negative, since Node takes a negative number for the time now.
 */
export function doubleSeconds({ seconds, nanoseconds }: Timestamp): number | string {
  const micros = seconds * 1e6 + Math.floor(nanoseconds / 1000);
  const magnitude = Math.abs(micros);
  const whole = Math.floor(magnitude / 1e6);
  const fraction = magnitude - whole * 1e6;
  let value = whole + fraction / 1e6;
  // Two ways in which libuv has cut it, and two steps at most.
  const isCut = (): boolean =>
    Math.floor(value * 1e6) < magnitude || Math.floor((value - whole) * 1e9) < fraction * 1000;
  for (let step = 0; step < 2 && isCut(); step++) value += ulp(value);
  return micros < 0 ? `-${value}` : value;
}

/** The distance to the next double. */
function ulp(value: number): number {
  return value === 0 ? Number.MIN_VALUE : 2 ** (Math.floor(Math.log2(value)) - 52);
}
