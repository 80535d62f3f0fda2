import { readFileSync } from 'node:fs';

/** Length, checksum, epoch and place before each group (docs/storage-format.md, "Intents"). */
const HEADER = 20;

/** How many groups a storage's intent log holds: those of the epoch that it begins with. They are fewer after a commit. */
export function intentGroups(storage: string): number {
  const log = readFileSync(`${storage}-intents`);
  if (log.length < HEADER) return 0;
  const epoch = log.subarray(8, 16);
  let groups = 0;
  for (let at = 0; at + HEADER <= log.length; at += HEADER + log.readUInt32LE(at)) {
    if (!log.subarray(at + 8, at + 16).equals(epoch) || log.readUInt32LE(at + 16) !== groups) break;
    groups++;
  }
  return groups;
}
