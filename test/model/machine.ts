import { createHash } from 'node:crypto';
import type { CallContext, Handle, Limits, VfsBackend } from '../../vfs/backend.ts';
import { VfsError } from '../../vfs/errors.ts';
import type { DirectoryEntry, Stats, StorageStats, Timestamp } from '../../vfs/stats.ts';
import { pattern } from '../conformance/expectations.ts';
import { at, type Subject } from '../conformance/suite.ts';
import type { Step } from './steps.ts';

/** Makes a new storage that takes the time from `clock`. */
export type MachineFactory = (clock: () => Timestamp) => Subject | Promise<Subject>;

/** How much of what is answered is compared: `uncounted` leaves out bytes stored, `shared` times and numbers of inodes too. */
export type View = 'exact' | 'uncounted' | 'shared';

/** Ample, so that `statfs` tells what is used. */
const ENOUGH: Limits = { bytes: 2 ** 50, inodes: 2 ** 30 };
const BEGUN: Timestamp = { seconds: 1000, nanoseconds: 0 };
const READ_WHOLE = 1 << 20;
/** A limit that every store has room for. */
const TIGHT = 2 ** 30;

/**
 * Runs a program on a new storage and answers what each step gave, then the whole tree: lines that are equal for
 * two storages that behave the same. Inode numbers are replaced by the order in which they were seen; the clock shows
 * the number of the step, so that times can be compared too.
 */
export async function run(
  factory: MachineFactory,
  program: readonly Step[],
  view: View = 'exact',
): Promise<string[]> {
  let step = 0;
  const subject = await factory(() => ({ seconds: 1000 + step, nanoseconds: 0 }));
  const machine = newMachine(subject, view);
  const lines: string[] = [];
  try {
    // What was made before the clock was ours.
    await subject.backend.setstat(at('/'), { mode: 0o755, atime: BEGUN, mtime: BEGUN }, {});
    for (const next of program) {
      step++;
      lines.push(`${JSON.stringify(next)} → ${await machine.perform(next)}`);
    }
    step++;
    lines.push(...(await machine.snapshot()));
  } finally {
    await machine.dispose();
    lines.push(...(subject.faults?.() ?? []));
    await subject.remove?.();
  }
  return lines;
}

interface Machine {
  perform(step: Step): Promise<string>;
  snapshot(): Promise<string[]>;
  dispose(): Promise<void>;
}

