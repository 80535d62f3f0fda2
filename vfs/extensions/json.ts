import type { CallContext, VfsBackend } from '../backend.ts';
import { VfsError } from '../errors.ts';
import type { VfsPath } from '../path.ts';
import { replacing } from './draft.ts';

const NEW_FILE_MODE = 0o644;
/** Bytes of JSON that are read at most, unless more are allowed. */
const SIZE_MAX = 64 * 1024 * 1024;

export interface ReadJsonOptions {
  /** `EFBIG` for a larger file, which is not read. Default: 64 MiB. */
  readonly sizeMax?: number | undefined;
}

/** The value of a JSON file in UTF-8. `EINVAL` where it is none. What the value is, the caller must check. */
export async function readJson(
  storage: VfsBackend,
  path: VfsPath,
  { sizeMax = SIZE_MAX }: ReadJsonOptions = {},
  ctx: CallContext = {},
): Promise<unknown> {
  const handle = await storage.open(path, { access: 'r' }, 0, ctx);
  try {
    const bytes = await storage.read(handle, 0, sizeMax + 1, ctx);
    if (bytes.length > sizeMax) throw new VfsError('EFBIG', { op: 'read', path });
    return parse(bytes, path);
  } finally {
    await storage.close(handle, ctx);
  }
}

function parse(bytes: Uint8Array, path: VfsPath): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new VfsError('EINVAL', { op: 'read', path, detail: 'not a JSON file', cause });
  }
}

export interface WriteJsonOptions {
  /** Spaces for each level. Default: 2. */
  readonly indent?: number | undefined;
  /** Mode of a new file. Default: 0o644. */
  readonly mode?: number | undefined;
}

/** Writes a value as JSON with a newline at its end, in one step: whoever reads meanwhile gets the old value or the new. */
export async function writeJson(
  storage: VfsBackend,
  path: VfsPath,
  value: unknown,
  { indent = 2, mode = NEW_FILE_MODE }: WriteJsonOptions = {},
  ctx: CallContext = {},
): Promise<void> {
  const text = JSON.stringify(value, undefined, indent) as string | undefined;
  if (text === undefined) throw new VfsError('EINVAL', { op: 'write', path, detail: 'not a value of JSON' });
  const bytes = new TextEncoder().encode(`${text}\n`);
  const make = async (draft: VfsPath): Promise<void> => {
    const handle = await storage.open(draft, { access: 'w', create: 'exclusive' }, mode, ctx);
    try {
      await storage.write(handle, 0, bytes, ctx);
    } finally {
      await storage.close(handle, ctx);
    }
  };
  await replacing(storage, path, make, ctx);
}
