import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Handle, LockRequest } from '../../../../vfs/backend.ts';
import { LockTable } from '../../../../vfs/backends/shared/index.ts';
import { outcomeOf } from '../../../conformance/expectations.ts';

const OWNERS = ['a', 'b', 'c', 'd'] as const;
/** Ranges begin before 8 and have up to 4 bytes, or all. */
const [STARTS, BYTES] = [8, 12];
type Kind = LockRequest['kind'];

interface Step {
  readonly do: 'lock' | 'tryLock' | 'unlock' | 'close' | 'abort';
  readonly owner: (typeof OWNERS)[number];
  readonly file: number;
  readonly kind: Kind;
  readonly start: number;
  readonly length: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('lock', 'lock', 'lock', 'tryLock', 'unlock', 'close', 'abort'),
  owner: fc.constantFrom(...OWNERS),
  file: fc.integer({ min: 0, max: 1 }),
  kind: fc.constantFrom<Kind>('shared', 'exclusive'),
  start: fc.integer({ min: 0, max: STARTS - 1 }),
  length: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(Number.POSITIVE_INFINITY)),
});

interface Wait {
  readonly request: Step;
  readonly handle: Handle;
  readonly abort: AbortController;
  outcome: string | undefined;
}

/** The same locks as a map of bytes, told of what the table grants; it has no opinion on who should wait. */
class Bytes {
  readonly #kinds = new Map<string, { kind: Kind; handle: Handle }>();

  #places({ owner, file, start, length }: Step): string[] {
    const end = Math.min(BYTES, start + length);
    return Array.from({ length: end - start }, (_, index) => `${file} ${start + index} ${owner}`);
  }

  take(request: Step, handle: Handle): void {
    for (const place of this.#places(request)) this.#kinds.set(place, { kind: request.kind, handle });
  }

  free(request: Step): void {
    for (const place of this.#places(request)) this.#kinds.delete(place);
  }

  close(handle: Handle): void {
    for (const [place, lock] of this.#kinds) if (lock.handle === handle) this.#kinds.delete(place);
  }

  /** Throws where two owners have locked one byte who could not. */
  check(): void {
    for (const [place, { kind }] of this.#kinds) {
      const [file, position, owner] = place.split(' ');
      if (kind === 'shared') continue;
      const others = OWNERS.filter(
        (other) => other !== owner && this.#kinds.has(`${file} ${position} ${other}`),
      );
      expect(others, `locked beside ${place}`).to.deep.equal([]);
    }
  }

  isInTheWayOf(request: Step): boolean {
    return OWNERS.filter((owner) => owner !== request.owner).some((owner) =>
      this.#places({ ...request, owner }).some((place) => {
        const kind = this.#kinds.get(place)?.kind;
        return kind !== undefined && (kind === 'exclusive' || request.kind === 'exclusive');
      }),
    );
  }
}

function overlap(one: Step, other: Step): boolean {
  const meet = one.start < other.start + other.length && other.start < one.start + one.length;
  return (
    one.file === other.file &&
    one.owner !== other.owner &&
    meet &&
    !(one.kind === 'shared' && other.kind === 'shared')
  );
}

