import { copyBytes } from '../../copy-bytes.ts';
import { SpareBuffers } from '../../spare-buffers.ts';
import { CHUNK_SIZE, chunkIndexOf, growthOf, spansOf, storedAfterCut, type Span } from '../shared/chunks.ts';
import type { ChunkTable } from './chunk-table.ts';
import { freeMemory } from './free-memory.ts';
import type { InodeTable } from './inode-table.ts';
import type { HeldChunk, OpenContent } from './open-file.ts';
import type { Orphans } from './orphans.ts';
import type { Participant } from './transaction.ts';
import type { UsageCounter } from './usage-counter.ts';
import type { XattrTable } from './xattr-table.ts';

/** Chunks held for one file; the least recently written one goes into the transaction first. */
const HELD_PER_FILE = 8;
/** Bytes held for all files of a storage. */
const HELD_BYTES = 16 * 1024 * 1024;
/** A first piece of at least so many bytes announces a whole chunk, and gets room for it. */
const WHOLE_CHUNK_HINT = 16 * 1024;
/** Buffers kept for the next ones: of a whole chunk, and for what is smaller than the hint. */
const SPARE_WHOLE = 8;
const SPARE_SMALL = 64;
/** Chunks removed at once by a truncation; more are left to the background. */
const REMOVED_AT_ONCE = 64;

/** Bytes of a chunk that was read whose memory is not left to the garbage collector. */
const FREED_AT_ONCE = 32 * 1024;

const EMPTY = new Uint8Array(0);

/**
 * The content of open files. Pieces of chunks gather in memory until a chunk is full, its file is flushed, or memory
 * is short; full chunks go straight into the transaction. Rows of chunks and of their inode always change together.
 */
export class Content implements Participant {
  readonly #chunks: ChunkTable;
  readonly #inodes: InodeTable;
  readonly #usage: UsageCounter;
  readonly #orphans: Orphans;
  readonly #xattrs: XattrTable;
  /** Files with chunk rows in the transaction whose inode rows are not up to date. */
  readonly #touched = new Set<OpenContent>();
  /** Files with dirty chunks or attributes in memory only. */
  readonly #unsaved = new Set<OpenContent>();
  /** Files that were flushed into the transaction that is open. */
  readonly #flushed = new Set<OpenContent>();
  /** Files with chunks in memory, dirty or not. */
  readonly #holders = new Set<OpenContent>();
  readonly #spareWhole = new SpareBuffers(CHUNK_SIZE, SPARE_WHOLE);
  readonly #spareSmall = new SpareBuffers(WHOLE_CHUNK_HINT, SPARE_SMALL);
  #heldBytes = 0;

