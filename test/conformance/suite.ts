import { expect } from 'chai';
import type { CallContext, Handle, OpenFlags, VfsBackend } from '../../vfs/backend.ts';
import type { Capabilities } from '../../vfs/capabilities.ts';
import type { VfsPath } from '../../vfs/path.ts';
import type { DirectoryEntry, Stats } from '../../vfs/stats.ts';

/** One storage under test, new and empty. */
export interface Subject {
  readonly backend: VfsBackend;
  /** Closes the storage and opens it again, for backends that are persistent. */
  readonly reopen?: (() => Promise<VfsBackend>) | undefined;
  /** What is wrong with the storage after `dispose`, a line each, for backends that can tell. */
  readonly faults?: (() => string[]) | undefined;
  /** Takes away what `dispose` leaves: files, directories. */
  readonly remove?: (() => Promise<void>) | undefined;
}

export type Factory = () => Subject | Promise<Subject>;

export interface ConformanceOptions {
  readonly capabilities: Capabilities;
  /** True for a stack with `resolvePaths`: symlinks are followed where a bare backend answers `ELOOP`. */
  readonly resolving?: boolean | undefined;
  /** The largest file of the store in bytes, where it is less than 2^53 - 1. */
  readonly fileSizeMax?: number | undefined;
  /** The largest uid and gid, where it is less than 2^32 - 1. */
  readonly idMax?: number | undefined;
  /** The first and the last second that the store keeps as a time, where it does not keep all. */
  readonly secondsKept?: readonly [first: number, last: number] | undefined;
  /** True where listing a directory and reading a symlink may move its access time. */
  readonly listingMovesAccessTime?: boolean | undefined;
  /** True for a store that does not count the subdirectories of a directory: `nlink` is 1. */
  readonly uncountedDirectories?: boolean | undefined;
  /** Tests that somebody else's store fails, by their titles, and why. They are left out; each must be the title of a test. */
  readonly deviations?: Readonly<Record<string, string>> | undefined;
  /** How many tasks do how many random operations at once. Default: 24 times 60. */
  readonly crowd?: Crowd | undefined;
  /** For a stack that makes one identity the owner of all that is made, and binds it to mode bits unless it is the superuser. */
  readonly identity?: (Ids & { readonly superuser: boolean }) | undefined;
}

export interface Crowd {
  readonly tasks: number;
  readonly turns: number;
}

/** The crowd of each backend's own run; on the host and over `fs/promises` a call takes several steps, so it has fewer turns. */
export const LARGE_CROWD: Crowd = { tasks: 100, turns: 1000 };
export const SLOW_CROWD: Crowd = { tasks: 100, turns: 200 };

export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** What the sections work with: the facts about the subject and short words for common steps, on the storage of the running test. */
export interface Suite {
  readonly can: Capabilities;
  readonly resolving: boolean;
  readonly fileSizeMax: number;
  readonly idMax: number;
  readonly secondsKept: readonly [first: number, last: number];
  readonly crowd: Crowd;
  readonly backend: VfsBackend;
  /** Closes the storage and opens it again; `backend` is the new one from then on. */
  reopen(): Promise<void>;
  open(path: string, flags?: Partial<OpenFlags>, ctx?: CallContext): Promise<Handle>;
  close(handle: Handle): Promise<void>;
  /** Makes or replaces a file. */
  put(path: string, content: string | Uint8Array, ctx?: CallContext): Promise<void>;
  get(path: string): Promise<Uint8Array>;
  text(path: string): Promise<string>;
  /** Writes through an open handle. */
  write(
    handle: Handle,
    position: number | 'end',
    content: string | Uint8Array,
    ctx?: CallContext,
  ): Promise<void>;
  read(handle: Handle, position?: number, length?: number): Promise<Uint8Array>;
  mkdir(...paths: readonly string[]): Promise<void>;
  stat(path: string): Promise<Stats>;
  entries(path: string, pageSize?: number): Promise<DirectoryEntry[]>;
  names(path: string, pageSize?: number): Promise<string[]>;
  /** Bytes and inodes in use, by `statfs`. Only a store with `limits` can tell. */
  usage(): Promise<Usage>;
  /** Expects bytes and inodes in use; of a store without `limits`, which counts neither, it expects nothing. */
  expectUsage(wanted: Partial<Usage>): Promise<void>;
  /** True where mode bits bind the caller, who cannot give anything to anybody else. */
  readonly bound: boolean;
  /** Who owns what is made, where the context says `asked`. */
  ownerOfNew(asked?: Ids): Ids;
  /** What owners can be changed to: `wanted`, or the only ones that the caller may set. */
  settable<T extends Partial<Ids>>(wanted: T): T;
  /** What `nlink` of a directory must be that has so many subdirectories. */
  directoryLinks(subdirectories: number): number;
  /** The attributes without those that looking may move. */
  steady(stats: Stats): Stats;
}

