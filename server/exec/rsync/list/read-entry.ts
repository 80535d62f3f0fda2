import { protocolError } from '../exit.ts';
import type { Input } from '../wire/input.ts';
import { ENTRY, type Entry } from './entry.ts';
import { skipAcls } from './acls.ts';
import type { ReceivedXattrs } from '../xattrs/received-xattrs.ts';
import type { FileList } from './file-list.ts';
import { FLAG } from './flags.ts';
import { isDevice, isDirectory, isFile, isKnownType, isSpecial, isSymlink } from './modes.ts';
import { PATH_BYTES_MAX, receivedName } from './received-name.ts';
import type { ListShape } from './shape.ts';

/** What an entry may leave out because the one before has the same. */
export interface Previous {
  /** As it was sent. */
  readonly name: string;
  readonly seconds: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Before protocol 30: the device that hard links are on. */
  readonly device: number;
}

export const FIRST: Previous = { name: '', seconds: 0, mode: 0, uid: 0, gid: 0, device: 0 };

export interface ReadEntry {
  readonly entry: Entry;
  readonly previous: Previous;
  /** Before protocol 30, of what may be hard-linked: names with the same one are. */
  readonly identity: string | undefined;
  /** The number of its set of extended attributes; -1 without `-X`. */
  readonly xattrs: number;
}

/** What entries refer to of what came before. */
export interface Earlier {
  readonly list: FileList;
  /** Absent without `-X`. */
  readonly xattrs: ReceivedXattrs | undefined;
}

/** An end of the list, with the sender's error bits. */
export interface ListEnd {
  readonly ioError: number;
}

/** Reads one entry or the end (recv_file_list and recv_file_entry, flist.c). */
export function readEntry(
  input: Input,
  shape: ListShape,
  previous: Previous,
  earlier: Earlier,
): ReadEntry | ListEnd {
  const flags = readFlags(input, shape);
  if (flags === 0) return { ioError: shape.variableFlags ? input.varint() : 0 };
  if (!shape.variableFlags && flags === (FLAG.extended | FLAG.endWithError) && shape.protocol >= 28) {
    if (!shape.safeList) throw protocolError('the file list ends in a way that was not agreed on');
    return { ioError: input.varint() };
  }
  const sent = readName(input, shape, flags, previous.name);
  const name = receivedName(sent, shape.relative);
  const linked = shape.hardLinks && shape.protocol >= 30 && (flags & FLAG.hardLinked) !== 0;
  if (linked && (flags & FLAG.hardLinkFirst) === 0)
    return likeFirst(input, shape, sent, name, previous, earlier);
  return readAttributes(input, shape, flags, { sent, name, linked, previous, earlier });
}

function readFlags(input: Input, { variableFlags, protocol }: ListShape): number {
  if (variableFlags) return input.varint();
  const flags = input.byte();
  return protocol >= 28 && (flags & FLAG.extended) !== 0 ? flags | (input.byte() << 8) : flags;
}

function readName(input: Input, { protocol }: ListShape, flags: number, previous: string): string {
  const shared = (flags & FLAG.sameName) !== 0 ? input.byte() : 0;
  const long = (flags & FLAG.longName) !== 0;
  const length = long ? (protocol < 30 ? input.int() : input.varint()) : input.byte();
  if (length < 0 || shared + length > PATH_BYTES_MAX || shared > previous.length)
    throw protocolError('a name of the file list is too long');
  return previous.slice(0, shared) + input.text(length);
}

/** A further name of a file whose attributes the list has already. */
function likeFirst(
  input: Input,
  shape: ListShape,
  sent: string,
  name: string,
  previous: Previous,
  { list, xattrs }: Earlier,
): ReadEntry {
  const first = input.varint();
  if (first < 0 || first >= list.count) throw protocolError(`hard-link reference out of range: ${first}`);
  const same = list.get(first);
  if (isDirectory(same.mode)) throw protocolError('a directory cannot be a hard link');
  readAcls(input, shape, same.mode);
  return {
    entry: { ...same, name, group: first, flags: 0 },
    previous: {
      ...previous,
      name: sent,
      seconds: same.seconds,
      mode: same.mode,
      uid: same.uid,
      gid: same.gid,
    },
    identity: undefined,
    xattrs: xattrs?.read(input) ?? -1,
  };
}

interface Named {
  readonly sent: string;
  readonly name: string;
  /** The first of a hard-link group. */
  readonly linked: boolean;
  readonly previous: Previous;
  readonly earlier: Earlier;
}

