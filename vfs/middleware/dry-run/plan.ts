import type { Handle, OpName } from '../../backend.ts';
import { formatBytes } from '../../backends/shared/index.ts';
import { VfsError } from '../../errors.ts';
import type { Call } from '../../layer.ts';
import type { StatsChange, Timestamp } from '../../stats.ts';

/** One change that would have been made. */
export interface PlannedChange {
  readonly op: OpName;
  /** What the change names, as the layer saw it; for an open file what it was opened by. */
  readonly paths: readonly string[];
  /** In words: `rename /a → /b`, `write 12 B to /a at 0`. */
  readonly text: string;
  /** Bytes of content that would be written. */
  readonly bytes: number;
  readonly session: string | undefined;
}

/** A change in words. */
export interface Words {
  readonly paths: readonly string[];
  readonly text: string;
  /** Bytes of content that it writes; absent: none. */
  readonly bytes?: number | undefined;
}

/** The changes in their order. Writes through one handle that follow each other are one change. */
export class Plan {
  readonly changes: PlannedChange[] = [];
  readonly #max: number;
  readonly #onPlan: ((change: PlannedChange) => void) | undefined;
  #last: { readonly handle: Handle; readonly start: number; readonly end: number } | undefined;

  constructor(max: number, onPlan: ((change: PlannedChange) => void) | undefined) {
    this.#max = max;
    this.#onPlan = onPlan;
  }

  /** `ENOTSUP` once the list is full. */
  checkRoom(): void {
    if (this.changes.length < this.#max) return;
    throw new VfsError('ENOTSUP', { detail: `a dry run plans at most ${this.#max} changes` });
  }

  /** Of a write, where it began, counted in the planned file. */
  addWrite({ args, ctx }: Call<'write'>, path: string, start: number): void {
    const [handle, , bytes] = args;
    const last = this.#last;
    const goesOn = last?.handle === handle && last.end === start;
    const from = goesOn ? last.start : start;
    const end = start + bytes.length;
    if (goesOn) this.changes.pop();
    const text = `write ${formatBytes(end - from)} to ${path} at ${from}`;
    this.#add({ op: 'write', paths: [path], text, bytes: end - from, session: ctx.session });
    this.#last = { handle, start: from, end };
  }

  add({ op, ctx }: Call, { paths, text, bytes = 0 }: Words): void {
    this.#last = undefined;
    this.#add({ op, paths, text, bytes, session: ctx.session });
  }

  #add(change: PlannedChange): void {
    this.changes.push(change);
    try {
      this.#onPlan?.(change);
    } catch {
      // A broken listener must not turn what was planned into a failure.
    }
  }
}

/** What changes of attributes would do, in words. */
export function wordsOfChange(path: string, change: StatsChange): Words {
  const { mode, uid, gid, size, atime, mtime } = change;
  const parts = [
    mode === undefined ? [] : `mode ${mode.toString(8).padStart(4, '0')}`,
    uid === undefined ? [] : `uid ${uid}`,
    gid === undefined ? [] : `gid ${gid}`,
    size === undefined ? [] : `size ${size}`,
    atime === undefined ? [] : `atime ${inWords(atime)}`,
    mtime === undefined ? [] : `mtime ${inWords(mtime)}`,
  ].flat();
  return { paths: [path], text: `set ${parts.join(', ')} of ${path}` };
}

/** ISO 8601 where the calendar has it. */
function inWords({ seconds }: Timestamp): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}
