import { VfsError } from '../../vfs/errors.ts';
import type { FileType, Stats, StatsChange, Timestamp } from '../../vfs/stats.ts';
import { ATTRIBUTE } from './protocol.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

const KNOWN =
  ATTRIBUTE.SIZE | ATTRIBUTE.UIDGID | ATTRIBUTE.PERMISSIONS | ATTRIBUTE.ACMODTIME | ATTRIBUTE.EXTENDED;
const ALL = ATTRIBUTE.SIZE | ATTRIBUTE.UIDGID | ATTRIBUTE.PERMISSIONS | ATTRIBUTE.ACMODTIME;
const MODE_BITS = 0o7777;
const SECONDS_MAX = 0xffff_ffff;

/** S_IFMT of stat(2). */
const TYPE_BITS: Readonly<Record<FileType, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
};

/** ATTRS in a request (section 5): what a client wants changed. Attributes of vendors are skipped. */
export function readAttributes(reader: WireReader): StatsChange {
  const flags = reader.uint32();
  if ((flags & ~KNOWN) !== 0) throw new VfsError('EINVAL', { detail: 'unknown attributes' });
  const size = flags & ATTRIBUTE.SIZE ? reader.uint64() : undefined;
  const uid = flags & ATTRIBUTE.UIDGID ? reader.uint32() : undefined;
  const gid = flags & ATTRIBUTE.UIDGID ? reader.uint32() : undefined;
  const mode = flags & ATTRIBUTE.PERMISSIONS ? reader.uint32() & MODE_BITS : undefined;
  const atime = flags & ATTRIBUTE.ACMODTIME ? wholeSeconds(reader.uint32()) : undefined;
  const mtime = flags & ATTRIBUTE.ACMODTIME ? wholeSeconds(reader.uint32()) : undefined;
  if (flags & ATTRIBUTE.EXTENDED) skipExtended(reader);
  return { size, uid, gid, mode, atime, mtime };
}

/** Ends at the packet's end at the latest, whatever count it claims. */
function skipExtended(reader: WireReader): void {
  for (let count = reader.uint32(); count > 0; count--) {
    reader.bytes();
    reader.bytes();
  }
}

function wholeSeconds(seconds: number): Timestamp {
  return { seconds, nanoseconds: 0 };
}

/** True when a client asked for nothing. */
export function isEmpty(change: StatsChange): boolean {
  return Object.values(change).every((value) => value === undefined);
}

/** ATTRS in a reply, all of version 3. */
export function writeAttributes(writer: WireWriter, stats: Stats): void {
  writer.uint32(ALL);
  writer.uint64(stats.size);
  writer.uint32(stats.uid);
  writer.uint32(stats.gid);
  writer.uint32(fullMode(stats));
  writer.uint32(clampedSeconds(stats.atime));
  writer.uint32(clampedSeconds(stats.mtime));
}

/** ATTRS that say nothing. */
export function writeNoAttributes(writer: WireWriter): void {
  writer.uint32(0);
}

/** `st_mode` of stat(2): the type and the permission bits. */
export function fullMode({ type, mode }: Stats): number {
  return TYPE_BITS[type] | mode;
}

function clampedSeconds({ seconds }: Timestamp): number {
  return Math.min(Math.max(seconds, 0), SECONDS_MAX);
}
