import { byteLength } from '../../vfs/names.ts';
import type { Stats, StorageStats } from '../../vfs/stats.ts';
import { writeAttributes, writeNoAttributes } from './attributes.ts';
import type { Extension } from './extensions.ts';
import {
  DATA_MAX,
  PACKET,
  PACKET_MAX,
  PROTOCOL_VERSION,
  STORAGE_READ_ONLY,
  type StatusCode,
} from './protocol.ts';
import type { WireWriter } from './wire-writer.ts';

export interface StatusReply {
  readonly kind: 'status';
  readonly code: StatusCode;
  /** For a person. */
  readonly message: string;
}

export interface NamedEntry {
  readonly name: string;
  readonly longname: string;
  /** Absent: attributes that say nothing. */
  readonly stats?: Stats;
}

/** What a handler answers. */
export type Reply =
  | StatusReply
  | { readonly kind: 'handle'; readonly handle: string }
  /** `lent`: memory of the pool that the bytes may be in. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array; readonly lent?: Uint8Array | undefined }
  | { readonly kind: 'names'; readonly entries: readonly NamedEntry[] }
  | { readonly kind: 'attributes'; readonly stats: Stats }
  | { readonly kind: 'storage'; readonly stats: StorageStats }
  | { readonly kind: 'limits'; readonly handles: number }
  | { readonly kind: 'accounts'; readonly users: readonly string[]; readonly groups: readonly string[] };

type ReplyKind = Reply['kind'];
type ReplyOf<K extends ReplyKind> = Extract<Reply, { kind: K }>;
type Encoder<K extends ReplyKind> = (writer: WireWriter, reply: ReplyOf<K>) => void;

/** Space is told in blocks of so many bytes. */
const BLOCK_SIZE = 4096;

const PACKET_OF: Readonly<Record<ReplyKind, number>> = {
  status: PACKET.STATUS,
  handle: PACKET.HANDLE,
  data: PACKET.DATA,
  names: PACKET.NAME,
  attributes: PACKET.ATTRS,
  storage: PACKET.EXTENDED_REPLY,
  limits: PACKET.EXTENDED_REPLY,
  accounts: PACKET.EXTENDED_REPLY,
};

/** The fields after the request id (section 7; extended replies: OpenSSH's PROTOCOL, section 4). */
const ENCODERS: { readonly [K in ReplyKind]: Encoder<K> } = {
  status(writer, { code, message }) {
    writer.uint32(code);
    writer.text(message);
    // The language of the message: not told, as OpenSSH does.
    writer.text('');
  },
  handle(writer, { handle }) {
    writer.handle(handle);
  },
  /** The head alone: the bytes follow without being copied here. */
  data(writer, { bytes }) {
    writer.uint32(bytes.length);
  },
  names(writer, { entries }) {
    writer.uint32(entries.length);
    for (const entry of entries) writeEntry(writer, entry);
  },
  attributes(writer, { stats }) {
    writeAttributes(writer, stats);
  },
  storage(writer, { stats }) {
    const free = blocks(stats.bytesFree);
    writer.uint64(BLOCK_SIZE);
    writer.uint64(BLOCK_SIZE);
    writer.uint64(blocks(stats.bytesTotal));
    writer.uint64(free);
    writer.uint64(free);
    writer.uint64(finite(stats.inodesTotal));
    writer.uint64(finite(stats.inodesFree));
    writer.uint64(finite(stats.inodesFree));
    writer.uint64(0);
    writer.uint64(stats.readOnly ? STORAGE_READ_ONLY : 0);
    writer.uint64(stats.nameMax);
  },
  limits(writer, { handles }) {
    writer.uint64(PACKET_MAX);
    writer.uint64(DATA_MAX);
    writer.uint64(DATA_MAX);
    writer.uint64(handles);
  },
  accounts(writer, { users, groups }) {
    writeList(writer, users);
    writeList(writer, groups);
  },
};

/**
 * One reply as a packet, good until the writer's next one. Of a `data` reply it is the head alone, and `reply.bytes`
 * are to be sent after it.
 */
export function encodeReply(writer: WireWriter, id: number, reply: Reply): Uint8Array {
  // What TypeScript cannot see: the kind of the reply is the name of its row.
  const encode = ENCODERS[reply.kind] as unknown as (writer: WireWriter, reply: Reply) => void;
  writer.begin(PACKET_OF[reply.kind]);
  writer.uint32(id);
  encode(writer, reply);
  return writer.end(reply.kind === 'data' ? reply.bytes.length : 0);
}

/** VERSION with the extensions that are offered (section 4). */
export function encodeVersion(writer: WireWriter, extensions: Iterable<Extension>): Uint8Array {
  writer.begin(PACKET.VERSION);
  writer.uint32(PROTOCOL_VERSION);
  for (const { name, version } of extensions) {
    writer.text(name);
    writer.text(version);
  }
  return writer.end();
}

function writeEntry(writer: WireWriter, { name, longname, stats }: NamedEntry): void {
  writer.text(name);
  writer.text(longname);
  if (stats === undefined) writeNoAttributes(writer);
  else writeAttributes(writer, stats);
}

function blocks(bytes: number): number {
  return Math.floor(finite(bytes) / BLOCK_SIZE);
}

/** Without a limit, as much as a number on the way can say. */
function finite(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}

/** A string that holds strings. */
function writeList(writer: WireWriter, values: readonly string[]): void {
  writer.uint32(listLength(values));
  for (const value of values) writer.text(value);
}

/** Bytes of strings one after the other, each with its length. */
export function listLength(values: readonly string[]): number {
  return values.reduce((sum, value) => sum + 4 + byteLength(value), 0);
}
