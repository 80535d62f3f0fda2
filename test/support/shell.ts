import { Writable } from 'node:stream';
import type { Account } from '../../server/auth/account.ts';
import { linesOf, once } from '../../server/exec/shell/worker/command-source.ts';
import { InputSource } from '../../server/exec/shell/worker/input-source.ts';
import { Shell, type Ending } from '../../server/exec/shell/worker/shell.ts';
import type { SavedState } from '../../server/exec/shell/messages.ts';
import { mount } from '../../server/mount.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import type { Limits, VfsBackend } from '../../vfs/backend.ts';
import { ROOT, type VfsPath } from '../../vfs/path.ts';
import { captureLog } from './captured-log.ts';

export interface ShellRun extends Ending {
  readonly stdout: string;
  readonly stderr: string;
  readonly states: readonly SavedState[];
  /** Pieces of output in the order in which they came. */
  readonly pieces: readonly string[];
}

export interface TestShellOptions {
  /** A script in the place of lines on standard input. */
  readonly line?: string | undefined;
  readonly input?: string | Uint8Array | undefined;
  readonly state?: Partial<SavedState> | undefined;
  readonly limits?: Limits | undefined;
  /** Goes on from an earlier run. */
  readonly backend?: VfsBackend | undefined;
  /** Called with the shell once it runs. */
  readonly meanwhile?: ((shell: Shell) => void) | undefined;
}

const ACCOUNT: Pick<Account, 'name' | 'uid' | 'gid' | 'superuser'> = {
  name: 'alice',
  uid: 10_000,
  gid: 10_000,
  superuser: false,
};

/** A store in memory that belongs to alice. */
export async function shellBackend(): Promise<MemoryBackend> {
  const backend = new MemoryBackend();
  await backend.setstat(ROOT, { uid: ACCOUNT.uid, gid: ACCOUNT.gid }, {});
  return backend;
}

/** Runs commands in a shell of this thread, over a mount with all of its layers. */
export async function runInShell(options: TestShellOptions): Promise<ShellRun> {
  const { line, input = '', state, limits = {}, meanwhile } = options;
  const backend = options.backend ?? (await shellBackend());
  const source = new InputSource();
  source.push(Buffer.from(input));
  source.end();
  const pieces: string[] = [];
  const written = { stdout: '', stderr: '' };
  const states: SavedState[] = [];
  const stream = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written[name] += chunk.toString();
        pieces.push(chunk.toString());
        done();
      },
    });
  const account = { ...ACCOUNT, limits };
  const name = (id: number): string | undefined => (id === account.uid ? account.name : undefined);
  const shell = new Shell({
    mount: mount({
      backend,
      account: { ...account, readOnly: false, denied: [] },
      session: 'test',
      log: captureLog(),
    }),
    account,
    names: { user: name, group: name },
    env: { HOME: '/', USER: 'alice', PATH: '/bin' },
    input: source,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    terminal: undefined,
    state: { cwd: ROOT, variables: '', functions: '', aliases: '', umask: 0o022, ...state },
    log: captureLog(),
    programs: {},
    onState: (now) => states.push(now),
  });
  const running = shell.run(line === undefined ? linesOf(source) : once(line));
  meanwhile?.(shell);
  const ending = await running;
  return { ...ending, ...written, states, pieces };
}

/** What a file holds; latin1: a character a byte. */
export async function fileText(
  backend: VfsBackend,
  path: string,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Promise<string> {
  const handle = await backend.open(path as VfsPath, { access: 'r' }, 0, {});
  try {
    const { size } = await backend.fstat(handle, {});
    return Buffer.from(await backend.read(handle, 0, size, {})).toString(encoding);
  } finally {
    await backend.close(handle, {});
  }
}
