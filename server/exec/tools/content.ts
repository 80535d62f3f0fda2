import type { Handle, VfsBackend } from '../../../vfs/backend.ts';
import type { CallContext } from '../../../vfs/backend.ts';
import { decodeText } from '../../../vfs/names.ts';
import { ByteReader } from '../input.ts';
import { pathFrom } from '../paths.ts';
import type { ProgramContext } from '../program.ts';

/** Bytes of one read: two chunks of a storage. */
const PIECE = 256 * 1024;

/** What `-` and no operand stand for. */
export const STDIN = '-';

/**
 * The bytes of a file, or of stdin for `-`, piece by piece; the next one is read while one is dealt with. A view, good
 * until the next one. Of a file, from `start` up to `end` (exclusive).
 */
export async function* contentOf(
  context: ProgramContext,
  name: string,
  { start = 0, end = Infinity }: { readonly start?: number; readonly end?: number } = {},
): AsyncGenerator<Uint8Array> {
  if (name === STDIN) {
    yield* restOf(new ByteReader(context.stdin, context.signal));
    return;
  }
  const ctx = { signal: context.signal };
  const handle = await context.mount.open(pathFrom(context.cwd, name), { access: 'r' }, 0, ctx);
  try {
    yield* piecesOf(context.mount, handle, start, end, ctx);
  } finally {
    await context.mount.close(handle, {});
  }
}

/** What is left of a stream. */
export async function* restOf(input: ByteReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const bytes = await input.some(PIECE);
    if (bytes === undefined) return;
    yield bytes;
  }
}

/** A range of an open file; it ends where the file does. */
export async function* piecesOf(
  storage: VfsBackend,
  handle: Handle,
  start: number,
  end: number,
  ctx: CallContext,
): AsyncGenerator<Uint8Array> {
  const read = (position: number): Promise<Uint8Array> => {
    // Up to where a chunk ends, so that the reads after it begin with one.
    const length = Math.min(PIECE - (position % PIECE), end - position);
    const piece =
      length <= 0 ? Promise.resolve(new Uint8Array(0)) : storage.read(handle, position, length, ctx);
    // Its failure is dealt with where it is waited for.
    piece.catch(() => {});
    return piece;
  };
  let next = read(start);
  try {
    for (let position = start; ;) {
      ctx.signal?.throwIfAborted();
      const piece = await next;
      if (piece.length === 0) return;
      position += piece.length;
      next = read(position);
      yield piece;
    }
  } finally {
    await next.catch(() => {});
  }
}

/** The lines of a file or of stdin as text, without their ends. Of a longer one, only the first `max` bytes. */
export async function* linesOf(
  context: ProgramContext,
  name: string,
  max = 64 * 1024,
): AsyncGenerator<string> {
  let line: Buffer = Buffer.alloc(0);
  for await (const piece of contentOf(context, name)) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    let from = 0;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
      yield decodeText(Buffer.concat([line, bytes.subarray(from, at)]).subarray(0, max));
      line = Buffer.alloc(0);
      from = at + 1;
    }
    line = Buffer.concat([line, bytes.subarray(from)]).subarray(0, max);
  }
  if (line.length > 0) yield decodeText(line);
}