  constructor(
    chunks: ChunkTable,
    inodes: InodeTable,
    usage: UsageCounter,
    orphans: Orphans,
    xattrs: XattrTable,
  ) {
    this.#chunks = chunks;
    this.#inodes = inodes;
    this.#usage = usage;
    this.#orphans = orphans;
    this.#xattrs = xattrs;
  }

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  /** Bytes that `used` would grow by, with the stored lengths that it was computed from. */
  growth(file: OpenContent, spans: readonly Span[]): number {
    return growthOf(spans, (index) => this.#storedLength(file, index));
  }

  /** Writes one range, whose spans and growth the limits were checked with; a transaction is open. */
  write(
    file: OpenContent,
    position: number,
    bytes: Uint8Array,
    spans: readonly Span[],
    growth: number,
  ): void {
    this.#growTo(file, position + bytes.length);
    for (const span of spans) {
      this.#writeSpan(file, span, bytes.subarray(span.offset, span.offset + span.end - span.start));
    }
    file.inode.size = Math.max(file.inode.size, position + bytes.length);
    this.#account(file, growth);
  }

  /** In a buffer of its own, or in `into` where that has room; holes are zeros. The range lies within the file. */
  read(file: OpenContent, position: number, length: number, into: Uint8Array = EMPTY): Uint8Array {
    if (length === 0) return EMPTY;
    const result = into.length < length ? Buffer.allocUnsafe(length) : into.subarray(0, length);
    for (const { index, start, end, offset } of spansOf(position, length)) {
      const stored = this.#bytesOf(file, index);
      const piece = stored === undefined ? EMPTY : stored.subarray(start, end);
      copyBytes(piece, result, offset);
      if (piece.length < end - start) result.fill(0, offset + piece.length, offset + end - start);
    }
    return result;
  }

  /** The indexes of present chunks that a range meets. */
  presentChunks(file: OpenContent, position: number, length: number): number[] {
    if (length === 0) return [];
    const first = chunkIndexOf(position);
    // The last chunk may be present though the range begins past the end of the file. Past it, rows are an earlier cut's.
    const last = Math.min(chunkIndexOf(position + length - 1), Math.ceil(file.inode.size / CHUNK_SIZE) - 1);
    const present = new Set(this.#chunks.indexesBetween(file.inode.content, first, last));
    for (const index of file.held.keys()) if (index >= first && index <= last) present.add(index);
    return [...present].sort((a, b) => a - b);
  }

  /** The attributes in memory are ahead of the row. */
  markUnsaved(file: OpenContent): void {
    file.unsaved = true;
    this.#unsaved.add(file);
  }

  /** Cuts the file, or lets it grow by a hole. A transaction is open. */
  truncate(file: OpenContent, size: number): void {
    if (size > file.inode.size) this.#growTo(file, size);
    else if (size < file.inode.size) this.#cut(file, size);
    file.inode.size = size;
    this.markUnsaved(file);
  }

  /** Puts everything of the file into the transaction; what was written last stays in memory, to be written on. */
  flush(file: OpenContent): void {
    if (!file.unsaved) return;
    for (const [index, chunk] of file.held) {
      this.#putHeld(file, index, chunk);
      if (file.held.size > 1) this.#drop(file, index);
    }
    this.#inodes.save(file.inode);
    this.#settled(file);
    this.#flushed.add(file);
  }

  /** Puts everything of all files into the transaction. */
  flushAll(): void {
    for (const file of this.#unsaved) this.flush(file);
  }

  /** The file is closed, and flushed where anything of it is to be kept. */
  letGo(file: OpenContent): void {
    for (const index of file.held.keys()) this.#drop(file, index);
    forgetRead(file);
    this.#settled(file);
  }

  /** Lets go of the buffers that wait to be used again. */
  dropSpare(): void {
    this.#spareWhole.clear();
    this.#spareSmall.clear();
  }

  beforeCommit(): void {
    for (const file of this.#touched) this.flush(file);
  }

  committed(): void {
    this.#chunks.takeWritten();
    this.#flushed.clear();
  }

  /** After a rollback: lets go of what is in memory, and answers the files that lost what was acknowledged. */
  loseUnsaved(): ReadonlySet<OpenContent> {
    const lost = new Set([...this.#unsaved, ...this.#flushed]);
    for (const file of lost) this.letGo(file);
    this.#chunks.takeWritten();
    this.#flushed.clear();
    return lost;
  }

  #account(file: OpenContent, growth: number): void {
    file.inode.used += growth;
    this.#usage.add(growth, 0);
    this.markUnsaved(file);
  }

  #settled(file: OpenContent): void {
    file.unsaved = false;
    this.#unsaved.delete(file);
    this.#touched.delete(file);
  }

  /** Chunks that an earlier cut left to the background must not come back as content. */
  #growTo(file: OpenContent, size: number): void {
    if (size > file.inode.size && this.#orphans.has(file.inode.content))
      this.#orphans.finish(file.inode.content);
  }

  #storedLength(file: OpenContent, index: number): number {
    const held = file.held.get(index);
    if (held !== undefined) return held.length;
    return index * CHUNK_SIZE >= file.inode.size ? 0 : this.#chunks.length(file.inode.content, index);
  }

  /** Good until the next call. */
  #bytesOf(file: OpenContent, index: number): Uint8Array | undefined {
    const held = file.held.get(index);
    if (held !== undefined) return held.bytes.subarray(0, held.length);
    if (file.lastRead?.index === index) return file.lastRead.bytes;
    forgetRead(file);
    const bytes = this.#chunks.get(file.inode.content, index);
    if (bytes !== undefined) file.lastRead = { index, bytes };
    return bytes;
  }

  #putHeld(file: OpenContent, index: number, chunk: HeldChunk): void {
    if (!chunk.dirty) return;
    // A row of another length is written anew.
    const changed = chunk.length === chunk.stored ? chunk.changed : chunk.length;
    this.#put(file, index, chunk.bytes.subarray(0, chunk.length), changed);
    Object.assign(chunk, { dirty: false, stored: chunk.length, changed: 0 });
  }

  #put(file: OpenContent, index: number, bytes: Uint8Array, changed = bytes.length): void {
    this.#chunks.put(file.inode.content, index, bytes, changed);
    if (file.lastRead?.index === index) forgetRead(file);
    this.#touched.add(file);
    this.markUnsaved(file);
  }

