import { unresolved, type VfsPath } from '../../vfs/path.ts';

/** Names the storage, and with it the account. */
export const STORAGE_POSITIONAL = {
  name: { type: 'string', demandOption: true, describe: 'Account whose storage it is' },
} as const;

/** A path in a storage as a person wrote it; without a slash in front it starts from the root all the same. */
export function storagePath(text: string): VfsPath {
  return unresolved(text.startsWith('/') ? text : `/${text}`);
}
