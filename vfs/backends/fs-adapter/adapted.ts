import type { Capabilities } from '../../capabilities.ts';
import { decodeText, encodeText } from '../../names.ts';
import { ROOT, type VfsPath } from '../../path.ts';
import type { Listings, OpenFiles } from '../shared/foreign/index.ts';
import type { AdaptedHandle } from './adapted-handle.ts';
import type { FsBytes, FsPath, FsPromises } from './fs-promises.ts';

/** What the operations of an adapted file system work with. */
export interface Adapted extends OpenFiles<AdaptedHandle> {
  readonly fs: FsPromises;
  /** Its directory that is the root of the storage, without a slash at its end. */
  readonly root: string;
  /** `text`: names are strings as they are. `bytes`: paths go in and names come out as bytes. */
  readonly names: 'text' | 'bytes';
  /** Does the number of links of a directory count its subdirectories? */
  readonly countsDirectories: boolean;
  readonly capabilities: Capabilities;
  readonly listings: Listings;
  readonly owners: 'kept' | 'host';
  readonly sync: () => Promise<void>;
}

/** A path of the storage as the file system has it. */
export function placeOf(adapted: Adapted, path: VfsPath): FsPath {
  const below = path === ROOT && adapted.root !== '' ? '' : path;
  return inItsForm(adapted, adapted.root + below);
}

/** Text, a symlink's target for one, as the file system takes it. */
export function inItsForm({ names }: Adapted, text: string): FsPath {
  return names === 'text' ? text : Buffer.from(encodeText(text));
}

export async function namesIn({ fs, names }: Adapted, place: FsPath): Promise<string[]> {
  // Without options `readdir` answers strings.
  if (names === 'text') return (await fs.readdir(place)) as string[];
  const found = await (fs as unknown as FsBytes).readdir(place, { encoding: 'buffer' });
  return found.map(decodeText);
}

export async function targetOf({ fs, names }: Adapted, place: FsPath): Promise<string> {
  if (names === 'text') return String(await fs.readlink?.(place));
  return decodeText(await (fs as unknown as FsBytes).readlink(place, { encoding: 'buffer' }));
}
