import { isVfsError } from '../../../../vfs/errors.ts';
import { parentOf, unresolved, type VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import type { Session } from '../session.ts';
import { below } from '../storage.ts';
import { fromVfsText } from '../wire/text.ts';
import { makeDirectories } from './make-directories.ts';

/** Keeps what is replaced or deleted under another name (backup.c). */
export class Backups {
  readonly #session: Session;
  readonly #root: VfsPath;
  readonly #suffix: string;

  constructor(session: Session, root: VfsPath) {
    const { backupDirectory, suffix } = session.options;
    this.#session = session;
    this.#root = root;
    this.#suffix = suffix ?? (backupDirectory === undefined ? '~' : '');
  }

  get on(): boolean {
    return this.#session.options.backup;
  }

  /** A backup by its name: it is deleted without another one being made. */
  isBackup(name: string): boolean {
    const { backupDirectory } = this.#session.options;
    return (
      backupDirectory === undefined &&
      this.#suffix !== '' &&
      name.length > this.#suffix.length &&
      name.endsWith(this.#suffix)
    );
  }

  /** Where the backup of a name of the list goes. */
  pathOf(name: string): VfsPath {
    const { backupDirectory } = this.#session.options;
    if (backupDirectory === undefined) return below(this.#root, name + this.#suffix);
    const directory = backupDirectory.startsWith('/')
      ? unresolved(backupDirectory)
      : below(this.#root, backupDirectory.replace(/\/+$/, ''));
    return below(directory, name + this.#suffix);
  }

  /** Moves what `path` names to its backup. Answers false where that failed, which has been told. */
  async keep(path: VfsPath, name: string, stats: Stats): Promise<boolean> {
    const { program, ctx, report } = this.#session;
    const backup = this.pathOf(name);
    try {
      await this.#prepare(backup);
      await program.mount.rename(path, backup, { replace: true }, ctx);
    } catch (error) {
      report.failed(`rename "${fromVfsText(path)}" ->`, backup, error);
      return false;
    }
    if (program.account.superuser) await program.mount.setstat(backup, { mtime: stats.mtime }, ctx);
    return true;
  }

  /** Copies a file to its backup, for one that is changed in place; answers where it is. */
  async copy(path: VfsPath, name: string, stats: Stats): Promise<VfsPath> {
    const { program, ctx } = this.#session;
    const backup = this.pathOf(name);
    await this.#prepare(backup);
    const from = await program.mount.open(path, { access: 'r' }, 0, ctx);
    try {
      const to = await program.mount.open(
        backup,
        { access: 'w', create: 'if-missing', truncate: true },
        stats.mode,
        ctx,
      );
      try {
        await program.mount.copyRange(from, 0, stats.size, to, 0, ctx);
        await program.mount.fsetstat(to, { size: stats.size, mtime: stats.mtime, mode: stats.mode }, ctx);
      } finally {
        await program.mount.close(to, {});
      }
    } finally {
      await program.mount.close(from, {});
    }
    return backup;
  }

  async #prepare(backup: VfsPath): Promise<void> {
    const { program, ctx, options } = this.#session;
    if (options.backupDirectory !== undefined) await makeDirectories(this.#session, parentOf(backup));
    try {
      // A file cannot take the place of a directory.
      await program.mount.rmdir(backup, ctx);
    } catch (error) {
      if (!isVfsError(error, 'ENOENT') && !isVfsError(error, 'ENOTDIR')) throw error;
    }
  }
}
