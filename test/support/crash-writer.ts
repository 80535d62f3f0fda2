import { writeSync } from 'node:fs';
import type { CallContext, Handle, VfsBackend } from '../../vfs/backend.ts';
import { SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import { VfsError } from '../../vfs/errors.ts';
import type { VfsPath } from '../../vfs/path.ts';
import { pattern, randomSource } from '../conformance/expectations.ts';
import { CRASH_LIMITS, type CrashCall, type CrashLine } from './crash-protocol.ts';

/*
 * A program for tests: works on the storage of the first argument until it is killed. Each worker has a directory of its own
 * below the root, named by the second argument, and does one call at a time, chosen by the seed in the third. The fourth is `bulkAfter`. Before a
 * call and after it a line goes to standard output, at once. A byte goes to descriptor 3 when the work begins.
 */
const [file = '', prefix = '', seed = '0', bulkAfter] = process.argv.slice(2);
const WORKERS = 4;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const DIRECTORIES = ['', '/d', '/d/e', '/g'];
const CHUNK = 131_072;
const ctx: CallContext = { limits: CRASH_LIMITS };

const backend: VfsBackend = await SqliteBackend.open(file, {
  bulkAfter: bulkAfter === undefined ? undefined : Number(bulkAfter),
});
let calls = 0;

function say(line: CrashLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Does one call and tells of it. Refusals that a random program meets are told too; anything else ends the program. */
async function run(
  worker: number,
  call: CrashCall,
  action: (number: number) => Promise<number | undefined>,
): Promise<number> {
  const number = ++calls;
  say({ worker, number, call });
  try {
    const inode = await action(number);
    say({ worker, number, outcome: 'ok', inode });
  } catch (error) {
    if (!(error instanceof VfsError)) throw error;
    say({ worker, number, outcome: error.code });
    return 0;
  }
  return number;
}

class Worker {
  readonly #number: number;
  readonly #root: string;
  readonly #random: (below: number) => number;
  /** By the number of the call that opened them. */
  readonly #handles = new Map<number, Handle>();

  constructor(number: number) {
    this.#number = number;
    this.#root = `/${prefix}${number}`;
    this.#random = randomSource(Number(seed) * WORKERS + number);
  }

  async work(): Promise<never> {
    for (const directory of DIRECTORIES) await this.#mkdir(this.#root + directory);
    for (;;) await (this.#random(7) < 4 ? this.#edit() : this.#names());
  }

  #path(): string {
    const directory = DIRECTORIES[this.#random(DIRECTORIES.length)] ?? '';
    return `${this.#root}${directory}/${NAMES[this.#random(NAMES.length)]}`;
  }

  #directory(): string {
    return `${this.#root}${DIRECTORIES[1 + this.#random(DIRECTORIES.length - 1)]}`;
  }

  #mkdir(path: string): Promise<number> {
    return run(this.#number, { op: 'mkdir', path }, async () => {
      await backend.mkdir(path as VfsPath, 0o755, ctx);
      return backend.pathToInode(path as VfsPath, ctx);
    });
  }

  /** Opens a file, does this and that to it, and closes it. */
  async #edit(): Promise<void> {
    const path = this.#path();
    const truncate = this.#random(4) === 0;
    const opened = await run(this.#number, { op: 'open', path, truncate }, async (number) => {
      const handle = await backend.open(
        path as VfsPath,
        { access: 'rw', create: 'if-missing', truncate },
        0o640,
        ctx,
      );
      this.#handles.set(number, handle);
      return (await backend.fstat(handle, ctx)).inode;
    });
    if (opened === 0) return;
    const handle = this.#handles.get(opened) as Handle;
    for (let steps = this.#random(6); steps > 0; steps--) await this.#step(opened, handle, path);
    await run(this.#number, { op: 'close', handle: opened }, async () => {
      await backend.close(handle, ctx);
      return undefined;
    });
  }

  async #step(opened: number, handle: Handle, path: string): Promise<unknown> {
    const choice = this.#random(12);
    if (choice === 0) return this.#unlink(path);
    if (choice === 1) return this.#rename(path, this.#path());
    if (choice === 2) {
      return run(this.#number, { op: 'fsync', handle: opened }, async () => {
        await backend.fsync(handle, ctx);
        return undefined;
      });
    }
    if (choice < 5) {
      const size = this.#size();
      return run(this.#number, { op: 'fsetstat', handle: opened, size }, async () => {
        await backend.fsetstat(handle, { size }, ctx);
        return undefined;
      });
    }
    const [position, length, bytes] = [this.#size(), this.#length(), 1 + this.#random(1000)];
    return run(this.#number, { op: 'write', handle: opened, position, length, seed: bytes }, async () => {
      await backend.write(handle, position, pattern(length, bytes), ctx);
      return undefined;
    });
  }

  /** Mostly small, sometimes of more chunks than are removed at once. */
  #size(): number {
    const kind = this.#random(12);
    if (kind < 3) return 0;
    return kind === 3 ? this.#random(100 * CHUNK) : this.#random(3 * CHUNK);
  }

  #length(): number {
    return 1 + (this.#random(3) === 0 ? this.#random(4 * CHUNK) : this.#random(20_000));
  }

  #names(): Promise<unknown> {
    const path = this.#path();
    const other = this.#path();
    const actions: readonly (() => Promise<unknown>)[] = [
      () => this.#unlink(path),
      () => this.#rename(path, other),
      () => this.#rename(path, other),
      () => this.#rename(this.#directory(), this.#directory()),
      () => this.#mkdir(this.#directory()),
      () =>
        this.#plain({ op: 'rmdir', path: this.#directory() }, (call) =>
          backend.rmdir(call.path as VfsPath, ctx),
        ),
      () =>
        this.#plain({ op: 'link', path, to: other }, () =>
          backend.link(path as VfsPath, other as VfsPath, ctx),
        ),
      () => this.#symlink(path, other),
      () => this.#setstat(path),
    ];
    return actions[this.#random(actions.length)]?.() ?? Promise.resolve();
  }

  #plain<C extends CrashCall>(call: C, action: (call: C) => Promise<void>): Promise<number> {
    return run(this.#number, call, async () => {
      await action(call);
      return undefined;
    });
  }

  #unlink(path: string): Promise<number> {
    return this.#plain({ op: 'unlink', path }, () => backend.unlink(path as VfsPath, ctx));
  }

  #rename(path: string, to: string): Promise<number> {
    return this.#plain({ op: 'rename', path, to }, () =>
      backend.rename(path as VfsPath, to as VfsPath, { replace: true }, ctx),
    );
  }

  #symlink(path: string, target: string): Promise<number> {
    return run(this.#number, { op: 'symlink', path, target }, async () => {
      await backend.symlink(target, path as VfsPath, ctx);
      return backend.pathToInode(path as VfsPath, ctx);
    });
  }

  #setstat(path: string): Promise<number> {
    const change = {
      mode: this.#random(0o1000),
      mtime: { seconds: this.#random(1000), nanoseconds: this.#random(1_000_000_000) },
      ...(this.#random(2) === 0 ? { size: this.#size() } : {}),
    };
    return this.#plain({ op: 'setstat', path, change }, () => backend.setstat(path as VfsPath, change, ctx));
  }
}

const workers = Array.from({ length: WORKERS }, (_, number) => new Worker(number));
writeSync(3, 'b');
await Promise.all(workers.map((worker) => worker.work()));
