import type { VfsBackend } from '../../../../vfs/backend.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import { decodeText, encodeText } from '../../../../vfs/names.ts';
import { join, ROOT } from '../../../../vfs/path.ts';

/** In the storage, so it counts against the quota as everything does. */
const FILE = join(ROOT, '.shell_history');
const MODE = 0o600;
const LINES_MAX = 1000;
/** Bytes that are read at the beginning; more than that is cut off. */
const BYTES_MAX = 256 * 1024;

/** What was typed in earlier sessions and in this one. Where it cannot be kept, it lasts as long as the session. */
export class History {
  readonly #mount: VfsBackend;

  constructor(mount: VfsBackend) {
    this.#mount = mount;
  }

  /** The last lines, the newest first. */
  async load(): Promise<string[]> {
    const text = decodeText((await this.#tail()) ?? new Uint8Array(0));
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.slice(-LINES_MAX).toReversed();
  }

  /** A line that begins with a space is not kept. */
  async add(line: string): Promise<void> {
    if (line.startsWith(' ') || line.trim() === '' || line.includes('\n')) return;
    await this.#quietly(async () => {
      const handle = await this.#mount.open(FILE, { access: 'w', create: 'if-missing' }, MODE, {});
      try {
        await this.#mount.write(handle, 'end', encodeText(`${line}\n`), {});
      } finally {
        await this.#mount.close(handle, {});
      }
    });
  }

  /** The end of the file; a file that has grown too long is cut to it. */
  async #tail(): Promise<Uint8Array | undefined> {
    return this.#quietly(async () => {
      const handle = await this.#mount.open(FILE, { access: 'rw' }, MODE, {});
      try {
        const { size } = await this.#mount.fstat(handle, {});
        const start = Math.max(0, size - BYTES_MAX);
        const read = await this.#mount.read(handle, start, BYTES_MAX, {});
        if (start === 0) return read;
        const whole = read.subarray(read.indexOf(10) + 1);
        const kept = whole.subarray(whole.indexOf(10, whole.length / 2) + 1);
        await this.#mount.write(handle, 0, kept, {});
        await this.#mount.fsetstat(handle, { size: kept.length }, {});
        return kept;
      } finally {
        await this.#mount.close(handle, {});
      }
    });
  }

  async #quietly<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return undefined;
    }
  }
}
