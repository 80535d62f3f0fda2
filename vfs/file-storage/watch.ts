import { VfsError } from '../errors.ts';
import type { ChangeFeed } from '../middleware/changes.ts';
import { isInside, nameOf, ROOT, type VfsPath } from '../path.ts';
import type { Encoding, NameEncoding } from './encodings.ts';
import type { NameOptions } from './options.ts';

/** As `fs.promises.watch` of Node. */
export interface WatchOptions<
  E extends NameEncoding | null | undefined = Encoding | null | undefined,
> extends NameOptions<E> {
  /** Also what is below its directories. Default: false. */
  readonly recursive?: boolean | undefined;
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Events that wait at most to be taken. Default: 2,048. */
  readonly maxQueue?: number | undefined;
  /** What happens to more: `ignore` leaves them out, `throw` ends it with `EAGAIN`. Default: `ignore`. */
  readonly overflow?: 'ignore' | 'throw' | undefined;
  /** Taken and of no effect: nothing here keeps a process running. */
  readonly persistent?: boolean | undefined;
}

export interface WatchEvent<N extends string | Uint8Array = string> {
  /** `rename`: the name came or went. */
  readonly eventType: 'rename' | 'change';
  /** Relative to the directory that is watched; of what is watched itself, its last name. */
  readonly filename: N;
}

const QUEUE_MAX = 2048;

/** What changes at a path, or in the directory that it names, from the first call of `next` on. */
export async function* watchedChanges(
  feed: ChangeFeed,
  watched: VfsPath,
  {
    recursive = false,
    signal,
    maxQueue = QUEUE_MAX,
    overflow = 'ignore',
  }: WatchOptions<NameEncoding | null | undefined>,
): AsyncGenerator<WatchEvent, undefined> {
  const queue: WatchEvent[] = [];
  let isFull = false;
  let wake = (): void => undefined;
  const unsubscribe = feed.subscribe(({ type, path }) => {
    const filename = filenameOf(path, watched, recursive);
    if (filename === undefined) return;
    if (queue.length < maxQueue) queue.push({ eventType: type, filename });
    else isFull = true;
    wake();
  });
  const onAbort = (): void => wake();
  signal?.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (isFull && overflow === 'throw') {
        throw new VfsError('EAGAIN', { detail: `more than ${maxQueue} events waited to be taken` });
      }
      const event = queue.shift();
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    signal?.removeEventListener('abort', onAbort);
  }
}

function filenameOf(path: VfsPath, watched: VfsPath, recursive: boolean): string | undefined {
  if (path === watched) return nameOf(path);
  if (!isInside(path, watched)) return undefined;
  const relative = path.slice(watched === ROOT ? 1 : watched.length + 1);
  return recursive || !relative.includes('/') ? relative : undefined;
}
