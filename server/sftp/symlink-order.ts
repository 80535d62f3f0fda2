/** How a client orders the two paths of SYMLINK: as the draft has them, or as OpenSSH's server takes them. */
export type SymlinkOrder = 'link first' | 'target first';

/**
 * Clients that send what the draft says to every server whose identification is not OpenSSH's: libssh
 * (`sftp_symlink`), ssh2 for Node.js (`SFTP.symlink`), asyncssh (`_nonstandard_symlink`), WinSCP (`CreateLink`).
 * libssh2 is another library, and sends what it is given.
 */
const DRAFT_CLIENTS = /^SSH-2\.0-(libssh[_-]|ssh2js|AsyncSSH_|WinSCP_)/i;

/** `software` is the line that the client identified itself with (RFC 4253 section 4.2); absent: not known. */
export function symlinkOrderOf(software: string | undefined): SymlinkOrder {
  return software !== undefined && DRAFT_CLIENTS.test(software) ? 'link first' : 'target first';
}
