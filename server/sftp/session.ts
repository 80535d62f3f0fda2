import type { Duplex } from 'node:stream';
import type { VfsBackend } from '../../vfs/backend.ts';
import { overDuplex, type ByteChannel } from '../byte-channel.ts';
import { withFields, type Logger } from '../log.ts';
import { RandomPool } from '../random-pool.ts';
import type { HandlerContext } from './handlers/table.ts';
import { OpenHandles } from './open-handles.ts';
import { PayloadPool } from './payload-pool.ts';
import { SessionLife } from './session-life.ts';
import { spokenReasons } from './spoken-reasons.ts';
import { symlinkOrderOf } from './symlink-order.ts';

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
  /** The line that the client identified itself with (RFC 4253 section 4.2); absent: not known. */
  readonly clientSoftware?: string | undefined;
  /** Shows a person a line beside the protocol; absent: nobody is there to read it. */
  readonly say?: ((line: string) => void) | undefined;
  /**
   * Shared by sessions; absent: one of its own. Where it is given it has the bytes of reads too, so the channel must not keep
   * what was written to it past the end of that write.
   */
  readonly payloads?: PayloadPool | undefined;
  /** Milliseconds since 1970; absent: the machine's clock. */
  readonly now?: (() => number) | undefined;
  /** Absent: the machine's source of randomness. */
  readonly randomBytes?: ((size: number) => Buffer) | undefined;
}

/** Speaks SFTP on a raw channel until it ends, then closes every handle. Resolves when all is let go; never rejects. */
export function serveSftp(channel: Duplex | ByteChannel, options: SftpOptions): Promise<void> {
  const abort = new AbortController();
  const context = contextOf(options, abort.signal);
  const { sessionId, account, payloads = new PayloadPool() } = options;
  const log = withFields(options.log, { session: sessionId, account: account.name });
  return new Promise((resolve) => {
    const symlinkOrder = symlinkOrderOf(options.clientSoftware);
    const bytes = 'begin' in channel ? channel : overDuplex(channel);
    new SessionLife({ channel: bytes, context, abort, payloads, symlinkOrder, log, onEnd: resolve }).begin();
  });
}

function contextOf(options: SftpOptions, signal: AbortSignal): HandlerContext {
  const { mount, account, names, sessionId, umask, handlesMax, now = Date.now } = options;
  const lasting = { owner: { uid: account.uid, gid: account.gid }, session: sessionId };
  const ctx = { ...lasting, signal };
  return {
    mount,
    lender: options.payloads,
    ctx,
    following: { ...ctx, follow: true },
    lasting,
    handles: new OpenHandles(handlesMax, options.randomBytes ?? pooledRandomBytes()),
    handlesMax,
    account,
    names,
    umask,
    now,
    onRefusal: spokenReasons(options.say ?? (() => {}), now),
  };
}

function pooledRandomBytes(): (size: number) => Buffer {
  const pool = new RandomPool();
  return (size) => pool.take(size);
}
