import type { CallContext, Handle, VfsBackend } from '../backend.ts';
import type { VfsPath } from '../path.ts';
import type { Stats, StatsChange } from '../stats.ts';
import { replacing, typeOf } from './draft.ts';
import { childOf, entriesOf } from './entries.ts';
import type { Kept, SinkContent, SourceContent, TreeEntry, TreeSink, TreeSource, Xattrs } from './tree.ts';

/** Bytes copied in one operation of the store, so that others have a turn. */
const PIECE = 64 * 1024 * 1024;

/** Content of a storage, which that storage can copy without us. */
class StorageContent implements SourceContent {
  readonly storage: VfsBackend;
  readonly handle: Handle;
  readonly #ctx: CallContext;

  constructor(storage: VfsBackend, handle: Handle, ctx: CallContext) {
    this.storage = storage;
    this.handle = handle;
    this.#ctx = ctx;
  }

  read(position: number, length: number): Promise<Uint8Array> {
    return this.storage.read(this.handle, position, length, this.#ctx);
  }

  close(): Promise<void> {
    return this.storage.close(this.handle, this.#ctx);
  }
}

/** A storage to copy from. */
export function storageSource(storage: VfsBackend, ctx: CallContext = {}): TreeSource<VfsPath> {
  return {
    look: async (path) => entryOf(await storage.lstat(path, ctx)),
    async *children(path) {
      for await (const { name, stats } of entriesOf(storage, path, ctx)) {
        yield { name, place: childOf(path, name), entry: entryOf(stats) };
      }
    },
    target: (path) => storage.readlink(path, ctx),
    open: async (path) => new StorageContent(storage, await storage.open(path, { access: 'r' }, 0, ctx), ctx),
    textOf: (path) => path,
    ...(storage.capabilities.xattrs && { xattrs: (path: VfsPath) => xattrsOf(storage, path, ctx) }),
  };
}

async function xattrsOf(storage: VfsBackend, path: VfsPath, ctx: CallContext): Promise<Xattrs> {
  const names = await storage.listxattr(path, ctx);
  return Promise.all(names.map(async (name) => [name, await storage.getxattr(path, name, ctx)] as const));
}

function entryOf({ type, nlink, inode, mode, uid, gid, atime, mtime }: Stats): TreeEntry {
  const hasNames = type !== 'directory' && nlink > 1;
  return { type, kept: { mode, uid, gid, atime, mtime }, identity: hasNames ? String(inode) : undefined };
}

export interface StorageSinkOptions {
  /**
   * Give what is made to the owners it had, and not to the one that the context names; and extended attributes that are
   * not `user.`, which only a superuser may set. Default: false.
   */
  readonly owners?: boolean | undefined;
}

/** A storage to copy to. */
export function storageSink(
  storage: VfsBackend,
  { owners = false }: StorageSinkOptions = {},
  ctx: CallContext = {},
): TreeSink<VfsPath> {
  const change = ({ mode, uid, gid, atime, mtime }: Kept): StatsChange =>
    owners ? { mode, uid, gid, atime, mtime } : { mode, atime, mtime };
  return {
    symlinks: storage.capabilities.symlinks,
    hardLinks: storage.capabilities.hardLinks,
    childOf,
    textOf: (path) => path,
    async directory(path) {
      const there = await typeOf(storage, path, ctx);
      if (there === 'directory') return;
      if (there !== undefined) await storage.unlink(path, ctx);
      await storage.mkdir(path, 0o700, ctx);
    },
    replace: (path, make) => replacing(storage, path, make, ctx),
    symlink: (target, path) => storage.symlink(target, path, ctx),
    link: (from, path) => storage.link(from, path, ctx),
    async create(path) {
      const handle = await storage.open(path, { access: 'w', create: 'exclusive' }, 0o600, ctx);
      return sinkContent(storage, handle, change, ctx);
    },
    ...(storage.capabilities.xattrs && {
      setXattrs: async (path: VfsPath, xattrs: Xattrs) => {
        const allowed = xattrs.filter(([name]) => owners || name.startsWith('user.'));
        for (const [name, value] of allowed) await storage.setxattr(path, name, value, 'set', ctx);
      },
    }),
    // The mode of a symlink means nothing and cannot be set.
    keep: (path, type, kept) =>
      storage.setstat(path, type === 'symlink' ? { ...change(kept), mode: undefined } : change(kept), ctx),
  };
}

function sinkContent(
  storage: VfsBackend,
  handle: Handle,
  change: (kept: Kept) => StatsChange,
  ctx: CallContext,
): SinkContent {
  return {
    copyFrom(source) {
      const isSame = source instanceof StorageContent && source.storage === storage;
      return isSame ? copyInside(storage, source.handle, handle, ctx) : undefined;
    },
    write: (position, bytes) => storage.write(handle, position, bytes, ctx),
    async finish(size, kept) {
      await storage.fsetstat(handle, { ...change(kept), size }, ctx);
    },
    close: () => storage.close(handle, ctx),
  };
}

async function copyInside(storage: VfsBackend, from: Handle, to: Handle, ctx: CallContext): Promise<number> {
  for (let position = 0; ;) {
    const copied = await storage.copyRange(from, position, PIECE, to, position, ctx);
    position += copied;
    if (copied < PIECE) return position;
  }
}
