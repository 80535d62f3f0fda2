import { duplexPair, type Duplex } from 'node:stream';
import { serveSftp, type SftpOptions } from '../../server/sftp/session.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { stack, type Layer } from '../../vfs/layer.ts';
import { resolvePaths } from '../../vfs/middleware/resolve-paths.ts';
import { captureLog, type CapturedLog } from './captured-log.ts';
import { SftpClient } from './sftp-client.ts';

/** A server's session and a client of it, in one process. */
export interface TestSession {
  readonly client: SftpClient;
  readonly backend: VfsBackend;
  readonly log: CapturedLog;
  /** The server's end of the channel. */
  readonly channel: Duplex;
  /** Settles when the session has let go of everything. */
  readonly done: Promise<void>;
}

export interface TestSessionOptions extends Partial<Omit<SftpOptions, 'log'>> {
  readonly backend?: VfsBackend;
  /** Below path resolution. */
  readonly layers?: readonly Layer[];
  /** Bytes that a stream holds before its writer is asked to wait. */
  readonly highWaterMark?: number;
}

const ACCOUNT = { name: 'alice', uid: 10_000, gid: 10_000 };

/** Begins a session over an empty memory backend, or over what is given. Nothing is sent yet. */
export function beginSession(options: TestSessionOptions = {}): TestSession {
  const { backend = new MemoryBackend(), layers = [], highWaterMark = 64 * 1024, ...rest } = options;
  const [channel, clientEnd] = duplexPair({ highWaterMark });
  const log = captureLog();
  const done = serveSftp(channel, {
    mount: stack(backend, resolvePaths(), ...layers),
    account: ACCOUNT,
    names: { user: nameOf, group: nameOf },
    sessionId: 'test',
    umask: 0o022,
    handlesMax: 100,
    log,
    ...rest,
  });
  return { client: new SftpClient(clientEnd), backend, log, channel, done };
}

/** A session that is past INIT. */
export async function openSession(options: TestSessionOptions = {}): Promise<TestSession> {
  const session = beginSession(options);
  await session.client.init();
  return session;
}

function nameOf(id: number): string | undefined {
  return id === ACCOUNT.uid ? ACCOUNT.name : undefined;
}
