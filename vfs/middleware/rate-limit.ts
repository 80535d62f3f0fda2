import type { OpName } from '../backend.ts';
import { aNumber, checked, optional, shape } from '../checks.ts';
import { VfsError } from '../errors.ts';
import type { Call, Layer, Next, OpResult } from '../layer.ts';
import { bytesMoved, bytesWanted, trafficOf } from '../ops.ts';
import { FairQueue, type Needs, type Timer, type Waiting } from './rate-limit/fair-queue.ts';
import { TokenBucket, type Rate } from './rate-limit/token-bucket.ts';

export type { Timer } from './rate-limit/fair-queue.ts';
export type { Rate } from './rate-limit/token-bucket.ts';

const aRate = optional(shape({ perSecond: aNumber, burst: optional(aNumber) }));
const RATES = shape({ operations: aRate, bytesRead: aRate, bytesWritten: aRate });

export interface RateLimitOptions {
  readonly operations?: Rate | undefined;
  /** Bytes of file content; a copy inside the storage counts here and for `bytesWritten`. */
  readonly bytesRead?: Rate | undefined;
  readonly bytesWritten?: Rate | undefined;
  /** Milliseconds, from any beginning. */
  readonly now?: (() => number) | undefined;
  readonly timer?: Timer | undefined;
}

/** What lets go is never held back for want of tokens, and never given up. */
const LETS_GO: ReadonlySet<OpName> = new Set(['close', 'unlock']);

/**
 * Holds calls back so that no more operations, bytes read and bytes written pass in a second than the rates say, after
 * a rest a burst of them. A call asks for the bytes that it could move, and gets back what it did not.
 *
 * Promises: never more than `burst + seconds × rate`, but for single calls larger than a burst, which wait for a full
 * bucket and leave it in debt. The calls of a session (`ctx.session`) go on in their order; sessions take turns, so
 * that none is held up by another's queue. A call that waits ends with `EINTR` when `ctx.signal` aborts; `close` and
 * `unlock` need no tokens and cannot be aborted. Cost: a reading of the clock; waiting takes no processor.
 * Concurrency: all stacks made with one layer share its rates (an account's sessions); make two for two accounts.
 */
export function rateLimit(options: RateLimitOptions): Layer {
  const { now = () => performance.now(), timer = setTimer } = checked(options, 'options', RATES);
  const bucketOf = (rate: Rate | undefined) => rate && new TokenBucket(rate, now());
  const operations = bucketOf(options.operations);
  const read = bucketOf(options.bytesRead);
  const written = bucketOf(options.bytesWritten);
  const queue = new FairQueue(now, timer);
  const anOperation: Needs = operations === undefined ? [] : [{ bucket: operations, amount: 1 }];

  const needsOf = <K extends OpName>({ op }: Call<K>, bytes: number): Needs => {
    if (LETS_GO.has(op)) return [];
    if (bytes === 0) return anOperation;
    const traffic = trafficOf(op);
    const needs = [...anOperation];
    if (read !== undefined && traffic?.read === true) needs.push({ bucket: read, amount: bytes });
    if (written !== undefined && traffic?.written === true) needs.push({ bucket: written, amount: bytes });
    return needs;
  };
  const giveBack = (bytes: number, needs: Needs): void => {
    if (bytes <= 0) return;
    for (const { bucket } of needs) if (bucket !== operations) bucket.giveBack(bytes);
    queue.run();
  };

  return (next) => {
    const begin = <K extends OpName>(call: Call<K>, needs: Needs, asked: number): Promise<OpResult<K>> =>
      asked === 0 ? next(call) : moving(next, call, (moved) => giveBack(asked - moved, needs));
    return (call) => {
      const asked = bytesAskedFor(call);
      const needs = needsOf(call, asked);
      if (queue.tryTake(needs)) return begin(call, needs, asked);
      // Asynchronous, so that what is thrown becomes a rejection; begun at once all the same.
      return waitForTurn(queue, needs, call, async () => begin(call, needs, asked));
    };
  };
}

/** What is no number of bytes is refused below, and moves none. */
function bytesAskedFor<K extends OpName>(call: Call<K>): number {
  const wanted = bytesWanted(call);
  return Number.isSafeInteger(wanted) && wanted > 0 ? wanted : 0;
}

/** The call, telling when it has ended how many bytes it moved. */
async function moving<K extends OpName>(
  next: Next,
  call: Call<K>,
  onMoved: (bytes: number) => void,
): Promise<OpResult<K>> {
  let moved = 0;
  try {
    const result = await next(call);
    moved = bytesMoved(call, result);
    return result;
  } finally {
    onMoved(moved);
  }
}

function waitForTurn<K extends OpName>(
  queue: FairQueue,
  needs: Needs,
  { op, ctx }: Call<K>,
  begin: () => Promise<OpResult<K>>,
): Promise<OpResult<K>> {
  const session = ctx.session ?? '';
  const signal = LETS_GO.has(op) ? undefined : ctx.signal;
  return new Promise((resolve, reject) => {
    const interrupted = (): void => reject(new VfsError('EINTR', { op }));
    if (signal?.aborted === true) return interrupted();
    const abort = (): void => {
      if (queue.remove(session, waiting)) interrupted();
    };
    const waiting: Waiting = {
      needs,
      start: () => {
        signal?.removeEventListener('abort', abort);
        // Begun at once, so that no later call of the session comes before it.
        begin().then(resolve, reject);
      },
    };
    signal?.addEventListener('abort', abort, { once: true });
    queue.add(session, waiting);
  });
}

function setTimer(callback: () => void, milliseconds: number): () => void {
  const timer = setTimeout(callback, milliseconds);
  return () => clearTimeout(timer);
}
