/** Bytes that can be read at any place. */
export interface Pages {
  /** Shorter only at the end. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** How long it is; of input that is still coming, what has come. */
  size(): Promise<number>;
  /** Where the end is, after waiting for it. */
  end(): Promise<number>;
}

export interface Line {
  readonly start: number;
  /** Where the next one begins. */
  readonly next: number;
  readonly bytes: Uint8Array;
}

/** A longer line is shown as several. */
export const LINE_MAX = 16 * 1024;
const NEWLINE = 10;

/** The line that begins at `start`; absent at the end. */
export async function lineAt(pages: Pages, start: number): Promise<Line | undefined> {
  const bytes = await pages.read(start, LINE_MAX);
  if (bytes.length === 0) return undefined;
  const end = bytes.indexOf(NEWLINE);
  const length = end === -1 ? bytes.length : end;
  return { start, next: start + length + (end === -1 ? 0 : 1), bytes: bytes.subarray(0, length) };
}

/** Where the line before the one at `start` begins; 0 at the beginning. */
export async function lineBefore(pages: Pages, start: number): Promise<number> {
  if (start <= 1) return 0;
  const from = Math.max(0, start - 1 - LINE_MAX);
  const bytes = await pages.read(from, start - 1 - from);
  const newline = bytes.lastIndexOf(NEWLINE);
  return newline === -1 ? from : from + newline + 1;
}
