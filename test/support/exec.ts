import { PassThrough } from 'node:stream';
import { runCommand, type CommandContext, type RunScript } from '../../server/exec/run.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { decodeText, encodeText } from '../../vfs/names.ts';
import { ROOT } from '../../vfs/path.ts';
import { captureLog } from './captured-log.ts';
import { mount } from '../../server/mount.ts';
import { memoryStorage } from './server.ts';

/** How a command line ended. Text as names are: a byte that is not UTF-8 is a lone surrogate. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly output: Buffer;
}

export interface RunLineOptions extends Partial<Omit<CommandContext, 'stdin' | 'stdout' | 'stderr'>> {
  readonly input?: string | Uint8Array | undefined;
  readonly runScript?: RunScript | undefined;
}

export const ALICE = { name: 'alice', uid: 10_000, gid: 10_000, superuser: false, limits: {} };

/** A storage in memory through the layers of an account, and whole command lines run on it, in this thread. */
export interface ExecBench {
  readonly storage: VfsBackend;
  run(line: string, options?: RunLineOptions): Promise<Ran>;
  /** Writes a file. */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  read(path: string): Promise<string>;
}

export async function execBench(account: CommandContext['account'] = ALICE): Promise<ExecBench> {
  const backend = await memoryStorage(account);
  const log = captureLog();
  const storage = mount({
    backend,
    account: { ...account, readOnly: false, denied: [] },
    session: 'test',
    log,
  });
  return benchOn(storage, account);
}

/** The same on a mount that is there. */
export function benchOn(storage: VfsBackend, account: CommandContext['account'] = ALICE): ExecBench {
  return {
    storage,
    run: (line, options = {}) => runLine(line, storage, account, options),
    async write(path, content, mode = 0o644) {
      const handle = await storage.open(
        path as typeof ROOT,
        { access: 'w', create: 'if-missing', truncate: true },
        mode,
        {},
      );
      await storage.write(handle, 0, typeof content === 'string' ? encodeText(content) : content, {});
      await storage.close(handle, {});
    },
    async read(path) {
      const handle = await storage.open(path as typeof ROOT, { access: 'r' }, 0, {});
      const { size } = await storage.fstat(handle, {});
      const bytes = await storage.read(handle, 0, size, {});
      await storage.close(handle, {});
      return decodeText(bytes);
    },
  };
}

async function runLine(
  line: string,
  storage: VfsBackend,
  account: CommandContext['account'],
  { input = '', runScript, ...more }: RunLineOptions,
): Promise<Ran> {
  const stdin = new PassThrough();
  stdin.end(typeof input === 'string' ? encodeText(input) : input);
  const [stdout, outBytes] = collector();
  const [stderr, errorBytes] = collector();
  const context: CommandContext = {
    cwd: ROOT,
    env: { HOME: '/', USER: account.name, LOGNAME: account.name },
    stdin,
    stdout,
    stderr,
    mount: storage,
    account,
    names: { user: (uid) => (uid === account.uid ? account.name : undefined), group: () => undefined },
    umask: 0o022,
    signal: new AbortController().signal,
    now: () => Date.UTC(2026, 10, 25, 12),
    log: captureLog(),
    ...more,
  };
  const status = await runCommand(line, context, runScript);
  const output = Buffer.concat(outBytes);
  return {
    status,
    output,
    stdout: decodeText(output),
    stderr: decodeText(Buffer.concat(errorBytes)),
  };
}

function collector(): [PassThrough, Buffer[]] {
  const stream = new PassThrough();
  const bytes: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => bytes.push(chunk));
  return [stream, bytes];
}
