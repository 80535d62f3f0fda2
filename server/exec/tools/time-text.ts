import type { Timestamp } from '../../../vfs/stats.ts';
import { UsageError } from './options.ts';
import { listingDate } from '../../sftp/longname.ts';

const two = (value: number): string => String(value).padStart(2, '0');
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const FULL_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The offset of the server's zone from UTC at a time: `+0100`. */
export function zoneText(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}${two(absolute % 60)}`;
}

/** A time to the nanosecond: `2026-11-25 12:00:00.000000000 +0000`. */
export function fullTime(time: Timestamp): string {
  return strftime('%Y-%m-%d %H:%M:%S.%N %z', time);
}

const CONVERSIONS: Readonly<Record<string, (date: Date, time: Timestamp) => string>> = {
  Y: (date) => String(date.getFullYear()),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  H: (date) => two(date.getHours()),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  N: (_, { nanoseconds }) => String(nanoseconds).padStart(9, '0'),
  s: (_, { seconds }) => String(seconds),
  z: zoneText,
  b: (date) => MONTHS[date.getMonth()] ?? '',
  h: (date) => MONTHS[date.getMonth()] ?? '',
  a: (date) => DAYS[date.getDay()] ?? '',
  A: (date) => FULL_DAYS[date.getDay()] ?? '',
  j: (date) =>
    String(
      Math.floor(
        (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) /
          86_400_000,
      ) + 1,
    ).padStart(3, '0'),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

const SHORTHANDS: Readonly<Record<string, string>> = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
};

/** As date(1), in English; what is not known stays as it is written. */
export function strftime(format: string, time: Timestamp): string {
  const date = new Date(time.seconds * 1000);
  return format
    .replace(/%([FTRD])/g, (whole, letter: string) => SHORTHANDS[letter] ?? whole)
    .replace(/%([A-Za-z%])/g, (whole, letter: string) =>
      Object.hasOwn(CONVERSIONS, letter) ? (CONVERSIONS[letter]?.(date, time) ?? whole) : whole,
    );
}

const HALF_A_YEAR_SECONDS = 31_556_952 / 2;

/** How `ls --time-style` shows times. `now`: milliseconds. Throws `UsageError`. */
export function timeStyle(style: string, now: number): (time: Timestamp) => string {
  const isRecent = ({ seconds }: Timestamp): boolean =>
    seconds > now / 1000 - HALF_A_YEAR_SECONDS && seconds <= now / 1000;
  if (style.startsWith('+')) {
    const [old = '', recent = old] = style.slice(1).split('\n');
    return (time) => strftime(isRecent(time) ? recent : old, time);
  }
  const styles: Readonly<Record<string, (time: Timestamp) => string>> = {
    'full-iso': fullTime,
    'long-iso': (time) => strftime('%F %R', time),
    iso: (time) => strftime(isRecent(time) ? '%m-%d %R' : '%F ', time),
    locale: ({ seconds }) => listingDate(seconds, now),
  };
  const found = Object.hasOwn(styles, style) ? styles[style] : undefined;
  if (found === undefined) throw new UsageError(`invalid argument '${style}' for 'time style'`);
  return found;
}
