import type { CallContext, Handle, VfsBackend } from '../backend.ts';
import { VfsError } from '../errors.ts';
import type { VfsPath } from '../path.ts';

/** Bytes copied in one operation of the store, so that others have a turn. */
const PIECE = 64 * 1024 * 1024;

/** Copies content and mode inside the store, holes as holes. Onto itself: nothing. */
export async function copyFile(
  backend: VfsBackend,
  from: VfsPath,
  to: VfsPath,
  exclusive: boolean,
  ctx: CallContext,
): Promise<void> {
  const source = await backend.open(from, { access: 'r' }, 0, ctx);
  try {
    const { mode } = await backend.fstat(source, ctx);
    const create = exclusive ? 'exclusive' : 'if-missing';
    const target = await backend.open(to, { access: 'w', create }, mode, ctx);
    try {
      await copyContent(backend, source, target, ctx);
    } finally {
      await backend.close(target, ctx);
    }
  } finally {
    await backend.close(source, ctx);
  }
}

async function copyContent(
  backend: VfsBackend,
  source: Handle,
  target: Handle,
  ctx: CallContext,
): Promise<void> {
  const [from, to] = [await backend.fstat(source, ctx), await backend.fstat(target, ctx)];
  if (from.inode === to.inode) return;
  await backend.fsetstat(target, { size: 0, mode: from.mode }, ctx);
  for (let at = 0; ;) {
    if (ctx.signal?.aborted === true) throw new VfsError('EINTR', { op: 'copyRange' });
    const copied = await backend.copyRange(source, at, PIECE, target, at, ctx);
    at += copied;
    if (copied < PIECE) return;
  }
}
