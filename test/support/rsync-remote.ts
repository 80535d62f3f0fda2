import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PassThrough, Writable } from 'node:stream';
import type { ProgramContext } from '../../server/exec/program.ts';
import { expandWords } from '../../server/exec/command-line/expand.ts';
import { parseCommandLine } from '../../server/exec/command-line/parse.ts';
import { rsync } from '../../server/exec/rsync/rsync.ts';
import { mount } from '../../server/mount.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { decodeText } from '../../vfs/names.ts';
import { ROOT } from '../../vfs/path.ts';
import { captureLog } from './captured-log.ts';

const BRIDGE = fileURLToPath(new URL('rsync-bridge.mjs', import.meta.url));
const FRAME = { stdout: 1, stderr: 2, status: 3 } as const;

export interface RsyncRemote {
  /** What `rsync -e` is to run. */
  readonly shell: string;
  /** The storage that the next session works on. */
  mount: VfsBackend;
  readonly log: ReturnType<typeof captureLog>;
  /** What the last client sent: its words after `rsync`, and its bytes. */
  heard: { readonly args: readonly string[]; readonly bytes: Buffer[] };
  /** Settles when no session runs any more. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** A remote side for rsync in this process, without ssh: the client runs `shell`, which hands its streams over. */
export async function startRsyncRemote(
  mount: VfsBackend,
  options: Partial<Pick<ProgramContext, 'account' | 'names' | 'umask'>> = {},
): Promise<RsyncRemote> {
  const directory = mkdtempSync(join(tmpdir(), 'anyfs-rsync-'));
  const socketPath = join(directory, 'socket');
  const shell = join(directory, 'shell');
  writeFileSync(shell, `#!/bin/sh\nexec '${process.execPath}' '${BRIDGE}' '${socketPath}' "$@"\n`, {
    mode: 0o755,
  });
  const log = captureLog();
  const running = new Set<Promise<void>>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const session = serve(socket, remote, { log, ...options })
      .catch((error: unknown) => {
        log.error('a program failed', { error });
        socket.destroy();
      })
      .finally(() => running.delete(session));
    running.add(session);
  });
  await new Promise<void>((resolve) => {
    server.listen(socketPath, resolve);
  });
  const remote: RsyncRemote = {
    shell,
    mount,
    log,
    heard: { args: [], bytes: [] },
    idle: async () => void (await Promise.all(running)),
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return remote;
}

/** Who runs the tests: root keeps owners, as a superuser's account does. */
export const ACCOUNT: ProgramContext['account'] = {
  name: 'alice',
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  superuser: process.getuid?.() === 0,
  limits: {},
};

type Setting = Partial<Pick<ProgramContext, 'account' | 'names' | 'umask'>> & Pick<ProgramContext, 'log'>;

async function serve(socket: Socket, remote: RsyncRemote, setting: Setting): Promise<void> {
  const ending = new AbortController();
  const stdin = new PassThrough();
  let head = Buffer.alloc(0);
  let line: string | undefined;
  socket.on('error', () => {});
  socket.on('close', () => {
    ending.abort();
    stdin.destroy();
  });
  await new Promise<void>((resolve) => {
    socket.on('data', function onData(bytes: Buffer) {
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf(10);
      if (end < 0) return;
      socket.off('data', onData);
      line = decodeText(Buffer.from(head.subarray(0, end).toString('latin1'), 'base64'));
      stdin.write(head.subarray(end + 1));
      socket.pipe(stdin);
      resolve();
    });
    socket.on('close', resolve);
  });
  if (line === undefined) return;
  const account = { ...ACCOUNT, ...setting.account };
  const mounted = mount({
    backend: remote.mount,
    account: { ...account, readOnly: false, denied: [] },
    session: 'test',
    log: setting.log,
  });
  const args = await argumentsOf(line, mounted);
  const bytes: Buffer[] = [];
  remote.heard = { args, bytes };
  stdin.on('data', (piece: Buffer) => bytes.push(piece));
  const status = await rsync({
    args,
    cwd: ROOT,
    env: { HOME: '/', USER: 'alice' },
    stdin,
    stdout: framed(socket, FRAME.stdout),
    stderr: framed(socket, FRAME.stderr),
    mount: mounted,
    names: { user: () => undefined, group: () => undefined },
    umask: 0o022,
    signal: ending.signal,
    now: () => Date.now(),
    ...setting,
    account,
  });
  socket.end(frame(FRAME.status, Buffer.from([status])));
}

/** The words after `rsync`, as a command line over ssh is read. */
async function argumentsOf(line: string, mount: VfsBackend): Promise<string[]> {
  const parsed = parseCommandLine(line);
  if (parsed.kind !== 'commands') throw new Error(`not a plain command: ${line}`);
  const words = parsed.commands[0]?.words ?? [];
  return (await expandWords(words, { mount, cwd: ROOT, home: '/', user: 'alice', ctx: {} })).slice(1);
}

function framed(socket: Socket, kind: number): Writable {
  return new Writable({
    highWaterMark: 1024 * 1024,
    write: (bytes: Buffer, _encoding, done) => {
      if (socket.destroyed) return done();
      socket.write(frame(kind, bytes), () => done());
    },
  });
}

function frame(kind: number, bytes: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header[0] = kind;
  header.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
}
