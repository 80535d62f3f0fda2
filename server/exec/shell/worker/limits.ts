import type { BashOptions } from './engine.ts';

const MiB = 1024 * 1024;
/** Longer than any session; a timer cannot wait longer. */
const FOR_EVER_MILLISECONDS = 2_000_000_000;

/**
 * What the engine is given to hold at once. It makes several copies, and of text that goes on to another command one that
 * takes 32 bytes for each: about 4 MiB of that fit into the memory of a shell.
 */
const HELD_MAX = 32 * MiB;
/** Output of a program of ours that the engine must hold: in `$(…)`, in a function, before a command of the engine. */
export const CAPTURED_MAX = HELD_MAX;
/** Standard input that a command of the engine is given as a whole. */
export const FED_MAX = HELD_MAX;
/** A file that a command of the engine reads. */
export const FILE_MAX = HELD_MAX;
/** One command of a script on standard input, or typed, over all of its lines. */
export const COMMAND_MAX = 16 * MiB;

/**
 * What one engine may do before it gives up, on top of just-bash's hardened limits. A session runs as one script, so what is
 * counted over a whole script is counted over a session: a shell at a terminal begins anew, with its state, when one is reached.
 */
export const LIMITS: NonNullable<BashOptions['executionLimits']> = {
  maxCommandCount: 1_000_000,
  maxLoopIterations: 1_000_000,
  // Of a command that was interrupted; ours end by themselves.
  maxExtensionCleanupTimeMs: 20,
  maxExecutionTimeMs: FOR_EVER_MILLISECONDS,
  maxOutputSize: 1024 * MiB,
  maxInputBytes: 16 * 1024 * MiB,
  maxWorkUnits: 100_000_000,
  maxStringLength: HELD_MAX,
  maxArrayElements: 1_000_000,
  maxAwkIterations: 1_000_000,
  maxSedIterations: 1_000_000,
  maxHeredocSize: COMMAND_MAX,
  maxSourceBytes: 2 * COMMAND_MAX,
  maxLiveBytes: 256 * MiB,
};

/** A limit on bytes as people are told of it. */
export function mebibytes(bytes: number): string {
  return `${bytes / MiB} MiB`;
}
