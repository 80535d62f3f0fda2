import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallContext, VfsBackend } from '../../../vfs/backend.ts';
import { VfsError } from '../../../vfs/errors.ts';
import type { OpenFile } from '../open-handles.ts';
import { EOF, failure, OK } from '../status.ts';
import type { Handler } from './context.ts';
import { writableFile } from './files.ts';

/** Copied in one call, so that neither a store nor the event loop is held for long. */
const SLICE_BYTES = 1024 * 1024;

/** OpenSSH's PROTOCOL, section 4.10, and draft-ietf-secsh-filexfer-extensions-00, section 7. */
export const copyData: Handler<'copy-data'> = async ({ mount, ctx, handles }, request) => {
  const from = handles.file(request.from);
  const to = writableFile(handles.file(request.to));
  // As OpenSSH: not onto the same handle, nor onto the same name.
  if (from === to || from.path === to.path) return failure('source and target of a copy are the same file');
  const length = request.length === 0 ? Infinity : request.length;
  let copied = 0;
  while (copied < length) {
    if (ctx.signal?.aborted === true) throw new VfsError('EINTR', { op: 'copyRange' });
    const size = Math.min(SLICE_BYTES, length - copied);
    const done = await copySlice(
      mount,
      ctx,
      from,
      request.fromOffset + copied,
      size,
      to,
      request.toOffset + copied,
    );
    copied += done;
    if (done < size) return length === Infinity ? OK : EOF;
    await nextTurn();
  }
  return OK;
};

/** Answers the bytes copied: fewer than `size` only at the end of the source. */
async function copySlice(
  mount: VfsBackend,
  ctx: CallContext,
  from: OpenFile,
  fromOffset: number,
  size: number,
  to: OpenFile,
  toOffset: number,
): Promise<number> {
  if (!to.append) return mount.copyRange(from.file, fromOffset, size, to.file, toOffset, ctx);
  const bytes = await mount.read(from.file, fromOffset, size, ctx);
  await mount.write(to.file, 'end', bytes, ctx);
  return bytes.length;
}
