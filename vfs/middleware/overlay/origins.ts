import type { VfsBackend } from '../../backend.ts';
import { isVfsError, VfsError } from '../../errors.ts';
import { join, namesOf, ROOT, unresolved, type VfsPath } from '../../path.ts';
import type { FileType, Timestamp } from '../../stats.ts';
import { entriesOf } from '../../extensions/entries.ts';
import { HELD, ORIGINS } from './places.ts';

/** An inode of the upper store that came from the lower one. */
export interface Origin {
  /** Its numbers in the two stores. */
  readonly upper: number;
  readonly lower: number;
  readonly type: FileType;
  /** What it was called in the lower store, where it still is: the lower store is never changed. */
  readonly path: VfsPath;
  /** Where the bytes of a file are. Directories and symlinks have theirs in the upper store. */
  content: 'lower' | 'upper';
  /** The numbers of its names in `HELD`: one for each name in the lower store that nothing covers yet. */
  readonly held: number[];
  /** Bytes that the content takes in the lower store, without extended attributes. */
  used: number;
  /** Shown instead of what the upper store says, which copying has moved. Not kept over a reopening. */
  times?: { readonly mtime?: Timestamp; readonly ctime: Timestamp } | undefined;
  /** Of a directory: subdirectories of the lower one that are covered; undefined until somebody has counted. */
  covered?: number | undefined;
  /** While the content is being copied. */
  copying?: Promise<void> | undefined;
}

/** The text of a record: it is the name of a symlink, so that one `rename` changes it. */
const RECORD = /^(\d+)\.(\d+)\.(directory|symlink|file|whole)$/;

/**
 * What came from the lower store, by its numbers in both. In memory for the lookups, and as a symlink for each in the
 * upper store, whose name tells the numbers and whose target the lower path.
 */
export class Origins {
  readonly #upper: VfsBackend;
  readonly #byUpper = new Map<number, Origin>();
  readonly #byLower = new Map<number, Origin>();

  constructor(upper: VfsBackend) {
    this.#upper = upper;
  }

  ofUpper(inode: number): Origin | undefined {
    return this.#byUpper.get(inode);
  }

  ofLower(inode: number): Origin | undefined {
    return this.#byLower.get(inode);
  }

  get size(): number {
    return this.#byUpper.size;
  }

  all(): Iterable<Origin> {
    return this.#byUpper.values();
  }

  /** Known for the time that the overlay is open, without a record in the store. */
  know(origin: Origin): void {
    this.#byUpper.set(origin.upper, origin);
    this.#byLower.set(origin.lower, origin);
  }

  forget(origin: Origin): void {
    this.#byUpper.delete(origin.upper);
    if (this.#byLower.get(origin.lower) === origin) this.#byLower.delete(origin.lower);
  }

  async add(origin: Origin): Promise<void> {
    await this.#upper.symlink(targetOf(origin), recordOf(origin), {});
    this.know(origin);
  }

  async remove(origin: Origin): Promise<void> {
    this.forget(origin);
    await this.#upper.unlink(recordOf(origin), {});
  }

  /** The bytes of the file are those in the upper store now. */
  async recordContent(origin: Origin): Promise<void> {
    const before = recordOf({ ...origin, content: 'lower' });
    await this.#upper.rename(before, recordOf(origin), { replace: true }, {});
  }

  /** Reads what an earlier owner of the upper store has left; half of something is cleared away. */
  async load(): Promise<void> {
    for await (const { name, stats } of entriesOf(this.#upper, ORIGINS)) {
      const path = join(ORIGINS, name);
      const origin = stats.type === 'symlink' ? await this.#read(name, path) : undefined;
      if (origin === undefined) throw damaged(path);
      if (await this.#lives(origin)) this.know(origin);
      else await this.#upper.unlink(path, {});
    }
    for await (const { name } of entriesOf(this.#upper, HELD)) {
      const [lower = Number.NaN, number = Number.NaN] = name.split('.').map(Number);
      const origin = this.#byLower.get(lower);
      if (origin === undefined) await this.#upper.unlink(join(HELD, name), {});
      else origin.held.push(number);
    }
  }

  async #read(name: string, path: VfsPath): Promise<Origin | undefined> {
    const [, upper, lower, kind] = RECORD.exec(name) ?? [];
    if (kind === undefined) return undefined;
    const target = await this.#upper.readlink(path, {});
    return {
      upper: Number(upper),
      lower: Number(lower),
      type: kind === 'whole' ? 'file' : (kind as FileType),
      path: unresolved(target.startsWith('/') ? target : `/${target}`),
      content: kind === 'file' ? 'lower' : 'upper',
      held: [],
      used: 0,
    };
  }

  async #lives(origin: Origin): Promise<boolean> {
    try {
      const path = await this.#upper.inodeToPath(origin.upper, {});
      return path !== ROOT && namesOf(path).length > 0;
    } catch (error) {
      if (isVfsError(error, 'ESTALE')) return false;
      throw error;
    }
  }
}

export function heldPath(origin: Pick<Origin, 'lower'>, number: number): VfsPath {
  return join(HELD, `${origin.lower}.${number}`);
}

function recordOf({ upper, lower, type, content }: Origin): VfsPath {
  const kind = type === 'file' && content === 'upper' ? 'whole' : type;
  return join(ORIGINS, `${upper}.${lower}.${kind}`);
}

/** Without its first `/`, since a path may be one byte longer than a target. */
function targetOf({ path }: Origin): string {
  return path.slice(1);
}

function damaged(path: VfsPath): VfsError {
  return new VfsError('EIO', { path, detail: 'the records of the overlay in the upper store are damaged' });
}