function readAttributes(input: Input, shape: ListShape, flags: number, named: Named): ReadEntry {
  const { protocol } = shape;
  const { sent, name, previous, earlier } = named;
  const size = protocol < 30 ? input.longint() : input.varlong(3);
  const seconds = readSeconds(input, protocol, flags, previous.seconds);
  const nanoseconds = (flags & FLAG.nanoseconds) !== 0 && protocol >= 31 ? input.varint() : 0;
  if (shape.creationTimes && (flags & FLAG.creationIsModification) === 0) input.varlong(4);
  const mode = (flags & FLAG.sameMode) !== 0 ? previous.mode : input.int() & 0xffff;
  checkEntry(name, size, nanoseconds, mode, shape);
  if (shape.accessTimes && !isDirectory(mode) && (flags & FLAG.sameAccessTime) === 0) input.varlong(4);
  const uid = readId(input, protocol, shape.owner, flags, FLAG.sameUid, FLAG.userName, previous.uid);
  const gid = readId(input, protocol, shape.group, flags, FLAG.sameGid, FLAG.groupName, previous.gid);
  skipDevice(input, shape, flags, mode);
  const target = shape.symlinks && isSymlink(mode) ? readTarget(input, protocol) : undefined;
  const [identity, device] = readIdentity(input, shape, flags, mode, previous.device);
  const checksum = readChecksum(input, shape, mode);
  readAcls(input, shape, mode);
  return {
    entry: {
      name,
      mode,
      size,
      seconds,
      nanoseconds,
      uid,
      gid,
      flags: isDirectory(mode) ? directoryFlags(flags, protocol) : 0,
      target,
      checksum,
      group: named.linked ? earlier.list.count : -1,
    },
    previous: { name: sent, seconds, mode, uid, gid, device },
    identity,
    xattrs: earlier.xattrs?.read(input) ?? -1,
  };
}

function checkEntry(name: string, size: number, nanoseconds: number, mode: number, shape: ListShape): void {
  if (size < 0) throw protocolError('a file has a negative length');
  if (nanoseconds < 0 || nanoseconds > 999_999_999) throw protocolError('a time has too many nanoseconds');
  if (!isKnownType(mode) && !(mode === 0 && shape.deleteMissing))
    throw protocolError(`a file has a mode without a type: ${mode.toString(8)}`);
  if (name === '.' && !isDirectory(mode)) throw protocolError('the root of the transfer is no directory');
}

function readSeconds(input: Input, protocol: number, flags: number, previous: number): number {
  if ((flags & FLAG.sameTime) !== 0) return previous;
  return protocol >= 30 ? input.varlong(4) : input.int() >>> 0;
}

// prettier-ignore
function readId(input: Input, protocol: number, sent: boolean, flags: number, same: number, named: number, previous: number): number {
  if (!sent || (flags & same) !== 0) return previous;
  if (protocol < 30) return input.int() >>> 0;
  const id = input.varint() >>> 0;
  if ((flags & named) !== 0) input.text(input.byte());
  return id;
}

/** The numbers of a device, which no storage here keeps. */
function skipDevice(input: Input, shape: ListShape, flags: number, mode: number): void {
  const { protocol } = shape;
  const sent = (shape.devices && isDevice(mode)) || (shape.specials && isSpecial(mode) && protocol < 31);
  if (!sent) return;
  if (protocol < 28) {
    if ((flags & FLAG.sameDeviceOld) === 0) input.int();
    return;
  }
  if ((flags & FLAG.sameMajor) === 0) {
    if (protocol < 30) input.int();
    else input.varint();
  }
  if (protocol >= 30) input.varint();
  else if ((flags & FLAG.minorByte) !== 0) input.byte();
  else input.int();
}

function readTarget(input: Input, protocol: number): string {
  const length = protocol < 30 ? input.int() : input.varint();
  if (length < 1 || length > PATH_BYTES_MAX) throw protocolError('the target of a symlink is too long');
  return input.text(length);
}

/** Before protocol 30: which inode a name stands for. */
function readIdentity(
  input: Input,
  { protocol, hardLinks }: ListShape,
  flags: number,
  mode: number,
  previous: number,
): readonly [string | undefined, number] {
  const sent = hardLinks && protocol < 30 && (protocol < 28 ? isFile(mode) : (flags & FLAG.hardLinked) !== 0);
  if (!sent) return [undefined, previous];
  const device = protocol >= 28 && (flags & FLAG.sameDevice) !== 0 ? previous : input.longint();
  return [`${device} ${input.longint()}`, device];
}

function readChecksum(input: Input, { checksum, protocol }: ListShape, mode: number): Uint8Array | undefined {
  if (checksum === 0 || (!isFile(mode) && protocol >= 28)) return undefined;
  const bytes = input.bytes(checksum);
  return isFile(mode) ? bytes : undefined;
}

function readAcls(input: Input, { acls }: ListShape, mode: number): void {
  if (acls && !isSymlink(mode)) skipAcls(input, isDirectory(mode));
}

/** Before protocol 30 only the top is marked; what is below follows from it when the list is complete. */
function directoryFlags(flags: number, protocol: number): number {
  const top = (flags & FLAG.topDirectory) !== 0;
  if (protocol < 30) return top ? ENTRY.top | ENTRY.content : 0;
  if ((flags & FLAG.noContent) !== 0) return top ? ENTRY.implied : 0;
  return top ? ENTRY.top | ENTRY.content : ENTRY.content;
}
