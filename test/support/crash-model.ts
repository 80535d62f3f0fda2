import { createHash } from 'node:crypto';
import type { Handle, VfsBackend } from '../../vfs/backend.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import type { VfsPath } from '../../vfs/path.ts';
import type { Stats, StatsChange, Timestamp } from '../../vfs/stats.ts';
import { outcomeOf, pattern } from '../conformance/expectations.ts';
import type { CrashCall, CrashLine } from './crash-protocol.ts';
import { filesOf } from './files-of.ts';
import { treeOf } from './tree-of.ts';

/** Times below this were set by a call, and so are known. */
const SECONDS_SET_BELOW = 1000;
const DIRTYING = new Set(['open', 'write', 'fsetstat']);

/** A file that was open when the program was killed. */
interface Edited {
  readonly handle: Handle;
  /** Its making has not been promised by anything yet. */
  made: boolean;
  /** Bytes of it have not been promised. */
  dirty: boolean;
}

/** What a path must be after the crash; a line of text for all that is certain. */
export interface Wanted {
  readonly facts: string;
  /** What may stand there instead: a directory with the time from before its names changed. */
  readonly late: string | undefined;
  readonly inode: number | undefined;
  readonly mayBeMissing: boolean;
  readonly anyContent: boolean;
}

export type WantedTree = ReadonlyMap<string, Wanted>;

/** Replays what one worker said on the memory backend. */
export class CrashModel {
  readonly #memory: VfsBackend = new MemoryBackend();
  readonly #edited = new Map<number, Edited>();
  /** Inode numbers in the storage by those in memory. */
  readonly #numbers = new Map<number, number>();
  /** Times of directories that calls have set, by inode number in memory. */
  readonly #timesSet = new Map<number, Timestamp>();
  #inFlight: { readonly number: number; readonly call: CrashCall } | undefined;

  static async replay(lines: readonly CrashLine[]): Promise<CrashModel> {
    const model = new CrashModel();
    for (const line of lines) {
      if ('call' in line) model.#inFlight = line;
      else await model.#ended(line.outcome, line.inode);
    }
    return model;
  }

