import type { StatsChange } from '../../vfs/stats.ts';
import { readAttributes } from './attributes.ts';
import { PACKET } from './protocol.ts';
import type { SymlinkOrder } from './symlink-order.ts';
import type { WireReader } from './wire-reader.ts';

interface OnPath {
  /** As the client sent it: absolute, or relative to the home, which is the root. */
  readonly path: string;
}

interface OnHandle {
  readonly handle: string;
}

interface OnTwoPaths {
  readonly from: string;
  readonly to: string;
}

interface Change {
  readonly change: StatsChange;
}

/** What a client can ask for, decoded; the names are those of the draft and of OpenSSH's PROTOCOL. */
export interface Requests {
  open: OnPath & { readonly flags: number; readonly attributes: StatsChange };
  close: OnHandle;
  read: OnHandle & { readonly offset: number; readonly length: number };
  write: OnHandle & { readonly offset: number; readonly bytes: Uint8Array };
  lstat: OnPath;
  fstat: OnHandle;
  setstat: OnPath & Change;
  fsetstat: OnHandle & Change;
  opendir: OnPath;
  readdir: OnHandle;
  remove: OnPath;
  mkdir: OnPath & { readonly attributes: StatsChange };
  rmdir: OnPath;
  realpath: OnPath;
  stat: OnPath;
  rename: OnTwoPaths;
  readlink: OnPath;
  symlink: OnPath & { readonly target: string };
  'posix-rename': OnTwoPaths;
  statvfs: OnPath;
  fstatvfs: OnHandle;
  hardlink: OnTwoPaths;
  fsync: OnHandle;
  lsetstat: OnPath & Change;
  limits: unknown;
  'expand-path': OnPath;
  'copy-data': {
    readonly from: string;
    readonly fromOffset: number;
    /** 0: to the end of the file. */
    readonly length: number;
    readonly to: string;
    readonly toOffset: number;
  };
  'home-directory': { readonly user: string };
  'users-groups-by-id': { readonly uids: readonly number[]; readonly gids: readonly number[] };
}

export type RequestName = keyof Requests;
export type RequestOf<K extends RequestName> = { readonly name: K } & Requests[K];
export type Request = { [K in RequestName]: RequestOf<K> }[RequestName];

/** Reads the fields after the request id. Throws `EINVAL` where they are malformed, `EFBIG` for a number beyond 2^53 - 1. */
export type Decoder = (reader: WireReader) => Request;

/** Requests by packet type (sections 6.3 to 6.11). A type that is not here is none of a client's. */
const DECODERS: Readonly<Record<number, Decoder>> = {
  [PACKET.OPEN]: (reader) => ({
    name: 'open',
    path: reader.text(),
    flags: reader.uint32(),
    attributes: readAttributes(reader),
  }),
  [PACKET.CLOSE]: (reader) => ({ name: 'close', handle: reader.handle() }),
  [PACKET.READ]: (reader) => ({
    name: 'read',
    handle: reader.handle(),
    offset: reader.uint64(),
    length: reader.uint32(),
  }),
  [PACKET.WRITE]: (reader) => ({
    name: 'write',
    handle: reader.handle(),
    offset: reader.uint64(),
    bytes: reader.data(),
  }),
  [PACKET.LSTAT]: (reader) => ({ name: 'lstat', path: reader.text() }),
  [PACKET.FSTAT]: (reader) => ({ name: 'fstat', handle: reader.handle() }),
  [PACKET.SETSTAT]: (reader) => ({ name: 'setstat', path: reader.text(), change: readAttributes(reader) }),
  [PACKET.FSETSTAT]: (reader) => ({
    name: 'fsetstat',
    handle: reader.handle(),
    change: readAttributes(reader),
  }),
  [PACKET.OPENDIR]: (reader) => ({ name: 'opendir', path: reader.text() }),
  [PACKET.READDIR]: (reader) => ({ name: 'readdir', handle: reader.handle() }),
  [PACKET.REMOVE]: (reader) => ({ name: 'remove', path: reader.text() }),
  [PACKET.MKDIR]: (reader) => ({ name: 'mkdir', path: reader.text(), attributes: readAttributes(reader) }),
  [PACKET.RMDIR]: (reader) => ({ name: 'rmdir', path: reader.text() }),
  [PACKET.REALPATH]: (reader) => ({ name: 'realpath', path: reader.text() }),
  [PACKET.STAT]: (reader) => ({ name: 'stat', path: reader.text() }),
  [PACKET.RENAME]: (reader) => ({ name: 'rename', from: reader.text(), to: reader.text() }),
  [PACKET.READLINK]: (reader) => ({ name: 'readlink', path: reader.text() }),
};

/** OpenSSH has the target first, and so have most clients (its PROTOCOL, section 4.1); the draft has the link first. */
const SYMLINK_DECODERS: Readonly<Record<SymlinkOrder, Decoder>> = {
  'target first': (reader) => ({ name: 'symlink', target: reader.text(), path: reader.text() }),
  'link first': (reader) => ({ name: 'symlink', path: reader.text(), target: reader.text() }),
};

export function decoderOf(type: number, symlinkOrder: SymlinkOrder = 'target first'): Decoder | undefined {
  return type === PACKET.SYMLINK ? SYMLINK_DECODERS[symlinkOrder] : DECODERS[type];
}
