import type { ExecResult } from './engine.ts';

/** What a command of ours answers the engine when it has nothing to say. */
export function answer(exitCode: number): ExecResult {
  return { stdout: '', stderr: '', exitCode };
}

/** One that says why it did not do it, in the name of the shell. */
export function refusal(why: string, exitCode = 1): ExecResult {
  return { stdout: '', stderr: `bash: ${why}\n`, exitCode };
}
