import type { CallContext } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';
import { checkXattrValue, nameToChange, nameToLookUp, xattrGrowth, type XattrMode } from '../shared/index.ts';
import type { Node } from './node.ts';
import type { Store } from './store.ts';
import { Xattrs } from './xattrs.ts';

export function getxattr(store: Store, path: VfsPath, name: string): Uint8Array {
  const node = store.find(path);
  return Uint8Array.from(valueOf(node, nameToLookUp(node.type, name)));
}

export function setxattr(
  store: Store,
  path: VfsPath,
  name: string,
  value: Uint8Array,
  mode: XattrMode,
  { limits }: CallContext,
): void {
  const node = store.find(path);
  const checked = nameToChange(node.type, name);
  checkXattrValue(value);
  const xattrs = node.xattrs ?? new Xattrs();
  const room = { usage: store.usage, limits, capacity: store.capacity.bytes };
  xattrGrowth(checked, value, mode, xattrs.present(checked), room);
  node.xattrs = xattrs;
  store.changeUse(node, () => xattrs.set(checked, Uint8Array.from(value)));
  node.ctime = store.now();
}

export function listxattr(store: Store, path: VfsPath): string[] {
  return store.find(path).xattrs?.names() ?? [];
}

export function removexattr(store: Store, path: VfsPath, name: string): void {
  const node = store.find(path);
  const checked = nameToChange(node.type, name);
  valueOf(node, checked);
  store.changeUse(node, () => node.xattrs?.delete(checked));
  node.ctime = store.now();
}

function valueOf(node: Node, name: string): Uint8Array {
  const value = node.xattrs?.get(name);
  if (value === undefined) throw new VfsError('ENODATA');
  return value;
}
