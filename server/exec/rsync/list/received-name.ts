import { NAME_MAX } from '../../../../vfs/path.ts';
import { EXIT, protocolError, RsyncError } from '../exit.ts';

/** Bytes of a name with its directories (MAXPATHLEN - 1). */
export const PATH_BYTES_MAX = 4095;

/** Nothing that a name of these forms could be is canonical as it is. */
const CLEAN = /^(?!\/)(?!.*\/\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^\0]*[^/\0]$/s;

/**
 * A name as the sender may send it, cleaned (clean_fname and the checks of recv_file_entry, flist.c). Nothing leads out of
 * the root of the transfer: `..` ends the session, as do absolute names unless they are asked for (`-R`).
 */
export function receivedName(raw: string, relative: boolean): string {
  if (raw === '.' || (CLEAN.test(raw) && raw.length <= NAME_MAX)) return raw;
  if (raw.includes('\0')) throw protocolError('a file name holds a NUL byte');
  if (raw.startsWith('/') && !relative) throw unsafe(raw);
  const names = raw.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw unsafe(raw);
  if (names.some((name) => name.length > NAME_MAX))
    throw new RsyncError(EXIT.protocol, `a name is too long: ${raw.slice(0, 300)}`);
  return names.length === 0 ? '.' : names.join('/');
}

function unsafe(name: string): RsyncError {
  return new RsyncError(EXIT.unsupported, `ABORTING due to unsafe pathname from sender: ${name}`);
}
