import type {
  CallContext,
  Handle,
  Limits,
  LockRequest,
  OpenFlags,
  OpName,
  ReaddirPage,
  RenameOptions,
  Resolution,
} from '../../backend.ts';
import type { Call, OpArgs, OpResult } from '../../layer.ts';
import { OP_NAMES } from '../../ops.ts';
import type { VfsPath } from '../../path.ts';
import type { DirectoryEntry, Stats, StatsChange, StorageStats, Timestamp } from '../../stats.ts';
import {
  asList,
  boolean,
  bytesBeside,
  listOf,
  nothing,
  number,
  oneOf,
  optional,
  record,
  text,
  type Beside,
  type Codec,
  type CodecsOf,
} from './codecs.ts';
import type { WireValue } from './wire-value.ts';

/** How the arguments and the result of an operation travel. A row for each, so that a new one is not forgotten. */
interface Row<K extends OpName> {
  readonly args: CodecsOf<OpArgs<K>>;
  readonly result: Codec<OpResult<K>>;
}

// A path or a handle is text or a number with a mark that only the compiler sees.
const path = text as Codec<VfsPath>;
const handle = { ...number } as Codec<Handle>;

const time = record<Timestamp>({ seconds: number, nanoseconds: number });

const stats = record<Stats>({
  inode: number,
  type: oneOf('file', 'directory', 'symlink'),
  mode: number,
  nlink: number,
  uid: number,
  gid: number,
  size: number,
  used: number,
  atime: time,
  mtime: time,
  ctime: time,
});

const change = record<StatsChange>({
  mode: optional(number),
  uid: optional(number),
  gid: optional(number),
  size: optional(number),
  atime: optional(time),
  mtime: optional(time),
});

const entry = record<DirectoryEntry>({ name: text, stats });

const lockRequest = record<LockRequest>({
  kind: oneOf('shared', 'exclusive'),
  start: number,
  length: number,
  owner: text,
});

const flags = record<OpenFlags>({
  access: oneOf('r', 'w', 'rw'),
  create: optional(oneOf('if-missing', 'exclusive')),
  truncate: optional(boolean),
});

/** A position, or the end of the file. */
const place: Codec<number | 'end'> = {
  pack: (value, beside) => (value === 'end' ? value : number.pack(value, beside)),
  unpack: (value, beside) => (value === 'end' ? value : number.unpack(value, beside)),
};

const mutableList = <T>(codec: Codec<T>): Codec<T[]> => listOf(codec) as Codec<T[]>;

const OPERATIONS: { readonly [K in OpName]: Row<K> } = {
  open: { args: [path, flags, number], result: handle },
  read: { args: [handle, number, number], result: bytesBeside },
  write: { args: [handle, place, bytesBeside], result: nothing },
  copyRange: { args: [handle, number, number, handle, number], result: number },
  fstat: { args: [handle], result: stats },
  fsetstat: { args: [handle, change], result: nothing },
  fsync: { args: [handle], result: nothing },
  close: { args: [handle], result: nothing },
  lstat: { args: [path], result: stats },
  setstat: { args: [path, change], result: nothing },
  readdir: {
    args: [path, record<ReaddirPage>({ after: optional(text), limit: number })],
    result: mutableList(entry),
  },
  mkdir: { args: [path, number], result: nothing },
  rmdir: { args: [path], result: nothing },
  unlink: { args: [path], result: nothing },
  rename: { args: [path, path, record<RenameOptions>({ replace: boolean })], result: nothing },
  link: { args: [path, path], result: nothing },
  symlink: { args: [text, path], result: nothing },
  readlink: { args: [path], result: text },
  statfs: {
    args: [],
    result: record<StorageStats>({
      bytesTotal: number,
      bytesFree: number,
      inodesTotal: number,
      inodesFree: number,
      nameMax: number,
      readOnly: boolean,
    }),
  },
  sync: { args: [], result: nothing },
  resolve: {
    args: [path, oneOf('follow', 'keep')],
    result: record<Resolution>({ path, stats: optional(stats), searched: listOf(stats) }),
  },
  lookup: { args: [number, text], result: stats },
  statInode: { args: [number], result: stats },
  pathToInode: { args: [path], result: number },
  inodeToPath: { args: [number], result: path },
  getxattr: { args: [path, text], result: bytesBeside },
  setxattr: { args: [path, text, bytesBeside, oneOf('set', 'create', 'replace')], result: nothing },
  listxattr: { args: [path], result: mutableList(text) },
  removexattr: { args: [path, text], result: nothing },
  lock: { args: [handle, lockRequest], result: nothing },
  tryLock: { args: [handle, lockRequest], result: nothing },
  unlock: { args: [handle, lockRequest], result: nothing },
};

/** The context of a call, but for what is no data: its signal, and the memory that is lent. */
export type PlainContext = Omit<CallContext, 'signal' | 'into'>;

export const CONTEXT = record<PlainContext>({
  limits: optional(
    record<Limits>({ bytes: optional(number), inodes: optional(number), fileSize: optional(number) }),
  ),
  owner: optional(record<NonNullable<CallContext['owner']>>({ uid: number, gid: number })),
  follow: optional(boolean),
  session: optional(text),
});

export const OPERATION_NAME = oneOf(...OP_NAMES);

/** What the compiler cannot see: they are those of the operation's arguments. */
function codecsOf(op: OpName): readonly Codec<unknown>[] {
  return OPERATIONS[op].args;
}

export function packArguments<K extends OpName>({ op, args }: Call<K>, beside: Beside): WireValue[] {
  return codecsOf(op).map((codec, index) => codec.pack((args as readonly unknown[])[index], beside));
}

export function unpackArguments<K extends OpName>(op: K, values: WireValue, beside: Beside): OpArgs<K> {
  const codecs = codecsOf(op);
  const list = asList(values);
  // One too many is refused by the codec that is not there.
  const args = list.map((value, index) => (codecs[index] ?? none).unpack(value, beside));
  for (let index = args.length; index < codecs.length; index++) none.unpack(null, beside);
  return args as unknown as OpArgs<K>;
}

const none = oneOf<never>();

export function packResult<K extends OpName>(op: K, result: OpResult<K>, beside: Beside): WireValue {
  return (OPERATIONS[op].result as Codec<OpResult<K>>).pack(result, beside);
}

export function unpackResult<K extends OpName>(op: K, value: WireValue, beside: Beside): OpResult<K> {
  return (OPERATIONS[op].result as Codec<OpResult<K>>).unpack(value, beside);
}

const HANDLE_ARGUMENTS = Object.fromEntries(
  OP_NAMES.map((op) => [
    op,
    codecsOf(op).flatMap((codec, index) => ((codec as unknown) === handle ? [index] : [])),
  ]),
) as unknown as Readonly<Record<OpName, readonly number[]>>;

/** The handles that a call names. */
export function handlesOf<K extends OpName>({ op, args }: Call<K>): Handle[] {
  return HANDLE_ARGUMENTS[op].map((index) => (args as readonly unknown[])[index] as Handle);
}
