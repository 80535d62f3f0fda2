import type { CallContext, VfsBackend } from '../../../../vfs/backend.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { fromVfsText, toVfsText } from '../wire/text.ts';
import { xattrOf, type Xattr } from './xattr.ts';

/** The extended attributes that something has, in the order of their names (rsync_xal_get, xattrs.c). A storage without them has none. */
export async function readXattrs(
  mount: VfsBackend,
  path: VfsPath,
  isStored: (name: string) => boolean,
  ctx: CallContext,
): Promise<Xattr[]> {
  const found: Xattr[] = [];
  for (const name of await xattrNamesOf(mount, path, ctx)) {
    if (!isStored(name)) continue;
    const value = await readXattr(mount, path, name, ctx);
    if (value !== undefined) found.push(xattrOf(name, value));
  }
  return found.sort(byName);
}

export function byName(a: Xattr, b: Xattr): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

async function xattrNamesOf(mount: VfsBackend, path: VfsPath, ctx: CallContext): Promise<string[]> {
  if (!mount.capabilities.xattrs) return [];
  try {
    return (await mount.listxattr(path, ctx)).map(fromVfsText);
  } catch (error) {
    // Of storages that are one tree, not all need to have them.
    if (isVfsError(error, 'ENOTSUP')) return [];
    throw error;
  }
}

/** Absent: there is no such attribute. */
export async function readXattr(
  mount: VfsBackend,
  path: VfsPath,
  name: string,
  ctx: CallContext,
): Promise<Uint8Array | undefined> {
  try {
    return await mount.getxattr(path, toVfsText(name), ctx);
  } catch (error) {
    if (isVfsError(error, 'ENODATA')) return undefined;
    throw error;
  }
}
