import type { CallContext, Limits, VfsBackend } from '../../backend.ts';
import { formatBytes, storageStats, type Usage } from '../../backends/shared/index.ts';
import { isVfsError, VfsError } from '../../errors.ts';
import type { StorageStats } from '../../stats.ts';

/** Whose bytes and inodes the limits are about: those of the upper store, or those of everything that is seen. */
export type Counting = 'upper' | 'everything';

/** Ample, so that `statfs` tells what is used. */
const ENOUGH: Limits = { bytes: 2 ** 52, inodes: 2 ** 40 };
/** The private directories and the whiteout. */
const OWN_INODES = 5;

/**
 * What is used, and what of a limit is left for the upper store, which checks it in its own transaction. Its private
 * inodes, and those that came from the lower store, are never counted as the user's. All of it changes under the lock alone.
 */
export class Accounts {
  readonly #upper: VfsBackend;
  readonly #lower: VfsBackend;
  readonly #counting: Counting;
  /** Inodes of the upper store that the user has not made. */
  #private = 0;
  /** What is no longer seen of the lower store, or was copied. */
  #gone: Usage = { used: 0, inodes: 0 };
  #below: Promise<Below> | undefined;

  constructor(upper: VfsBackend, lower: VfsBackend, counting: Counting) {
    this.#upper = upper;
    this.#lower = lower;
    this.#counting = counting;
  }

  get countsEverything(): boolean {
    return this.#counting === 'everything';
  }

  /** An inode and its record for each origin. */
  begin(origins: number): void {
    this.#private = OWN_INODES + 2 * origins;
  }

  addPrivate(inodes: number): void {
    this.#private += inodes;
  }

  /** An inode of the lower store is no longer seen, or its content is no longer what is seen. */
  lose({ used = 0, inodes = 0 }: Partial<Usage>): void {
    this.#gone = { used: this.#gone.used + used, inodes: this.#gone.inodes + inodes };
  }

  /** The context for a call on the upper store that may make an inode or store bytes. */
  async within(ctx: CallContext, extraBytes = 0): Promise<CallContext> {
    const { limits } = ctx;
    if (limits === undefined) return ctx;
    const base = await this.#base(ctx, limits);
    const bytes = lessen(limits.bytes, base.used - extraBytes);
    return { ...ctx, limits: { ...limits, bytes, inodes: lessen(limits.inodes, base.inodes) } };
  }

  /** The same for a copy of a file, which may be larger than a new one could be. */
  async withinBytes(ctx: CallContext): Promise<CallContext> {
    const { limits } = await this.within(ctx);
    return { limits: limits && { bytes: limits.bytes } };
  }

  /** As `EDQUOT` of the upper store would be, had it counted as we do. */
  async explain(error: unknown, ctx: CallContext, of: 'bytes' | 'inodes'): Promise<unknown> {
    const limit = ctx.limits?.[of];
    if (!isVfsError(error, 'EDQUOT') || limit === undefined) return error;
    const { used, inodes } = await this.#usage(ctx);
    const detail =
      of === 'bytes'
        ? `quota exceeded: ${formatBytes(used)} used of ${formatBytes(limit)}`
        : `quota exceeded: ${inodes} of ${limit} files used`;
    return new VfsError('EDQUOT', { detail, cause: error.cause });
  }

  async statfs(ctx: CallContext): Promise<StorageStats> {
    if (!this.countsEverything) return this.#statfsOfUpper(ctx);
    const below = await this.#knowBelow(ctx);
    const stats = await this.#lower.statfs(ctx);
    if (below.usage === undefined) return stats;
    const capacity = { bytes: below.capacity.bytes, inodes: below.capacity.inodes };
    const planned = storageStats(await this.#usage(ctx), capacity, ctx.limits);
    return { ...planned, nameMax: Math.min(stats.nameMax, planned.nameMax) };
  }

  async #statfsOfUpper(ctx: CallContext): Promise<StorageStats> {
    const stats = await this.#upper.statfs(await this.within(ctx));
    return { ...stats, inodesTotal: Math.max(0, stats.inodesTotal - this.#private) };
  }

  async #usage(ctx: CallContext): Promise<Usage> {
    const { bytesTotal, bytesFree, inodesTotal, inodesFree } = await this.#upper.statfs({ limits: ENOUGH });
    const base = await this.#base(ctx, {});
    return { used: bytesTotal - bytesFree + base.used, inodes: inodesTotal - inodesFree + base.inodes };
  }

  /** What is used beside what the upper store counts; less than nothing where that counts too much. */
  async #base(ctx: CallContext, limits: Limits): Promise<Usage> {
    if (!this.countsEverything) return { used: 0, inodes: -this.#private };
    const { usage } = await this.#knowBelow(ctx);
    if (usage === undefined) {
      // As a store without the ability does.
      if (limits.bytes !== undefined || limits.inodes !== undefined)
        throw new VfsError('ENOTSUP', { detail: 'the storage cannot count what is used' });
      return { used: 0, inodes: 0 };
    }
    return {
      used: usage.used - this.#gone.used,
      inodes: usage.inodes - this.#gone.inodes - this.#private,
    };
  }

  #knowBelow(ctx: CallContext): Promise<Below> {
    return (this.#below ??= lookBelow(this.#lower, ctx).catch((error: unknown) => {
      this.#below = undefined;
      throw error;
    }));
  }
}

/** What the lower store holds, and could hold; undefined where it does not count. */
interface Below {
  readonly usage: Usage | undefined;
  readonly capacity: { readonly bytes: number; readonly inodes: number };
}

async function lookBelow(lower: VfsBackend, ctx: CallContext): Promise<Below> {
  const plain = await lower.statfs({ session: ctx.session });
  const capacity = { bytes: plain.bytesTotal, inodes: plain.inodesTotal };
  try {
    const all = await lower.statfs({ session: ctx.session, limits: ENOUGH });
    const usage = { used: all.bytesTotal - all.bytesFree, inodes: all.inodesTotal - all.inodesFree };
    return { usage, capacity };
  } catch (error) {
    if (isVfsError(error, 'ENOTSUP')) return { usage: undefined, capacity };
    throw error;
  }
}

function lessen(limit: number | undefined, by: number): number | undefined {
  return limit === undefined ? undefined : Math.max(0, limit - by);
}
