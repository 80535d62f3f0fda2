import type { BashOptions } from './engine.ts';

const MiB = 1024 * 1024;
/** Longer than any session; a timer cannot wait longer. */
const FOR_EVER_MILLISECONDS = 2_000_000_000;

/** Output of a program of ours that the engine must hold: in `$(…)`, in a function, before a command of the engine. */
export const CAPTURED_MAX = 64 * MiB;
/** Standard input that a command of the engine is given as a whole. */
export const FED_MAX = 64 * MiB;
/** One command of a script on standard input, or typed, over all of its lines. */
export const COMMAND_MAX = 16 * MiB;

/**
 * What one engine may do before it gives up, on top of just-bash's hardened limits. A session runs as one script, so what is
 * counted over a whole script is counted over a session: a shell at a terminal begins anew, with its state, when one is reached.
 */
export const LIMITS: NonNullable<BashOptions['executionLimits']> = {
  maxCommandCount: 1_000_000,
  maxLoopIterations: 1_000_000,
  maxExecutionTimeMs: FOR_EVER_MILLISECONDS,
  maxOutputSize: 1024 * MiB,
  maxInputBytes: 16 * 1024 * MiB,
  maxWorkUnits: 100_000_000,
  maxStringLength: CAPTURED_MAX,
  maxHeredocSize: COMMAND_MAX,
  maxSourceBytes: 2 * COMMAND_MAX,
  maxLiveBytes: 256 * MiB,
};
