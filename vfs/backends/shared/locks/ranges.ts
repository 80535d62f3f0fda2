import type { Handle, LockRequest } from '../../../backend.ts';

/** A range of bytes that an owner has locked through a handle, or wants to. */
export interface Lock {
  readonly kind: LockRequest['kind'];
  readonly owner: string;
  readonly handle: Handle;
  readonly start: number;
  /** Exclusive; `Infinity` for a range that grows with the file. */
  readonly end: number;
}

export function lockOf(handle: Handle, { kind, owner, start, length }: LockRequest): Lock {
  return { kind, owner, handle, start, end: start + length };
}

/** True where one must wait for the other. */
export function conflicts(one: Lock, other: Lock): boolean {
  const shared = one.kind === 'shared' && other.kind === 'shared';
  return one.owner !== other.owner && !shared && one.start < other.end && other.start < one.end;
}

/** The locks without what the owner has in the range: one may be cut off, split in two, or go. */
export function withoutRange(
  held: readonly Lock[],
  { owner, start, end }: Pick<Lock, 'owner' | 'start' | 'end'>,
): Lock[] {
  return held.flatMap((lock) => {
    if (lock.owner !== owner || lock.end <= start || end <= lock.start) return [lock];
    const before = { ...lock, end: start };
    const after = { ...lock, start: end };
    return [before, after].filter((piece) => piece.start < piece.end);
  });
}

/** The locks with one more, in the place of what its owner had in the range, and one with those of its kind that it touches. */
export function withLock(held: readonly Lock[], added: Lock): Lock[] {
  let { start, end } = added;
  const others = withoutRange(held, added).filter((lock) => {
    const isLike = lock.owner === added.owner && lock.kind === added.kind && lock.handle === added.handle;
    const touches = lock.end === added.start || lock.start === added.end;
    if (!isLike || !touches) return true;
    start = Math.min(start, lock.start);
    end = Math.max(end, lock.end);
    return false;
  });
  return [...others, { ...added, start, end }];
}
