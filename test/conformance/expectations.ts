import { expect } from 'chai';
import { VfsError, type VfsErrorCode } from '../../vfs/errors.ts';
import { timestampToMilliseconds, type Timestamp } from '../../vfs/stats.ts';

/** Expects a refusal with the code, as a `VfsError` whose message begins with it. Answers the error for more questions. */
export async function refused(promise: Promise<unknown>, code: VfsErrorCode): Promise<VfsError> {
  const error = await failureOf(promise);
  expect(error, `expected ${code}`).to.be.instanceOf(VfsError);
  const failure = error as VfsError;
  expect(failure.code, failure.message).to.equal(code);
  expect(failure.message.startsWith(`${code}: `), failure.message).to.equal(true);
  return failure;
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Code of the refusal, `ok` where there was none. What is not a `VfsError` is thrown on. */
export async function outcomeOf(promise: Promise<unknown>): Promise<VfsErrorCode | 'ok'> {
  const error = await failureOf(promise);
  if (error === undefined) return 'ok';
  if (error instanceof VfsError) return error.code;
  throw error;
}

/** Milliseconds by which the times of a file may step: kernels take them from a clock that ticks 100 to 1,000 times a second. */
const CLOCK_STEP = 11;

/** Waits until the clock shows another time, so that a time that moves can be told from one that stays. */
export async function clockMoves(): Promise<void> {
  const begun = Date.now();
  while (Date.now() <= begun + CLOCK_STEP) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Expects a time that was taken since `begun` (milliseconds, from `Date.now()`). */
export function expectSince(time: Timestamp, begun: number): void {
  const milliseconds = timestampToMilliseconds(time);
  expect(milliseconds).to.be.within(begun - CLOCK_STEP, Date.now() + 1);
}

/** Deterministic bytes without long runs, other ones for each seed. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Compares bytes without printing them. */
export function expectBytes(actual: Uint8Array, wanted: Uint8Array): void {
  expect(actual.length, 'length').to.equal(wanted.length);
  const differs = actual.findIndex((byte, index) => byte !== wanted[index]);
  expect(differs, 'first byte that differs').to.equal(-1);
}

/** All pieces, one after the other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A small random source that can be run again (mulberry32): numbers from 0 up to `below`. */
export function randomSource(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
