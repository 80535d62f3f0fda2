import type { ByteReader } from '../input.ts';
import {
  BLOCK,
  paddingOf,
  parseHeader,
  parseSparseBlock,
  TarError,
  type SparsePart,
  type TarHeader,
} from './header.ts';

/** Bytes of a long name, or of extended attributes, at most. */
const EXTENSION_MAX = 1024 * 1024;
/** Parts of a sparse file at most. */
const PARTS_MAX = 1_000_000;

/** One thing in an archive, with what came before its header put in. */
export interface TarEntry extends Pick<TarHeader, 'type' | 'mode' | 'uid' | 'gid' | 'user' | 'group'> {
  readonly name: Buffer;
  readonly link: Buffer;
  readonly mtime: { readonly seconds: number; readonly nanoseconds: number };
  /** Bytes of the file. */
  readonly size: number;
  /** Where its bytes in the archive belong; absent: from its beginning to its end. */
  readonly parts?: readonly SparsePart[] | undefined;
}

type Attributes = Map<string, Buffer>;

/** Reads an archive from its first byte to its last. */
export class TarReader {
  readonly #input: ByteReader;
  /** Of the present entry, in the archive. */
  #left = 0;
  #padding = 0;
  #global: Attributes = new Map();

  constructor(input: ByteReader) {
    this.#input = input;
  }

