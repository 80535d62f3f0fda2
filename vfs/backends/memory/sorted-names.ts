import { compareNames } from '../../names.ts';

/** Names in a bucket at most: what one insertion moves, whatever the size of the directory. */
const BUCKET_MAX = 512;

/** The names of a directory in the order of their bytes, in buckets, so that neither changes nor pages sort or copy them all. */
export class SortedNames {
  /** None is empty; each holds names greater than those of the bucket before. */
  readonly #buckets: string[][] = [];

  /** Adds a name that is not there yet. */
  add(name: string): void {
    const at = this.#bucketOf(name);
    const bucket = this.#buckets[at];
    if (bucket === undefined) {
      this.#buckets.push([name]);
      return;
    }
    bucket.splice(positionAfter(bucket, name), 0, name);
    if (bucket.length > BUCKET_MAX) this.#buckets.splice(at + 1, 0, bucket.splice(BUCKET_MAX / 2));
  }

  /** Takes away a name that is there. */
  delete(name: string): void {
    const at = this.#bucketOf(name);
    const bucket = this.#buckets[at] ?? [];
    bucket.splice(positionAfter(bucket, name) - 1, 1);
    if (bucket.length === 0) this.#buckets.splice(at, 1);
  }

  /** The first `limit` names after `after`, or from the beginning. */
  page(after: string | undefined, limit: number): string[] {
    const names: string[] = [];
    let at = after === undefined ? 0 : this.#bucketOf(after);
    let from = after === undefined ? 0 : positionAfter(this.#buckets[at] ?? [], after);
    for (; at < this.#buckets.length && names.length < limit; at++) {
      names.push(...(this.#buckets[at] ?? []).slice(from, from + limit - names.length));
      from = 0;
    }
    return names;
  }

  /** The last bucket that begins at or before `name`; the first one where none does. */
  #bucketOf(name: string): number {
    let low = 0;
    let high = this.#buckets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareNames(this.#buckets[middle]?.[0] ?? '', name) <= 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** The number of names up to and including `name`. */
function positionAfter(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames(names[middle] ?? '', name) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
