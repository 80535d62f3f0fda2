import type { Duplex } from 'node:stream';
import type { VfsBackend } from '../../vfs/backend.ts';
import type { Logger } from '../log.ts';

/** What an SFTP session needs to know of the world. */
export interface SftpOptions {
  /** The account's whole stack, path resolution outermost. */
  readonly mount: VfsBackend;
  readonly account: { readonly name: string; readonly uid: number; readonly gid: number };
  /** Names for `longname` and users-groups-by-id; absent: unknown. */
  readonly names: { user(uid: number): string | undefined; group(gid: number): string | undefined };
  /** Named in logs and traces. */
  readonly sessionId: string;
  readonly umask: number;
  readonly handlesMax: number;
  readonly log: Logger;
}

/** Speaks SFTP on a raw channel until it ends, then closes every handle. Resolves when all is let go; never rejects. */
export declare function serveSftp(channel: Duplex, options: SftpOptions): Promise<void>;
