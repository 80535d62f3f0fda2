/** What a list says of a directory, beside its attributes (FLAG_TOP_DIR, FLAG_CONTENT_DIR, FLAG_IMPLIED_DIR, rsync.h). */
export const ENTRY = { top: 1, content: 2, implied: 4 } as const;

/** One name of the file list (struct file_struct, rsync.h). */
export interface Entry {
  /** Relative to the root of the transfer, one character a byte; `.` is the root itself. */
  readonly name: string;
  /** st_mode; 0 asks for the name to be deleted (`--delete-missing-args`). */
  readonly mode: number;
  readonly size: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly uid: number;
  readonly gid: number;
  /** Bits of `ENTRY`. */
  readonly flags: number;
  /** Of a symlink; absent where symlinks are not transferred. */
  readonly target: string | undefined;
  /** For `-c`. */
  readonly checksum: Uint8Array | undefined;
  /** The hard-link group: the place in the list, as sent, of its first name; -1: none. */
  readonly group: number;
}
