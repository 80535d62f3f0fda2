import type { CallContext, Handle, VfsBackend } from '../../../vfs/backend.ts';
import { childOf, entriesOf } from '../../../vfs/extensions/entries.ts';
import { encodeText } from '../../../vfs/names.ts';
import { PATH_MAX, type VfsPath } from '../../../vfs/path.ts';
import type { Stats } from '../../../vfs/stats.ts';
import { errorText } from '../error-text.ts';
import type { ScpPeer } from './peer.ts';
import { visibleName } from './records.ts';

/** Bytes of one read: two chunks of a storage. */
const BLOCK = 256 * 1024;
/** Of a mode, what goes along: not the sticky bit. */
const MODE_MASK = 0o6777;

export interface SourceOptions {
  readonly storage: VfsBackend;
  readonly ctx: CallContext;
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly path: (text: string) => VfsPath;
}

/** Sends files and directories (scp -f), as `source` and `rsource` of OpenSSH's scp.c do. */
export class ScpSource {
  readonly #peer: ScpPeer;
  readonly #options: SourceOptions;

  constructor(peer: ScpPeer, options: SourceOptions) {
    this.#peer = peer;
    this.#options = options;
  }

  /** What cannot be sent is told, and the rest goes on. */
  async send(name: string): Promise<void> {
    const { storage, ctx, recursive, path } = this.#options;
    const shown = name.replace(/(?<=.)\/+$/, '');
    let handle: Handle;
    try {
      handle = await storage.open(path(shown), { access: 'r' }, 0, ctx);
    } catch (error) {
      return this.#peer.fail(`${shown}: ${errorText(error)}`);
    }
    try {
      const stats = await storage.fstat(handle, ctx);
      if (stats.type === 'file') await this.#file(handle, shown, stats);
      else if (recursive) await this.#directory(shown, stats);
      else await this.#peer.fail(`${shown}: not a regular file`);
    } finally {
      await storage.close(handle, {});
    }
  }

  async #file(handle: Handle, shown: string, stats: Stats): Promise<void> {
    const peer = this.#peer;
    if (!(await this.#times(stats))) return;
    const record = `C${modeText(stats)} ${stats.size} ${lastName(shown)}\n`;
    await peer.tell(`Sending file modes: ${record}`);
    await peer.say(record);
    if (!(await peer.response())) return;
    const problem = await this.#content(handle, stats.size);
    if (problem === undefined) await peer.ok();
    else await peer.fail(`${shown}: ${problem}`);
    await peer.response();
  }

  /** Sends as many bytes as were promised, whatever happens, and answers what did. The next block is read while one goes out. */
  async #content(handle: Handle, size: number): Promise<string | undefined> {
    const { storage, ctx } = this.#options;
    let problem: string | undefined;
    const read = async (position: number): Promise<Uint8Array> => {
      const length = Math.min(BLOCK, size - position);
      if (length <= 0) return new Uint8Array(0);
      try {
        if (problem !== undefined) return new Uint8Array(length);
        const bytes = await storage.read(handle, position, length, ctx);
        if (bytes.length === length) return bytes;
        problem = 'the file became shorter while it was read';
        const filled = new Uint8Array(length);
        filled.set(bytes);
        return filled;
      } catch (error) {
        ctx.signal?.throwIfAborted();
        problem = errorText(error);
        return new Uint8Array(length);
      }
    };
    let next = read(0);
    for (let position = 0; position < size;) {
      const block = await next;
      position += block.length;
      next = read(position);
      // Its failure is dealt with where it is waited for.
      next.catch(() => {});
      await this.#peer.say(block);
    }
    await next;
    return problem;
  }

  async #directory(shown: string, stats: Stats): Promise<void> {
    const { storage, ctx, path } = this.#options;
    const peer = this.#peer;
    if (!(await this.#times(stats))) return;
    const record = `D${modeText(stats)} 0 ${lastName(shown)}\n`;
    await peer.tell(`Entering directory: ${record}`);
    await peer.say(record);
    if (!(await peer.response())) return;
    try {
      for await (const { name } of entriesOf(storage, path(shown), ctx)) {
        const child = childOf(shown as VfsPath, name);
        if (encodeText(child).length >= PATH_MAX) await peer.fail(`${child}: name too long`);
        else await this.send(child);
      }
    } catch (error) {
      await peer.fail(`${shown}: ${errorText(error)}`);
    }
    await peer.say('E\n');
    await peer.response();
  }

  async #times({ mtime, atime }: Stats): Promise<boolean> {
    if (!this.#options.preserve) return true;
    const record = `T${Math.max(0, mtime.seconds)} 0 ${Math.max(0, atime.seconds)} 0\n`;
    await this.#peer.tell(
      `File mtime ${mtime.seconds} atime ${atime.seconds}\nSending file timestamps: ${record}`,
    );
    await this.#peer.say(record);
    return this.#peer.response();
  }
}

function modeText({ mode }: Stats): string {
  return (mode & MODE_MASK).toString(8).padStart(4, '0');
}

/** The last name of a path; one with a newline, which would end the line, as OpenSSH writes it. */
function lastName(shown: string): string {
  const name = shown.slice(shown.lastIndexOf('/') + 1);
  return shown.includes('\n') ? visibleName(encodeText(name)) : name;
}
