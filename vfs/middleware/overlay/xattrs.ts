import type { CallContext, VfsOperations } from '../../backend.ts';
import { bytesOfXattr } from '../../backends/shared/index.ts';
import type { VfsPath } from '../../path.ts';
import { foundInUpper } from './attributes.ts';
import { find } from './find.ts';
import { touch } from './stats.ts';
import type { Store } from './store.ts';

/** Extended attributes go along when something is copied up. */
export async function copyXattrs(store: Store, from: VfsPath, to: VfsPath, ctx: CallContext): Promise<void> {
  if (!store.capabilities.xattrs) return;
  for (const name of await store.lower.listxattr(from, ctx)) {
    const value = await store.lower.getxattr(from, name, ctx);
    await store.upper.setxattr(to, name, value, 'set', {});
  }
}

/** Bytes that the content of a file takes in the lower store, without its extended attributes. */
export async function contentBytes(store: Store, path: VfsPath): Promise<number> {
  let { used } = await store.lower.lstat(path, {});
  if (!store.capabilities.xattrs) return used;
  for (const name of await store.lower.listxattr(path, {}))
    used -= bytesOfXattr(name, (await store.lower.getxattr(path, name, {})).length);
  return used;
}

export async function getxattr(
  store: Store,
  path: VfsPath,
  name: string,
  ctx: CallContext,
): Promise<Uint8Array> {
  const found = await find(store, path, ctx);
  return (found.in === 'upper' ? store.upper : store.lower).getxattr(found.place, name, ctx);
}

export async function listxattr(store: Store, path: VfsPath, ctx: CallContext): Promise<string[]> {
  const found = await find(store, path, ctx);
  return (found.in === 'upper' ? store.upper : store.lower).listxattr(found.place, ctx);
}

export async function setxattr(
  store: Store,
  path: VfsPath,
  ...[name, value, mode, ctx]: Rest<'setxattr'>
): Promise<void> {
  const { place, origin } = await foundInUpper(store, path, ctx);
  await store.upper.setxattr(place, name, value, mode, await store.accounts.within(ctx));
  touch(origin);
}

export async function removexattr(
  store: Store,
  path: VfsPath,
  ...[name, ctx]: Rest<'removexattr'>
): Promise<void> {
  const { place, origin } = await foundInUpper(store, path, ctx);
  await store.upper.removexattr(place, name, ctx);
  touch(origin);
}

type Rest<K extends 'setxattr' | 'removexattr'> =
  Parameters<VfsOperations[K]> extends [unknown, ...infer R] ? R : never;
