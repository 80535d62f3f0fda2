import { readdirSync, readlinkSync } from 'node:fs';

/** The files that this process has open, by their paths; a path once for each descriptor. Linux only. */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // The descriptor of the listing itself.
      return [];
    }
  });
}
