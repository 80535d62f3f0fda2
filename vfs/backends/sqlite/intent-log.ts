import { closeSync, constants, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { IntentWriter, readIntents, type Intent, type Value } from './intent-record.ts';

/** Before each group: bytes of its changes, checksum, epoch, place among the groups of the epoch. */
const HEADER_BYTES = 4 + 4 + 8 + 4;
/** Bytes of a group's changes; what is more goes to the database, where it has to go anyway. */
const GROUP_BYTES_MAX = 64 * 1024;
/**
 * Bytes of all groups: little enough that what they change stays in SQLite's cache, so that they can be made again on a full disk, and that
 * their commit does not take long.
 */
const LOG_BYTES_MAX = 256 * 1024;
/** Only the server's own user may read a storage. */
const FILE_MODE = 0o600;

/**
 * The intent log of a storage: groups of changes that were promised and are in SQLite's open transaction, but not committed by it
 * yet. A commit writes whole pages, several of them for the smallest change; so many groups share one. After a crash, and after a rollback, what the log has is made again.
 *
 * It is valid for one state of the database, which has the same epoch. Each commit gives the database another one, and the log
 * begins anew. It survives the end of the process; what must survive the loss of power is committed.
 */
export class IntentLog {
  readonly #file: string;
  readonly #pending = new IntentWriter(HEADER_BYTES, GROUP_BYTES_MAX);
  #descriptor: number | undefined;
  #epoch: number;
  /** Groups and bytes that are promised in this epoch. */
  #groups = 0;
  #length = 0;
  /** What is pending is more than a group may be. */
  #isTooLarge = false;

  /** `epoch`: the database's. */
  constructor(storageFile: string, epoch: number) {
    this.#file = `${storageFile}-intents`;
    this.#epoch = epoch;
  }

  /** Nothing is promised that is not committed. */
  get isEmpty(): boolean {
    return this.#groups === 0;
  }

  /** A change that has been made in the transaction. */
  add(change: number, values: readonly Value[]): void {
    if (!this.#isTooLarge) this.#isTooLarge = !this.#pending.add(change, values);
  }

  /** Keeps what is pending as one group, and all of it or nothing. False where it cannot: then it must be committed. */
  append(): boolean {
    const size = HEADER_BYTES + this.#pending.length;
    if (this.#isTooLarge || this.#length + size > LOG_BYTES_MAX) return false;
    if (this.#pending.length === 0) return true;
    const group = this.#pending.bytes;
    writeHeader(group, this.#epoch, this.#groups);
    if (!this.#write(group)) return false;
    this.#groups += 1;
    this.#length += size;
    this.#pending.clear();
    return true;
  }

  /** Forgets what is pending: it is undone. */
  forgetPending(): void {
    this.#pending.clear();
    this.#isTooLarge = false;
  }

  /** The epoch that the database is to be given with the next commit. */
  nextEpoch(): number {
    let next = this.#epoch;
    while (next === this.#epoch) next = newEpoch();
    return next;
  }

  /** Everything is committed, and the database is in this epoch. */
  committed(epoch: number): void {
    this.forgetPending();
    this.#epoch = epoch;
    this.#groups = 0;
    this.#length = 0;
  }

  /** What is promised, in the order in which it was made. Throws what `node:fs` throws. */
  *promised(): Iterable<Intent> {
    if (this.isEmpty || this.#descriptor === undefined) return;
    const bytes = readUpTo(this.#descriptor, this.#length);
    let at = 0;
    for (let group = 0; group < this.#groups; group++) {
      const changes = groupAt(bytes, at, this.#epoch, group);
      if (changes === undefined) throw new Error('the intent log has changed under its owner');
      yield* readIntents(changes);
      at += HEADER_BYTES + changes.length;
    }
  }

  /** Takes up what an owner before this one has left. Throws what `node:fs` throws. */
  recover(): void {
    this.#descriptor = openIfThere(this.#file);
    if (this.#descriptor === undefined) return;
    const bytes = readUpTo(this.#descriptor, LOG_BYTES_MAX);
    for (;;) {
      const changes = groupAt(bytes, this.#length, this.#epoch, this.#groups);
      if (changes === undefined) return;
      this.#groups += 1;
      this.#length += HEADER_BYTES + changes.length;
    }
  }

  /** Memory that only somebody who works needs. */
  dropSpare(): void {
    if (this.#pending.length === 0) this.#pending.drop();
  }

  /** After the database is closed. The file stays where something in it is not committed. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    if (this.isEmpty) rmSync(this.#file, { force: true });
  }

  /** False where there is no room. */
  #write(group: Buffer): boolean {
    try {
      this.#descriptor ??= openSync(this.#file, constants.O_RDWR | constants.O_CREAT, FILE_MODE);
      for (let at = 0; at < group.length;)
        at += writeSync(this.#descriptor, group, at, group.length - at, this.#length + at);
      return true;
    } catch {
      return false;
    }
  }
}

/** Not 0, which a file of zeros would have. */
export function newEpoch(): number {
  return randomInt(1, 2 ** 48 - 1);
}

function writeHeader(group: Buffer, epoch: number, place: number): void {
  group.writeUInt32LE(group.length - HEADER_BYTES, 0);
  group.writeDoubleLE(epoch, 8);
  group.writeUInt32LE(place, 16);
  group.writeUInt32LE(checksumOf(group), 4);
}

/** Of all but itself. */
function checksumOf(group: Buffer): number {
  return crc32(group.subarray(8), crc32(group.subarray(0, 4)));
}

/** The changes of the group that begins there; absent where none does, or only a part of one. */
function groupAt(bytes: Buffer, at: number, epoch: number, place: number): Buffer | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const end = at + HEADER_BYTES + bytes.readUInt32LE(at);
  if (end > bytes.length) return undefined;
  const group = bytes.subarray(at, end);
  const isNext = group.readDoubleLE(8) === epoch && group.readUInt32LE(16) === place;
  if (!isNext || group.readUInt32LE(4) !== checksumOf(group)) return undefined;
  return group.subarray(HEADER_BYTES);
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDWR);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function readUpTo(descriptor: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const more = readSync(descriptor, bytes, read, length - read, read);
    if (more === 0) break;
    read += more;
  }
  return bytes.subarray(0, read);
}
