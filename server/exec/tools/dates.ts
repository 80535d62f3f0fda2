const DATE =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i;
const STAMP = /^(\d\d)?(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/;

/** Milliseconds since 1970 of a date as programs write it: ISO 8601, `@SECONDS`, `now`. Without a zone: the server's. */
export function parseDate(text: string, now: number): number | undefined {
  const trimmed = text.trim();
  if (trimmed === 'now' || trimmed === '') return now;
  const seconds = /^@(-?\d+(?:\.\d+)?)$/.exec(trimmed)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1000;
  const parts = DATE.exec(trimmed);
  if (parts === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', zone = ''] = parts;
  const offset = /^[+-]\d{4}$/.test(zone)
    ? `${zone.slice(0, 3)}:${zone.slice(3)}`
    : zone.replace(/UTC|GMT/i, 'Z');
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds + Number(`0.${fraction}`) * 1000;
}

/** As `touch -t` has it: `[[CC]YY]MMDDhhmm[.ss]`, in the server's zone. */
export function parseStamp(text: string, now: number): number | undefined {
  const parts = STAMP.exec(text);
  if (parts === null) return undefined;
  const [, first, second, ...rest] = parts;
  const [month = 1, day = 1, hour = 0, minute = 0, seconds = 0] = rest.map((part) => Number(part ?? 0));
  // One group of two digits before is the year in its century.
  const [century, short] = second === undefined ? [undefined, first] : [first, second];
  const year =
    century !== undefined
      ? Number(century + (short ?? ''))
      : short === undefined
        ? new Date(now).getFullYear()
        : Number(short) + (Number(short) < 69 ? 2000 : 1900);
  const date = new Date(year, month - 1, day, hour, minute, seconds);
  const isReal =
    date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60 && seconds < 61;
  return isReal ? date.getTime() : undefined;
}
