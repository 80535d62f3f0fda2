import type { Limits } from '../../vfs/backend.ts';
import type { StatsChange } from '../../vfs/stats.ts';

/** What the program that is killed may use. */
export const CRASH_LIMITS: Limits = { bytes: 24 << 20, inodes: 300, fileSize: 1 << 30 };

/** A call that it makes; an open file is named by the number of the call that opened it. */
export type CrashCall =
  | { readonly op: 'open'; readonly path: string; readonly truncate: boolean }
  | {
      readonly op: 'write';
      readonly handle: number;
      readonly position: number;
      readonly length: number;
      readonly seed: number;
    }
  | { readonly op: 'fsetstat'; readonly handle: number; readonly size: number }
  | { readonly op: 'fsync' | 'close'; readonly handle: number }
  | { readonly op: 'mkdir' | 'rmdir' | 'unlink'; readonly path: string }
  | { readonly op: 'rename' | 'link'; readonly path: string; readonly to: string }
  | { readonly op: 'symlink'; readonly path: string; readonly target: string }
  | { readonly op: 'setstat'; readonly path: string; readonly change: StatsChange };

/** What it says: that a call begins, then how it ended. */
export type CrashLine =
  | { readonly worker: number; readonly number: number; readonly call: CrashCall }
  | {
      readonly worker: number;
      readonly number: number;
      /** `ok` or the code of the refusal. */
      readonly outcome: string;
      /** Of what was opened or made. */
      readonly inode?: number | undefined;
    };
