import type { CallContext, Handle, VfsBackend } from '../backend.ts';

/** Bytes asked for in one read; where a file's size is known, all of it up to this. */
const PIECE = 1 << 20;

/** The bytes of an open file from `position` to its end, which may move while they are read. Throws the signal's reason. */
export async function readToEnd(
  backend: VfsBackend,
  handle: Handle,
  position: number,
  ctx: CallContext,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let at = position; ;) {
    ctx.signal?.throwIfAborted();
    const piece = await backend.read(handle, at, PIECE, ctx);
    pieces.push(piece);
    at += piece.length;
    if (piece.length < PIECE) return joined(pieces);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Writes all bytes, in pieces that leave others a turn. Throws the signal's reason. */
export async function writeAll(
  backend: VfsBackend,
  handle: Handle,
  position: number | 'end',
  bytes: Uint8Array,
  ctx: CallContext,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    ctx.signal?.throwIfAborted();
    const piece = bytes.subarray(at, at + PIECE);
    await backend.write(handle, position === 'end' ? 'end' : position + at, piece, ctx);
  }
}
