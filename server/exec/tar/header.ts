/*
 * The blocks of a tar archive: POSIX ustar, and what GNU tar writes beyond it. tar(5), and "Basic Tar Format" in GNU tar's manual.
 */

export const BLOCK = 512;
/** GNU tar fills its last record of 20 blocks. */
export const RECORD = 20 * BLOCK;

/** What an entry is, by its letter. */
export type TarType =
  | 'file'
  | 'hard link'
  | 'symlink'
  | 'directory'
  | 'sparse'
  | 'long name'
  | 'long link'
  | 'pax'
  | 'global pax'
  | 'other';

const TYPES: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hard link',
  '2': 'symlink',
  '5': 'directory',
  S: 'sparse',
  L: 'long name',
  K: 'long link',
  x: 'pax',
  X: 'pax',
  g: 'global pax',
};
const LETTERS: Readonly<Partial<Record<TarType, string>>> = {
  file: '0',
  'hard link': '1',
  symlink: '2',
  directory: '5',
  'long name': 'L',
  'long link': 'K',
};

/** A run of bytes that a sparse file has; the rest are zeros. */
export interface SparsePart {
  readonly offset: number;
  readonly length: number;
}

export interface TarHeader {
  readonly type: TarType;
  /** Bytes as they came. */
  readonly name: Buffer;
  readonly link: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly user: Buffer;
  readonly group: Buffer;
  /** Of an old sparse file: the first of its parts, whether more blocks of them follow, and its real size. */
  readonly sparse?:
    | { readonly parts: readonly SparsePart[]; readonly isContinued: boolean; readonly realSize: number }
    | undefined;
}

/** The archive is none, or it is damaged. The message is for a person. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/** Undefined for a block of zeros, which ends an archive. */
export function parseHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (numberAt(block, 148, 8) !== checksum(block))
    throw new TarError('This does not look like a tar archive');
  const type = TYPES[String.fromCharCode(block[156] ?? 0)] ?? 'other';
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? textAt(block, 345, 155) : Buffer.alloc(0);
  const name = textAt(block, 0, 100);
  return {
    type: type === 'file' && name.at(-1) === 0x2f ? 'directory' : type,
    name: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    link: textAt(block, 157, 100),
    mode: numberAt(block, 100, 8) & 0o7777,
    uid: numberAt(block, 108, 8),
    gid: numberAt(block, 116, 8),
    size: sizeAt(block, 124),
    mtime: numberAt(block, 136, 12),
    user: textAt(block, 265, 32),
    group: textAt(block, 297, 32),
    sparse:
      type === 'sparse'
        ? { parts: sparseParts(block, 386, 4), isContinued: block[482] === 1, realSize: sizeAt(block, 483) }
        : undefined,
  };
}

/** The parts in a block that continues an old sparse header, and whether another one follows. */
export function parseSparseBlock(block: Buffer): {
  readonly parts: SparsePart[];
  readonly isContinued: boolean;
} {
  return { parts: sparseParts(block, 0, 21), isContinued: block[504] === 1 };
}

function sparseParts(block: Buffer, start: number, count: number): SparsePart[] {
  const parts: SparsePart[] = [];
  for (let at = start; at < start + count * 24 && block[at] !== 0; at += 24) {
    parts.push({ offset: sizeAt(block, at), length: sizeAt(block, at + 12) });
  }
  return parts;
}

function textAt(block: Buffer, start: number, length: number): Buffer {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end);
}

/** Octal digits, or with the highest bit set a binary number. */
function numberAt(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  if (((field[0] ?? 0) & 0x80) === 0) {
    const digits = /[0-7]+/.exec(field.toString('latin1'))?.[0];
    return digits === undefined ? 0 : parseInt(digits, 8);
  }
  const isNegative = field[0] === 0xff;
  let value = 0n;
  for (const [index, byte] of field.entries())
    value = (value << 8n) | BigInt(index === 0 && !isNegative ? byte & 0x7f : byte);
  return Number(isNegative ? BigInt.asIntN(length * 8, value) : value);
}

function sizeAt(block: Buffer, start: number): number {
  const size = numberAt(block, start, 12);
  if (!Number.isSafeInteger(size) || size < 0) throw new TarError('a size in the archive is out of range');
  return size;
}

/** The sum of all bytes, those of the sum itself as spaces. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0 : (block[at] ?? 0);
  return sum;
}

/** One header in GNU tar's format. Names longer than its fields must have gone before as entries of their own. */
export function encodeHeader(header: Omit<TarHeader, 'sparse'>): Buffer {
  const block = Buffer.alloc(BLOCK);
  header.name.copy(block, 0, 0, 100);
  putNumber(block, 100, 8, header.mode);
  putNumber(block, 108, 8, header.uid);
  putNumber(block, 116, 8, header.gid);
  putNumber(block, 124, 12, header.size);
  putNumber(block, 136, 12, header.mtime);
  block.write(LETTERS[header.type] ?? '0', 156, 'latin1');
  header.link.copy(block, 157, 0, 100);
  block.write('ustar  \0', 257, 'latin1');
  header.user.copy(block, 265, 0, 31);
  header.group.copy(block, 297, 0, 31);
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function putNumber(block: Buffer, start: number, length: number, value: number): void {
  const digits = value.toString(8);
  if (value >= 0 && digits.length < length) {
    block.write(digits.padStart(length - 1, '0'), start, 'latin1');
    return;
  }
  let rest = BigInt.asUintN(length * 8, BigInt(value));
  for (let at = start + length - 1; at >= start; at--) {
    block[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (value >= 0) block[start] = (block[start] ?? 0) | 0x80;
}

/** Bytes up to the end of the block. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