  #writeSpan(file: OpenContent, { index, start, end }: Span, piece: Uint8Array): void {
    if (start === 0 && end === CHUNK_SIZE) {
      this.#put(file, index, piece);
      this.#drop(file, index);
      return;
    }
    const chunk = this.#hold(file, index, start, end);
    if (start > chunk.length) chunk.bytes.fill(0, chunk.length, start);
    copyBytes(piece, chunk.bytes, start);
    chunk.length = Math.max(chunk.length, end);
    chunk.dirty = true;
    chunk.changed += piece.length;
    if (end === CHUNK_SIZE) {
      this.#putHeld(file, index, chunk);
      this.#drop(file, index);
    } else this.#spill(file);
  }

  /** The chunk in memory, with room up to `end`; loaded where the write leaves some of the old bytes. */
  #hold(file: OpenContent, index: number, start: number, end: number): HeldChunk {
    const held = file.held.get(index);
    const chunk = held ?? this.#load(file, index, start, end);
    if (held !== undefined) file.held.delete(index);
    file.held.set(index, chunk);
    this.#holders.add(file);
    if (chunk.bytes.length < end) this.#enlarge(chunk, end);
    return chunk;
  }

  #load(file: OpenContent, index: number, start: number, end: number): HeldChunk {
    const stored = this.#storedLength(file, index);
    const kept = start === 0 && end >= stored ? 0 : stored;
    const room = Math.max(kept, end);
    const bytes = this.#bufferFor(room - start >= WHOLE_CHUNK_HINT ? CHUNK_SIZE : room);
    if (kept > 0) bytes.set(this.#bytesOf(file, index) ?? EMPTY);
    this.#heldBytes += bytes.length;
    return { bytes, length: kept, dirty: false, stored, changed: 0 };
  }

  #enlarge(chunk: HeldChunk, end: number): void {
    const room = Math.min(CHUNK_SIZE, Math.max(end, chunk.bytes.length * 4));
    const bytes = this.#bufferFor(room);
    bytes.set(chunk.bytes.subarray(0, chunk.length));
    this.#heldBytes += bytes.length - chunk.bytes.length;
    this.#giveBack(chunk.bytes);
    chunk.bytes = bytes;
  }

  /** With room for so many bytes; what is in it is arbitrary. */
  #bufferFor(room: number): Uint8Array {
    if (room <= WHOLE_CHUNK_HINT) return this.#spareSmall.take();
    return room === CHUNK_SIZE ? this.#spareWhole.take() : Buffer.allocUnsafeSlow(room);
  }

  #giveBack(buffer: Uint8Array): void {
    this.#spareWhole.giveBack(buffer);
    this.#spareSmall.giveBack(buffer);
  }

  #drop(file: OpenContent, index: number): void {
    const chunk = file.held.get(index);
    if (chunk === undefined) return;
    file.held.delete(index);
    if (file.held.size === 0) this.#holders.delete(file);
    this.#heldBytes -= chunk.bytes.length;
    this.#giveBack(chunk.bytes);
  }

  /** Keeps what is held within bounds: of this file, then of all. */
  #spill(file: OpenContent): void {
    while (file.held.size > HELD_PER_FILE) this.#spillOldest(file);
    if (this.#heldBytes <= HELD_BYTES) return;
    for (const other of this.#holders) {
      while (other.held.size > 0 && this.#heldBytes > HELD_BYTES) this.#spillOldest(other);
    }
  }

  #spillOldest(file: OpenContent): void {
    for (const [index, chunk] of file.held) {
      this.#putHeld(file, index, chunk);
      this.#drop(file, index);
      return;
    }
  }

  #cut(file: OpenContent, size: number): void {
    this.flush(file);
    for (const index of file.held.keys()) this.#drop(file, index);
    forgetRead(file);
    const keptChunks = Math.ceil(size / CHUNK_SIZE);
    const freed = this.#freedFrom(file, keptChunks) + this.#cutLast(file, size);
    this.#removeFrom(file, keptChunks);
    this.#touched.add(file);
    this.#account(file, -freed);
  }

  /** Few chunks go at once; so do those of a file without a name, whose orphan row stands for all of it already. */
  #removeFrom(file: OpenContent, keptChunks: number): void {
    const { inode } = file;
    const removed = Math.ceil(inode.size / CHUNK_SIZE) - keptChunks;
    const few = removed <= REMOVED_AT_ONCE && !this.#orphans.has(inode.content);
    if (few || inode.nlink === 0) this.#chunks.removeFrom(inode.content, keptChunks);
    else this.#orphanFrom(file, keptChunks);
  }

  /** Cuts the chunk that holds the new end, and answers the bytes that this frees. */
  #cutLast(file: OpenContent, size: number): number {
    const index = chunkIndexOf(Math.max(0, size - 1));
    const stored = this.#chunks.length(file.inode.content, index);
    const left = storedAfterCut(index, stored, size);
    if (left === 0 || left === stored) return 0;
    const bytes = this.#chunks.get(file.inode.content, index) ?? EMPTY;
    this.#chunks.put(file.inode.content, index, bytes.subarray(0, left));
    return stored - left;
  }

  /** Stored bytes of the chunks from `first` on, counted over the shorter side. The file is flushed and not cut yet. */
  #freedFrom({ inode }: OpenContent, first: number): number {
    const end = Math.ceil(inode.size / CHUNK_SIZE);
    return first < end - first
      ? inode.used - this.#xattrs.bytesOf(inode.ino) - this.#chunks.bytesBetween(inode.content, 0, first - 1)
      : this.#chunks.bytesBetween(inode.content, first, end - 1);
  }

  /** Leaves many chunks to the background: an emptied file gets a new content, so that it can grow again at once. */
  #orphanFrom({ inode }: OpenContent, first: number): void {
    this.#orphans.add(inode.content, first, 0, false);
    if (first === 0) inode.content = this.#inodes.allocate();
  }
}

/** Nobody has a part of it: what is read is copied. */
function forgetRead(file: OpenContent): void {
  if (file.lastRead !== undefined && file.lastRead.bytes.length >= FREED_AT_ONCE)
    freeMemory(file.lastRead.bytes);
  file.lastRead = undefined;
}
