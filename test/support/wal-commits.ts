import { readFileSync } from 'node:fs';

const HEADER = 32;
const FRAME_HEADER = 24;

/**
 * How many transactions a storage's WAL holds (https://www.sqlite.org/fileformat.html, section 4): frames of the
 * current generation that end one, by its salts. They are fewer after SQLite has begun it anew.
 */
export function walCommits(storage: string): number {
  const wal = readFileSync(`${storage}-wal`);
  if (wal.length < HEADER) return 0;
  const frame = FRAME_HEADER + wal.readUInt32BE(8);
  const salts = wal.subarray(16, 24);
  let commits = 0;
  for (let at = HEADER; at + frame <= wal.length; at += frame) {
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break;
    if (wal.readUInt32BE(at + 4) !== 0) commits++;
  }
  return commits;
}
