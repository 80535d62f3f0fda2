import type { CallContext, VfsBackend } from '../backend.ts';
import { isVfsError, VfsError } from '../errors.ts';
import { join, parentOf, type VfsPath } from '../path.ts';
import type { FileType } from '../stats.ts';

const RANDOM_BYTES = 6;
/** Fetched for so many names at once: asking for a few costs as much as for hundreds. */
const POOL = new Uint8Array(RANDOM_BYTES * 256);
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
let used = POOL.length;

/** A name that nobody has, for what is not ready yet. */
export function draftName(): string {
  if (used === POOL.length) {
    crypto.getRandomValues(POOL);
    used = 0;
  }
  let name = '.anyfs-draft-';
  for (const end = used + RANDOM_BYTES; used < end; used++) name += HEX[POOL[used] as number];
  return name;
}

/**
 * Makes something under another name beside `path` and then puts it in its place, in one step: whoever looks sees the
 * old or the new. Never takes the place of a directory (`EISDIR`). Whatever fails, the draft is removed.
 */
export async function replacing(
  storage: VfsBackend,
  path: VfsPath,
  make: (draft: VfsPath) => Promise<void>,
  ctx: CallContext = {},
): Promise<void> {
  if ((await typeOf(storage, path, ctx)) === 'directory') {
    throw new VfsError('EISDIR', { detail: `${path} is a directory in the storage; remove it first` });
  }
  const draft = join(parentOf(path), draftName());
  try {
    await make(draft);
    await storage.rename(draft, path, { replace: true }, ctx);
  } finally {
    // Still there after a failure, and after a rename onto another name of the same file, which does nothing.
    if ((await typeOf(storage, draft, ctx)) !== undefined) await storage.unlink(draft, ctx);
  }
}

/** The type of what has the name, a symlink itself; undefined where nothing has it. */
export async function typeOf(
  storage: VfsBackend,
  path: VfsPath,
  ctx: CallContext = {},
): Promise<FileType | undefined> {
  try {
    return (await storage.lstat(path, ctx)).type;
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