  /** The next entry; what was not read of the last one is skipped. Undefined at the end. */
  async next(): Promise<TarEntry | undefined> {
    let name: Buffer | undefined;
    let link: Buffer | undefined;
    let attributes: Attributes = new Map();
    for (;;) {
      await this.#skip();
      const block = await this.#block();
      const header = block === undefined ? undefined : parseHeader(block);
      if (header === undefined) return undefined;
      this.#left = header.size;
      this.#padding = paddingOf(header.size);
      if (header.type === 'long name') name = withoutEnd(await this.#extension());
      else if (header.type === 'long link') link = withoutEnd(await this.#extension());
      else if (header.type === 'pax') attributes = parseAttributes(await this.#extension());
      else if (header.type === 'global pax') this.#global = parseAttributes(await this.#extension());
      else return this.#entry(header, name, link, new Map([...this.#global, ...attributes]));
    }
  }

  /** Fills the target from the present entry, in the order of the archive; fewer bytes only at the entry's end. */
  async read(target: Uint8Array): Promise<number> {
    const part = target.subarray(0, Math.min(target.length, this.#left));
    if ((await this.#input.fill(part)) < part.length) throw new TarError('Unexpected EOF in archive');
    this.#left -= part.length;
    return part.length;
  }

  /** The rest of the stream, so that who writes it is not cut off. */
  async drain(): Promise<void> {
    while ((await this.#input.some(BLOCK * 128)) !== undefined);
  }

  async #entry(
    header: TarHeader,
    name: Buffer | undefined,
    link: Buffer | undefined,
    attributes: Attributes,
  ): Promise<TarEntry> {
    const size = attributes.get('size');
    if (size !== undefined && header.type === 'file') {
      this.#left = numberOf(size);
      this.#padding = paddingOf(this.#left);
    }
    const entry = {
      type: header.type,
      mode: header.mode,
      uid: integerOf(attributes.get('uid')) ?? header.uid,
      gid: integerOf(attributes.get('gid')) ?? header.gid,
      user: attributes.get('uname') ?? header.user,
      group: attributes.get('gname') ?? header.group,
      name: attributes.get('GNU.sparse.name') ?? attributes.get('path') ?? name ?? header.name,
      link: attributes.get('linkpath') ?? link ?? header.link,
      mtime: timeOf(attributes.get('mtime')) ?? { seconds: header.mtime, nanoseconds: 0 },
      size: header.type === 'file' ? this.#left : 0,
    };
    const sparse = await this.#sparse(header, attributes);
    return sparse === undefined ? entry : { ...entry, type: 'file', ...sparse };
  }

  /** A sparse file by one of the four ways in which GNU tar has written them. */
  async #sparse(
    header: TarHeader,
    attributes: Attributes,
  ): Promise<Pick<TarEntry, 'size' | 'parts'> | undefined> {
    if (header.sparse !== undefined) {
      const parts = [...header.sparse.parts];
      let { isContinued } = header.sparse;
      while (isContinued) {
        const more = parseSparseBlock(await this.#needed(BLOCK));
        parts.push(...more.parts);
        isContinued = more.isContinued;
        if (parts.length > PARTS_MAX) throw new TarError('a sparse file has too many parts');
      }
      return { size: header.sparse.realSize, parts };
    }
    const size = attributes.get('GNU.sparse.realsize') ?? attributes.get('GNU.sparse.size');
    if (size === undefined || header.type !== 'file') return undefined;
    const map = attributes.get('GNU.sparse.map');
    const parts =
      map === undefined ? await this.#mapInContent() : pairsOf(map.toString('latin1').split(',').map(Number));
    return { size: numberOf(size), parts };
  }

  /** Version 1.0: numbers in lines before the content, filled up to a block. */
  async #mapInContent(): Promise<SparsePart[]> {
    const numbers: number[] = [];
    let line = '';
    for (;;) {
      const block = Buffer.alloc(BLOCK);
      if ((await this.read(block)) < BLOCK) throw new TarError('a sparse file has a damaged map');
      const lines = (line + block.toString('latin1')).split('\n');
      line = lines.pop() ?? '';
      numbers.push(...lines.map(Number));
      const count = numbers[0] ?? 0;
      if (!Number.isInteger(count) || count < 0 || count > PARTS_MAX || line.length > BLOCK)
        throw new TarError('a sparse file has a damaged map');
      if (numbers.length > count * 2) return pairsOf(numbers.slice(1, 1 + count * 2));
    }
  }

  async #extension(): Promise<Buffer> {
    if (this.#left > EXTENSION_MAX) throw new TarError('a name or an attribute in the archive is too long');
    const bytes = Buffer.alloc(this.#left);
    await this.read(bytes);
    return bytes;
  }

  async #skip(): Promise<void> {
    for (let left = this.#left + this.#padding; left > 0;) {
      const bytes = await this.#input.some(left);
      if (bytes === undefined) throw new TarError('Unexpected EOF in archive');
      left -= bytes.length;
    }
    this.#left = 0;
    this.#padding = 0;
  }

  /** An archive may end without its blocks of zeros. */
  async #block(): Promise<Buffer | undefined> {
    const block = Buffer.alloc(BLOCK);
    const length = await this.#input.fill(block);
    if (length === 0) return undefined;
    if (length < BLOCK) throw new TarError('Unexpected EOF in archive');
    return block;
  }

  async #needed(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    if ((await this.#input.fill(bytes)) < length) throw new TarError('Unexpected EOF in archive');
    return bytes;
  }
}

function withoutEnd(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Records `LENGTH KEY=VALUE\n` (POSIX, pax). */
function parseAttributes(bytes: Buffer): Attributes {
  const attributes: Attributes = new Map();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? 0 : Number(bytes.toString('latin1', at, space));
    const record = bytes.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    if (!Number.isInteger(length) || length <= 0 || at + length > bytes.length || equals < 0)
      throw new TarError('an attribute in the archive is damaged');
    attributes.set(record.toString('latin1', 0, equals), record.subarray(equals + 1));
    at += length;
  }
  return attributes;
}

function numberOf(bytes: Buffer): number {
  const number = Number(bytes.toString('latin1'));
  if (!Number.isSafeInteger(number) || number < 0)
    throw new TarError('a size in the archive is out of range');
  return number;
}

function integerOf(bytes: Buffer | undefined): number | undefined {
  const number = Number(bytes?.toString('latin1'));
  return bytes !== undefined && Number.isSafeInteger(number) ? number : undefined;
}

function timeOf(bytes: Buffer | undefined): TarEntry['mtime'] | undefined {
  const [, seconds, fraction = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(bytes?.toString('latin1') ?? '') ?? [];
  if (seconds === undefined || !Number.isSafeInteger(Number(seconds))) return undefined;
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  const isBefore = seconds.startsWith('-') && nanoseconds > 0;
  return isBefore
    ? { seconds: Number(seconds) - 1, nanoseconds: 1e9 - nanoseconds }
    : { seconds: Number(seconds), nanoseconds };
}

function pairsOf(numbers: readonly number[]): SparsePart[] {
  const parts: SparsePart[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    const [offset = Number.NaN, length = Number.NaN] = numbers.slice(at, at + 2);
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0)
      throw new TarError('a sparse file has a damaged map');
    parts.push({ offset, length });
  }
  return parts;
}
