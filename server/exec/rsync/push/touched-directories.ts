import { parentOf, type VfsPath } from '../../../../vfs/path.ts';
import type { FileList } from '../list/file-list.ts';
import { Pace } from '../../pace.ts';
import type { Session } from '../session.ts';
import { isMissing } from '../storage.ts';
import { mtimeOf, type Attributes } from './attributes.ts';

/** Set on a directory whose times have to be set at the end. */
const TOUCHED = 0x40;
/** Set on one whose mode has to be set at the end. */
const OPENED = 0x80;

/**
 * Directories whose attributes are set when all in them is done (touch_up_dirs, generator.c): their times, which every
 * change in them moves, and the mode of those that had to be writable meanwhile.
 */
export class TouchedDirectories {
  readonly #session: Session;
  readonly #list: FileList;
  readonly #attributes: Attributes;
  readonly #target: (name: string) => VfsPath;
  /** Entry of each directory of the list by its path; only of those that may be asked for. */
  readonly #byPath = new Map<VfsPath, number>();

  constructor(session: Session, list: FileList, attributes: Attributes, target: (name: string) => VfsPath) {
    this.#session = session;
    this.#list = list;
    this.#attributes = attributes;
    this.#target = target;
  }

  /** The generator is at this directory: what is below may change it from now on. */
  know(entry: number, path: VfsPath): void {
    this.#byPath.set(path, entry);
  }

  /** Its attributes cannot be set, which has been told. */
  forget(path: VfsPath): void {
    this.#byPath.delete(path);
  }

  touch(entry: number): void {
    this.#list.addFlags(entry, TOUCHED);
  }

  /** A name in the directory of `path` has come or gone. */
  changedIn(path: VfsPath): void {
    const entry = this.#byPath.get(parentOf(path));
    if (entry !== undefined) this.touch(entry);
  }

  /** The mode that the list asks for does not let its owner work in it. */
  opened(entry: number): void {
    this.#list.addFlags(entry, OPENED);
  }

  /** From the deepest up, so that none is moved again. */
  async settle(tree: Uint32Array): Promise<void> {
    const { program, ctx, options, report } = this.#session;
    if (options.dryRun) return;
    const pace = new Pace();
    for (let at = tree.length - 1; at >= 0; at--) {
      if (pace.due) await pace.rest();
      const index = tree[at] ?? 0;
      const flags = this.#list.flags(index);
      if (!this.#list.isDirectory(index) || (flags & (TOUCHED | OPENED)) === 0) continue;
      const entry = this.#list.get(index);
      const change = {
        ...(this.#attributes.keepsTime(entry.mode) && { mtime: mtimeOf(entry) }),
        ...((flags & OPENED) !== 0 && { mode: this.#attributes.mode(entry, undefined) }),
      };
      if (Object.keys(change).length === 0) continue;
      const path = this.#target(entry.name);
      try {
        await program.mount.setstat(path, change, ctx);
      } catch (error) {
        if (!isMissing(error)) report.failed('set times on', path, error);
      }
    }
  }
}
