import { VfsError } from '../errors.ts';
import { decodeText } from '../names.ts';
import type { VfsPath } from '../path.ts';

/** A path as `node:fs` takes it: text, the bytes of text, or a `file:` URL. */
export type PathLike = string | Uint8Array | URL;

/** The path for the resolving layer. There is no working directory: a relative path begins at the root. */
export function pathOf(path: PathLike): VfsPath {
  const text = textOf(path);
  return (text === '' || text.startsWith('/') ? text : `/${text}`) as VfsPath;
}

/** The path as the caller wrote it. `EINVAL` for what is none. */
export function textOf(path: PathLike): string {
  if (typeof path === 'string') return path;
  if (path instanceof Uint8Array) return decodeText(path);
  if (path instanceof URL && path.protocol === 'file:') return decodeURIComponent(path.pathname);
  throw new VfsError('EINVAL', { detail: 'path must be a string, bytes or a file: URL' });
}

/** The directory of the path's last name, as text; the root for a path of one name. */
export function textAbove(path: VfsPath): VfsPath {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed.slice(0, Math.max(1, trimmed.lastIndexOf('/'))) as VfsPath;
}