/** Runs a program on a table; every grant is checked against the bytes, and at the end everybody lets go. */
async function play(program: readonly Step[]): Promise<void> {
  const [table, bytes] = [new LockTable(), new Bytes()];
  const handles = new Map<string, Handle>();
  const waits: Wait[] = [];
  let nextHandle = 1;
  const handleOf = ({ owner, file }: Step): Handle => {
    const key = `${owner} ${file}`;
    const handle = handles.get(key) ?? (nextHandle++ as Handle);
    handles.set(key, handle);
    return handle;
  };
  const waiting = (): Wait[] => waits.filter(({ outcome }) => outcome === undefined);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  async function perform(request: Step): Promise<void> {
    const { file } = request;
    const handle = handleOf(request);
    if (request.do === 'lock') {
      const wait: Wait = { request, handle, abort: new AbortController(), outcome: undefined };
      waits.push(wait);
      void outcomeOf(table.lock({ file, handle }, request, wait.abort.signal)).then((outcome) => {
        wait.outcome = outcome;
        if (outcome === 'ok') bytes.take(request, handle);
      });
    } else if (request.do === 'tryLock') {
      const outcome = await outcomeOf((async () => table.tryLock({ file, handle }, request))());
      if (outcome === 'ok') bytes.take(request, handle);
      else {
        expect(outcome).to.equal('EAGAIN');
        const queued = waiting().some((wait) => overlap(wait.request, request));
        expect(bytes.isInTheWayOf(request) || queued, 'refused for a reason').to.equal(true);
      }
    } else if (request.do === 'unlock') {
      bytes.free(request);
      table.unlock({ file, handle }, request);
    } else if (request.do === 'close') {
      bytes.close(handle);
      table.release({ file, handle });
      handles.delete(`${request.owner} ${file}`);
    } else
      waiting()
        .find((wait) => wait.request.owner === request.owner)
        ?.abort.abort();
    await turn();
    bytes.check();
    // Nobody waits without a reason.
    for (const wait of waiting()) {
      const ahead = waiting().slice(0, waiting().indexOf(wait));
      const queued = ahead.some((other) => overlap(other.request, wait.request));
      expect(bytes.isInTheWayOf(wait.request) || queued, JSON.stringify(wait.request)).to.equal(true);
    }
  }

  for (const request of program) await perform(request);
  const all = { do: 'unlock', kind: 'shared', start: 0, length: Number.POSITIVE_INFINITY } as const;
  // Who waits does nothing; the others let go of everything. It must come to an end.
  for (let round = 0; waiting().length > 0; round++) {
    expect(round, 'rounds until everybody has what it waits for').to.be.at.most(waits.length);
    for (const owner of OWNERS) {
      if (waiting().some(({ request }) => request.owner === owner)) continue;
      for (const file of [0, 1]) await perform({ ...all, owner, file });
    }
  }
  const outcomes = new Set(waits.map(({ outcome }) => outcome));
  for (const outcome of outcomes) expect(['ok', 'EINTR', 'EDEADLK', 'EBADF']).to.include(outcome);
}

describe('LockTable', () => {
  it('in random programs grants nothing that conflicts, lets nobody wait without a reason, and never gets stuck', async function () {
    this.timeout(60_000);
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), play), {
      numRuns: 400,
    });
  });

  it('keeps nothing of a file once its locks are gone', async () => {
    const table = new LockTable();
    const place = { file: 1, handle: 1 as Handle };
    const request: LockRequest = { owner: 'a', kind: 'exclusive', start: 0, length: 10 };
    for (let turn = 0; turn < 5000; turn++) {
      await table.lock({ ...place, file: turn }, request, undefined);
      if (turn % 2 === 0) table.unlock({ ...place, file: turn }, request);
      else table.release({ ...place, file: turn });
    }
    for (let turn = 0; turn < 4096; turn++) table.tryLock({ ...place, file: turn }, request);
  });

  it('1,000 who wait in a row are served in their order, in a moment', async () => {
    const table = new LockTable();
    const ask = (owner: string): LockRequest => ({ owner, kind: 'exclusive', start: 0, length: 10 });
    const order: number[] = [];
    const begun = process.cpuUsage();
    await table.lock({ file: 1, handle: 1 as Handle }, ask('first'), undefined);
    const waits = Array.from({ length: 1000 }, async (_, index) => {
      const place = { file: 1, handle: (index + 2) as Handle };
      await table.lock(place, ask(`owner ${index}`), undefined);
      order.push(index);
      table.unlock(place, ask(`owner ${index}`));
    });
    table.unlock({ file: 1, handle: 1 as Handle }, ask('first'));
    await Promise.all(waits);
    expect(order).to.deep.equal(Array.from({ length: 1000 }, (_, index) => index));
    expect(process.cpuUsage(begun).user / 1000, 'milliseconds of processor').to.be.below(2000);
  });
});