  /** The trees that may be found: without the call that was in flight, and with it. */
  async wanted(): Promise<WantedTree[]> {
    const without = await this.#tree();
    if (this.#inFlight === undefined) return [without];
    const { number, call } = this.#inFlight;
    await outcomeOf(this.#apply(number, call));
    return [without, await this.#tree()];
  }

  async #ended(outcome: string, inode: number | undefined): Promise<void> {
    if (this.#inFlight === undefined) throw new Error('a call ended that had not begun');
    const { number, call } = this.#inFlight;
    this.#inFlight = undefined;
    if (outcome !== 'ok') return;
    await this.#apply(number, call);
    if (call.op === 'close') this.#edited.delete(call.handle);
    const edited = 'handle' in call ? this.#edited.get(call.handle) : undefined;
    if (call.op === 'fsync' && edited !== undefined) Object.assign(edited, { made: false, dirty: false });
    // A name that is given is promised, and what it names with it.
    if (call.op === 'rename' || call.op === 'link') await this.#certain(call.to);
    if (inode === undefined) return;
    const known = 'path' in call ? await this.#memory.lstat(call.path as VfsPath, {}) : undefined;
    if (known !== undefined) this.#numbers.set(known.inode, inode);
  }

  async #certain(path: string): Promise<void> {
    const { inode } = await this.#memory.lstat(path as VfsPath, {});
    for (const edited of this.#edited.values()) {
      if ((await this.#memory.fstat(edited.handle, {})).inode === inode) edited.made = false;
    }
  }

  async #apply(number: number, call: CrashCall): Promise<void> {
    const memory = this.#memory;
    const edited = 'handle' in call ? this.#edited.get(call.handle) : undefined;
    if (edited !== undefined && DIRTYING.has(call.op)) edited.dirty = true;
    const handle = edited?.handle as Handle;
    switch (call.op) {
      case 'open':
        return this.#open(number, call.path, call.truncate);
      case 'write':
        return memory.write(handle, call.position, pattern(call.length, call.seed), {});
      case 'fsetstat':
        return memory.fsetstat(handle, { size: call.size }, {});
      case 'fsync':
        return memory.fsync(handle, {});
      case 'close':
        // In flight it stays as uncertain as it was; `ended` forgets it.
        return undefined;
      case 'mkdir':
        return memory.mkdir(call.path as VfsPath, 0o755, {});
      case 'rmdir':
        return memory.rmdir(call.path as VfsPath, {});
      case 'unlink':
        return memory.unlink(call.path as VfsPath, {});
      case 'rename':
        return memory.rename(call.path as VfsPath, call.to as VfsPath, { replace: true }, {});
      case 'link':
        return memory.link(call.path as VfsPath, call.to as VfsPath, {});
      case 'symlink':
        return memory.symlink(call.target, call.path as VfsPath, {});
      case 'setstat':
        return this.#setstat(call.path as VfsPath, call.change);
    }
  }

  async #setstat(path: VfsPath, change: StatsChange): Promise<void> {
    await this.#memory.setstat(path, change, {});
    const { inode, type } = await this.#memory.lstat(path, {});
    if (type === 'directory' && change.mtime !== undefined) this.#timesSet.set(inode, change.mtime);
  }

  async #open(number: number, path: string, truncate: boolean): Promise<void> {
    const made = (await outcomeOf(this.#memory.lstat(path as VfsPath, {}))) !== 'ok';
    const flags = { access: 'rw', create: 'if-missing', truncate } as const;
    const handle = await this.#memory.open(path as VfsPath, flags, 0o640, {});
    this.#edited.set(number, { handle, made, dirty: truncate });
  }

  async #tree(): Promise<WantedTree> {
    const edited = new Map<number, Edited>();
    for (const one of this.#edited.values())
      edited.set((await this.#memory.fstat(one.handle, {})).inode, one);
    const facts = await describeTree(this.#memory);
    const tree = new Map<string, Wanted>();
    for (const [path, { stats, text }] of facts) {
      const open = edited.get(stats.inode);
      tree.set(path, {
        facts: text,
        late: this.#lateTextOf(stats),
        inode: this.#numbers.get(stats.inode),
        mayBeMissing: open?.made === true,
        anyContent: open?.dirty === true,
      });
    }
    return tree;
  }

  #lateTextOf(stats: Stats): string | undefined {
    const mtime = stats.type === 'directory' ? this.#timesSet.get(stats.inode) : undefined;
    return mtime && textOf({ ...stats, mtime }, '');
  }
}

export interface Found {
  readonly stats: Stats;
  /** All that must be the same in memory and in the storage, a time only where a call has set it. */
  readonly text: string;
}

/** Everything below the root. */
export async function describeTree(backend: VfsBackend): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (const [path, stats] of await treeOf(backend)) {
    found.set(path, { stats, text: textOf(stats, await contentOf(backend, path, stats)) });
  }
  return found;
}

function textOf({ type, mode, nlink, size, used, mtime }: Stats, content: string): string {
  const time = mtime.seconds < SECONDS_SET_BELOW ? `${mtime.seconds}.${mtime.nanoseconds}` : 'some time';
  return `${type} ${mode.toString(8)} ${nlink} links ${size} bytes ${used} used ${time} ${content}`;
}

async function contentOf(backend: VfsBackend, path: VfsPath, stats: Stats): Promise<string> {
  if (stats.type === 'symlink') return backend.readlink(path, {});
  if (stats.type === 'directory') return '';
  return createHash('sha1')
    .update(await filesOf(backend).get(path))
    .digest('hex');
}

/** What is wrong with what was found, a line each. */
export function differences(found: ReadonlyMap<string, Found>, wanted: WantedTree): string[] {
  const lines: string[] = [];
  for (const path of found.keys()) if (!wanted.has(path)) lines.push(`${path} should not be there`);
  for (const [path, { facts, late, inode, mayBeMissing, anyContent }] of wanted) {
    const there = found.get(path);
    if (there === undefined) {
      if (!mayBeMissing) lines.push(`${path} is missing: ${facts}`);
      continue;
    }
    if (inode !== undefined && inode !== there.stats.inode)
      lines.push(`${path} has number ${there.stats.inode}, not ${inode}`);
    const same = there.text === facts || there.text === late || (anyContent && there.stats.type === 'file');
    if (!same) lines.push(`${path} is ${there.text}, not ${facts}`);
  }
  return lines;
}
