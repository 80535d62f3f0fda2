import type { OpenFlags } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { FileType } from '../../stats.ts';

/**
 * What `open` does with a name: makes a file where there is none, else opens what is there. Throws what the contract
 * says for the flags. `existing` is the type of what has the name.
 */
export function openCase(flags: OpenFlags, existing: FileType | undefined): 'make' | 'open' {
  if (existing === undefined) {
    if (flags.create === undefined) throw new VfsError('ENOENT', { op: 'open' });
    return 'make';
  }
  if (flags.create === 'exclusive') throw new VfsError('EEXIST', { op: 'open' });
  if (existing === 'symlink') throw new VfsError('ELOOP', { op: 'open' });
  const wantsFile = flags.access !== 'r' || flags.create !== undefined || flags.truncate === true;
  if (existing === 'directory' && wantsFile) throw new VfsError('EISDIR', { op: 'open' });
  return 'open';
}
