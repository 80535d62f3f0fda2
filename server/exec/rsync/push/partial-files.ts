import { isVfsError } from '../../../../vfs/errors.ts';
import { parentOf, unresolved, type VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import type { Session } from '../session.ts';
import { below, visibleStatsOf } from '../storage.ts';
import { makeDirectories } from './make-directories.ts';

/** `--partial-dir`: where what has arrived of a file is kept, beside the file (partial_dir_fname, util1.c). */
export class PartialFiles {
  readonly #session: Session;
  readonly #root: VfsPath;

  constructor(session: Session, root: VfsPath) {
    this.#session = session;
    this.#root = root;
  }

  /** Absent: no directory for parts was named. */
  pathOf(name: string): VfsPath | undefined {
    const { partialDirectory } = this.#session.options;
    if (partialDirectory === undefined) return undefined;
    const slash = name.lastIndexOf('/');
    const leaf = name.slice(slash + 1);
    if (partialDirectory.startsWith('/')) return below(unresolved(partialDirectory), leaf);
    return below(this.#root, `${name.slice(0, slash + 1)}${partialDirectory.replace(/\/+$/, '')}/${leaf}`);
  }

  async find(name: string): Promise<{ readonly path: VfsPath; readonly stats: Stats } | undefined> {
    const path = this.pathOf(name);
    if (path === undefined) return undefined;
    const stats = await visibleStatsOf(this.#session.program.mount, path, this.#session.ctx);
    return stats?.type === 'file' ? { path, stats } : undefined;
  }

  async prepare(path: VfsPath): Promise<void> {
    await makeDirectories(this.#session, parentOf(path));
  }

  /** Removes the part of a file that is whole now, and its directory where that is empty. */
  async remove(name: string, alsoFile: boolean): Promise<void> {
    const path = this.pathOf(name);
    if (path === undefined) return;
    const { mount } = this.#session.program;
    try {
      if (alsoFile) await mount.unlink(path, {});
      if (this.#session.options.partialDirectory?.startsWith('/') !== true)
        await mount.rmdir(parentOf(path), {});
    } catch (error) {
      if (!isVfsError(error)) throw error;
    }
  }
}