export interface Usage {
  readonly used: number;
  readonly inodes: number;
}

export interface SuiteControl extends Suite {
  begin(): Promise<void>;
  /** Closes the storage, and answers what is wrong with it. */
  end(): Promise<string[]>;
}

const ENOUGH = { bytes: 2 ** 50, inodes: 2 ** 30 };
const PIECE = 1 << 20;

/** Text as a path, unchecked: the tests name bad ones too. */
export const at = (path: string): VfsPath => path as VfsPath;
export const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The ids of `identity`, those that `wanted` has. */
function only<T extends Partial<Ids>>(identity: Ids, wanted: T): T {
  const { uid, gid } = identity;
  return { ...wanted, ...('uid' in wanted && { uid }), ...('gid' in wanted && { gid }) };
}

export function makeSuite(factory: Factory, options: ConformanceOptions): SuiteControl {
  const { identity } = options;
  const bound = identity?.superuser === false;
  let subject: Subject | undefined;
  let current: VfsBackend | undefined;
  const backend = (): VfsBackend => current as VfsBackend;

  const open: Suite['open'] = (path, flags = {}, ctx = {}) =>
    backend().open(at(path), { access: 'rw', ...flags }, 0o644, ctx);
  const close: Suite['close'] = (handle) => backend().close(handle, {});
  const write: Suite['write'] = (handle, position, content, ctx = {}) =>
    backend().write(handle, position, bytesOf(content), ctx);
  const read: Suite['read'] = (handle, position = 0, length = PIECE) =>
    backend().read(handle, position, length, {});

  const put: Suite['put'] = async (path, content, ctx = {}) => {
    const handle = await open(path, { access: 'w', create: 'if-missing', truncate: true }, ctx);
    try {
      await write(handle, 0, content, ctx);
    } finally {
      await close(handle);
    }
  };

  const get: Suite['get'] = async (path) => {
    const handle = await open(path, { access: 'r' });
    try {
      const { size } = await backend().fstat(handle, {});
      return await read(handle, 0, size + 1);
    } finally {
      await close(handle);
    }
  };

  const entries: Suite['entries'] = async (path, pageSize = 1000) => {
    const all: DirectoryEntry[] = [];
    for (;;) {
      const page = await backend().readdir(at(path), { after: all.at(-1)?.name, limit: pageSize }, {});
      all.push(...page);
      if (page.length < pageSize) return all;
    }
  };

  const usage: Suite['usage'] = async () => {
    const state = await backend().statfs({ limits: ENOUGH });
    return { used: state.bytesTotal - state.bytesFree, inodes: state.inodesTotal - state.inodesFree };
  };

  return {
    can: options.capabilities,
    resolving: options.resolving ?? false,
    fileSizeMax: options.fileSizeMax ?? Number.MAX_SAFE_INTEGER,
    idMax: options.idMax ?? 0xffff_ffff,
    crowd: options.crowd ?? { tasks: 24, turns: 60 },
    secondsKept: options.secondsKept ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    get backend() {
      return backend();
    },
    async begin() {
      subject = await factory();
      current = subject.backend;
    },
    async end() {
      await current?.dispose();
      const faults = subject?.faults?.() ?? [];
      await subject?.remove?.();
      subject = undefined;
      current = undefined;
      return faults;
    },
    async reopen() {
      current = await subject?.reopen?.();
    },
    open,
    close,
    write,
    read,
    put,
    get,
    text: async (path) => textOf(await get(path)),
    async mkdir(...paths) {
      for (const path of paths) await backend().mkdir(at(path), 0o755, {});
    },
    stat: (path) => backend().lstat(at(path), {}),
    entries,
    names: async (path, pageSize) => (await entries(path, pageSize)).map((entry) => entry.name),
    usage,
    bound,
    ownerOfNew: (asked = { uid: 0, gid: 0 }) => (identity === undefined ? asked : only(identity, asked)),
    settable: (wanted) => (bound ? only(identity, wanted) : wanted),
    directoryLinks: (subdirectories) => (options.uncountedDirectories === true ? 1 : 2 + subdirectories),
    steady: (stats) => {
      const moves = options.listingMovesAccessTime === true && stats.type !== 'file';
      return moves ? { ...stats, atime: { seconds: 0, nanoseconds: 0 } } : stats;
    },
    async expectUsage(wanted) {
      if (options.capabilities.limits) expect(await usage()).to.include(wanted);
    },
  };
}
