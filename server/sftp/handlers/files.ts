import type { OpenFlags } from '../../../vfs/backend.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { clientPath } from '../client-path.ts';
import type { OpenFile } from '../open-handles.ts';
import { DATA_MAX, OPEN_FLAG } from '../protocol.ts';
import type { RequestOf } from '../requests.ts';
import { EOF, OK } from '../status.ts';
import type { Handler, HandlerContext } from './context.ts';

const FILE_MODE = 0o666;
const NOTHING = new Uint8Array(0);

export const open: Handler<'open'> = async (context, request) => {
  const handle = await context.handles.open(() => openFile(context, request));
  return { kind: 'handle', handle };
};

async function openFile(context: HandlerContext, request: RequestOf<'open'>): Promise<OpenFile> {
  const { mount, ctx, umask } = context;
  const path = clientPath(request.path, 'open');
  const flags = openFlags(request.flags);
  // As open(2) with O_CREAT, before it looks.
  if (flags.create !== undefined && path.endsWith('/')) throw new VfsError('EISDIR', { op: 'open', path });
  const mode = (request.attributes.mode ?? FILE_MODE) & ~umask;
  const file = await mount.open(path, flags, mode, ctx);
  const writable = (request.flags & OPEN_FLAG.WRITE) !== 0;
  return { kind: 'file', file, path, writable, append: (request.flags & OPEN_FLAG.APPEND) !== 0 };
}

/** As OpenSSH's flags_from_portable and Linux: reading where neither is asked for, and TRUNC cuts though it only reads. */
function openFlags(flags: number): OpenFlags {
  const truncate = (flags & OPEN_FLAG.TRUNC) !== 0;
  const reads = (flags & OPEN_FLAG.READ) !== 0 || (flags & OPEN_FLAG.WRITE) === 0;
  const writes = (flags & OPEN_FLAG.WRITE) !== 0 || truncate;
  const access = reads && writes ? 'rw' : writes ? 'w' : 'r';
  if ((flags & OPEN_FLAG.CREAT) === 0) return { access, truncate };
  return { access, truncate, create: (flags & OPEN_FLAG.EXCL) === 0 ? 'if-missing' : 'exclusive' };
}

export const close: Handler<'close'> = async ({ mount, lasting, handles }, { handle }) => {
  const thing = handles.take(handle);
  if (thing.kind === 'file') await mount.close(thing.file, lasting);
  return OK;
};

export const read: Handler<'read'> = async ({ mount, ctx, handles, lender }, { handle, offset, length }) => {
  const { file } = handles.file(handle);
  // OpenSSH: "weird, but not strictly disallowed".
  if (length === 0) return { kind: 'data', bytes: NOTHING };
  const most = Math.min(length, DATA_MAX);
  const lent = lender?.take(most);
  let answered = false;
  try {
    const bytes = await mount.read(file, offset, most, lent === undefined ? ctx : { ...ctx, into: lent });
    if (bytes.length === 0) return EOF;
    answered = true;
    return { kind: 'data', bytes, lent };
  } finally {
    if (lent !== undefined && !answered) lender?.giveBack(lent);
  }
};

export const write: Handler<'write'> = async ({ mount, ctx, handles }, { handle, offset, bytes }) => {
  const { file, append } = writableFile(handles.file(handle));
  await mount.write(file, append ? 'end' : offset, bytes, ctx);
  return OK;
};

export const fsync: Handler<'fsync'> = async ({ mount, ctx, handles }, { handle }) => {
  await mount.fsync(handles.file(handle).file, ctx);
  return OK;
};

/** `EBADF` where the client did not ask to write: TRUNC alone opens for writing below, but not for the client. */
export function writableFile(open: OpenFile): OpenFile {
  if (!open.writable)
    throw new VfsError('EBADF', { op: 'write', detail: 'the file is not open for writing' });
  return open;
}