export function newMachine(subject: Subject, view: View): Machine {
  let { backend } = subject;
  const slots = new Map<number, Handle>();
  const seen = new Map<number, number>();

  const handleIn = (slot: number): Handle => slots.get(slot) ?? (0 as Handle);
  const within = (limits: Limits | undefined): CallContext => ({ limits, owner: { uid: 7, gid: 8 } });

  function ordinal(inode: number): number {
    if (!seen.has(inode)) seen.set(inode, seen.size + 1);
    return seen.get(inode) as number;
  }

  const numbered = (stats: Stats) => ({ ...stats, inode: ordinal(stats.inode) });
  const VIEWS: Readonly<Record<View, (stats: Stats) => string>> = {
    exact: (stats) => JSON.stringify(numbered(stats)),
    uncounted: (stats) => JSON.stringify({ ...numbered(stats), used: undefined }),
    shared,
  };
  const ofStats = VIEWS[view];
  const ofEntry = ({ name, stats }: DirectoryEntry): string => `${JSON.stringify(name)} ${ofStats(stats)}`;

  const ACTIONS: { readonly [K in Step['do']]: (step: Step & { readonly do: K }) => Promise<string> } = {
    async open({ slot, path, flags, mode, limits }) {
      const handle = await backend.open(at(path), flags, mode, within(limits));
      const before = slots.get(slot);
      if (before !== undefined) await backend.close(before, {});
      slots.set(slot, handle);
      return 'open';
    },
    async close({ slot }) {
      const handle = handleIn(slot);
      slots.delete(slot);
      await backend.close(handle, {});
      return 'closed';
    },
    fstat: async ({ slot }) => ofStats(await backend.fstat(handleIn(slot), {})),
    fsync: async ({ slot }) => said(await backend.fsync(handleIn(slot), {})),
    read: async ({ slot, position, length }) =>
      ofBytes(await backend.read(handleIn(slot), position, length, {})),
    write: async ({ slot, position, length, seed, limits }) =>
      said(await backend.write(handleIn(slot), position, pattern(length, seed), within(limits))),
    copyRange: async ({ slot, position, length, toSlot, toPosition, limits }) =>
      String(
        await backend.copyRange(
          handleIn(slot),
          position,
          length,
          handleIn(toSlot),
          toPosition,
          within(limits),
        ),
      ),
    fsetstat: async ({ slot, change, limits }) =>
      said(await backend.fsetstat(handleIn(slot), change, within(limits))),
    setstat: async ({ path, change, limits }) =>
      said(await backend.setstat(at(path), change, within(limits))),
    lstat: async ({ path }) => ofStats(await backend.lstat(at(path), {})),
    rmdir: async ({ path }) => said(await backend.rmdir(at(path), {})),
    unlink: async ({ path }) => said(await backend.unlink(at(path), {})),
    readlink: async ({ path }) => JSON.stringify(await backend.readlink(at(path), {})),
    // Of several names, a store may give any.
    async inodeRoundTrip({ path }) {
      const inode = await backend.pathToInode(at(path), {});
      const back = await backend.pathToInode(await backend.inodeToPath(inode, {}), {});
      return `${ordinal(inode)} ${ordinal(back)} ${ofStats(await backend.statInode(inode, {}))}`;
    },
    mkdir: async ({ path, mode, limits }) => said(await backend.mkdir(at(path), mode, within(limits))),
    symlink: async ({ path, target, limits }) =>
      said(await backend.symlink(target, at(path), within(limits))),
    readdir: async ({ path, after, limit }) =>
      (await backend.readdir(at(path), { after, limit }, {})).map(ofEntry).join(),
    rename: async ({ path, to, replace }) => said(await backend.rename(at(path), at(to), { replace }, {})),
    link: async ({ path, to }) => said(await backend.link(at(path), at(to), {})),
    async resolve({ path, last }) {
      const { path: found, stats, searched } = await backend.resolve(at(path), last, {});
      return `${JSON.stringify(found)} ${stats === undefined ? 'missing' : ofStats(stats)} ${searched.map(ofStats).join()}`;
    },
    async lookup({ path, name }) {
      const parent = await backend.pathToInode(at(path), {});
      return ofStats(await backend.lookup(parent, name, {}));
    },
    getxattr: async ({ path, name }) => ofBytes(await backend.getxattr(at(path), name, {})),
    setxattr: async ({ path, name, length, seed, mode, limits }) =>
      said(await backend.setxattr(at(path), name, pattern(length, seed), mode, within(limits))),
    listxattr: async ({ path }) => JSON.stringify(await backend.listxattr(at(path), {})),
    removexattr: async ({ path, name }) => said(await backend.removexattr(at(path), name, {})),
    // Nobody would ever let go of what a program waits for.
    lock: async ({ slot, request }) =>
      said(await backend.lock(handleIn(slot), request, { signal: AbortSignal.abort() })),
    tryLock: async ({ slot, request }) => said(await backend.tryLock(handleIn(slot), request, {})),
    unlock: async ({ slot, request }) => said(await backend.unlock(handleIn(slot), request, {})),
    statfs: async ({ limits }) => ofStorage(await backend.statfs({ limits }), limits),
    sync: async () => said(await backend.sync({})),
    async reopen() {
      for (const handle of slots.values()) await backend.close(handle, {});
      slots.clear();
      if (subject.reopen !== undefined) backend = await subject.reopen();
      return 'open again';
    },
  };

  async function tree(path: string): Promise<string[]> {
    const lines: string[] = [];
    const entries = await backend.readdir(at(path), { limit: 1000 }, {});
    for (const entry of entries) {
      const child = `${path === '/' ? '' : path}/${entry.name}`;
      lines.push(
        `${JSON.stringify(child)} ${ofStats(entry.stats)} ${await contentOf(backend, child, entry.stats)}`,
        ...(view === 'exact' ? await attributesOf(backend, child) : []),
      );
      if (entry.stats.type === 'directory') lines.push(...(await tree(child)));
    }
    return lines;
  }

  return {
    async perform(step) {
      try {
        return await (ACTIONS[step.do] as (given: Step) => Promise<string>)(step);
      } catch (error) {
        if (error instanceof VfsError) return error.code;
        throw error;
      }
    },
    async snapshot() {
      const open: string[] = [];
      for (const [slot, handle] of slots)
        open.push(`slot ${slot} ${ofStats(await backend.fstat(handle, {}))}`);
      const usage = view === 'exact' ? [await ACTIONS.statfs({ do: 'statfs', limits: ENOUGH })] : [];
      return [...open, `/ ${ofStats(await backend.lstat(at('/'), {}))}`, ...(await tree('/')), ...usage];
    },
    dispose: () => backend.dispose(),
  };
}

/** What two stores have in common that count bytes differently, and take times and numbers from elsewhere. */
function shared({ type, mode, nlink, uid, gid, size }: Stats): string {
  return JSON.stringify({ type, mode, nlink, uid, gid, size });
}

function said(_nothing: void): string {
  return 'done';
}

function ofBytes(bytes: Uint8Array): string {
  return `${bytes.length} bytes ${createHash('sha1').update(bytes).digest('hex')}`;
}

async function contentOf(backend: VfsBackend, path: string, { type, size }: Stats): Promise<string> {
  if (type === 'directory') return '';
  if (type === 'symlink') return JSON.stringify(await backend.readlink(at(path), {}));
  const handle = await backend.open(at(path), { access: 'r' }, 0, {});
  const first = await backend.read(handle, 0, READ_WHOLE, {});
  const last = await backend.read(handle, Math.max(0, size - READ_WHOLE), READ_WHOLE, {});
  await backend.close(handle, {});
  return `${ofBytes(first)} ${ofBytes(last)}`;
}

async function attributesOf(backend: VfsBackend, path: string): Promise<string[]> {
  const names = await backend.listxattr(at(path), {});
  const values = names.map(async (name) => ofBytes(await backend.getxattr(at(path), name, {})));
  const all = await Promise.all(values);
  return all.map((value, index) => `  ${JSON.stringify(names[index])} ${value}`);
}

/** How much room a store has beyond the limits is its own affair. */
function ofStorage(state: StorageStats, limits: Limits): string {
  const { bytesTotal, bytesFree, ...rest } = state;
  const tight = limits.bytes !== undefined && limits.bytes <= TIGHT;
  return JSON.stringify({ ...rest, bytes: tight ? [bytesTotal, bytesFree] : bytesTotal - bytesFree });
}
