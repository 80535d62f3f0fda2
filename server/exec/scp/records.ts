/*
 * The control lines of scp's old protocol, which is rcp's: what OpenSSH's scp.c sends and takes, messages included.
 */

/** Bytes of a line at most, its newline included. */
export const LINE_MAX = 2047;

/** A wrong line. The message is for the other side. */
export class ScpProtocolError extends Error {
  override readonly name = 'ScpProtocolError';
}

export type ScpRecord =
  | { readonly kind: 'times'; readonly times: ScpTimes | undefined }
  | {
      readonly kind: 'file' | 'directory';
      readonly mode: number;
      readonly size: bigint;
      readonly name: Uint8Array;
    };

/** Seconds and microseconds since 1970. */
export interface ScpTimes {
  readonly mtime: readonly [seconds: number, microseconds: number];
  readonly atime: readonly [seconds: number, microseconds: number];
}

/** What OpenSSH's off_t and time_t hold. */
const INT64_MAX = 2n ** 63n - 1n;

/** `line` comes without its newline and begins with `T`, `C` or `D`. */
export function parseRecord(line: Buffer): ScpRecord {
  return line[0] === 0x54 ? parseTimes(line.toString('latin1')) : parseEntry(line);
}

function parseTimes(line: string): ScpRecord {
  const fields = [
    ['mtime.sec', ' '],
    ['mtime.usec', ' '],
    ['atime.sec', ' '],
    ['atime.usec', ''],
  ] as const;
  const values: bigint[] = [];
  let rest = line.slice(1);
  for (const [name, end] of fields) {
    const digits = /^\d+/.exec(rest)?.[0];
    if (digits === undefined)
      throw new ScpProtocolError(name.endsWith('.sec') ? `${name} not present` : `${name} not delimited`);
    rest = rest.slice(digits.length);
    const value = BigInt(digits);
    const isDelimited = end === '' ? rest === '' : rest.startsWith(end);
    if (!isDelimited || (name.endsWith('.usec') && value > 999_999n))
      throw new ScpProtocolError(`${name} not delimited`);
    rest = rest.slice(1);
    values.push(value);
  }
  const [mtime = 0n, mtimeMicros = 0n, atime = 0n, atimeMicros = 0n] = values;
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  if (mtime > max || atime > max) return { kind: 'times', times: undefined };
  return {
    kind: 'times',
    times: { mtime: [Number(mtime), Number(mtimeMicros)], atime: [Number(atime), Number(atimeMicros)] },
  };
}

function parseEntry(line: Buffer): ScpRecord {
  const text = line.toString('latin1');
  if (!/^[0-7]{4}$/.test(text.slice(1, 5))) throw new ScpProtocolError('bad mode');
  if (text[5] !== ' ') throw new ScpProtocolError('mode not delimited');
  const digits = /^\d+/.exec(text.slice(6))?.[0];
  if (digits === undefined) throw new ScpProtocolError('size not present');
  const name = 6 + digits.length + 1;
  if (text[name - 1] !== ' ') throw new ScpProtocolError('size not delimited');
  const size = BigInt(digits);
  if (size > INT64_MAX) throw new ScpProtocolError('size out of range');
  return {
    kind: text[0] === 'C' ? 'file' : 'directory',
    mode: parseInt(text.slice(1, 5), 8),
    size,
    name: line.subarray(name),
  };
}

/** A name that holds a newline as strnvis(3) with VIS_NL writes it: printable ASCII and spaces as they are, all else encoded. */
export function visibleName(name: Uint8Array): string {
  let text = '';
  for (const byte of name) text += visibleByte(byte);
  return text;
}

function visibleByte(byte: number): string {
  const isPlain = (byte > 0x20 && byte < 0x7f) || byte === 0x20 || byte === 0x09;
  if (byte === 0x5c) return '\\\\';
  if (isPlain) return String.fromCharCode(byte);
  if ((byte & 0x7f) === 0x20) return `\\${byte.toString(8).padStart(3, '0')}`;
  const meta = byte & 0x80 ? 'M' : '';
  const low = byte & 0x7f;
  if (low === 0x7f) return `\\${meta}^?`;
  return low < 0x20
    ? `\\${meta}^${String.fromCharCode(low + 0x40)}`
    : `\\${meta}-${String.fromCharCode(low)}`;
}
