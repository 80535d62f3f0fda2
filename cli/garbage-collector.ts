import { setFlagsFromString } from 'node:v8';

/**
 * Call it once, before the server runs. The bytes of a transfer live outside V8's heap and make it mark that heap
 * over and over, though next to nothing is in it. Marking in one go instead of in steps and beside the program is a
 * pause of about 10 ms every few hundred megabytes, and takes a third off the CPU time of an upload.
 *
 * V8 also forgets the code of functions that were not run during five of those collections, as those for small files during a
 * large transfer. Compiling them again would cost a third of a second of what comes next.
 */
export function tuneGarbageCollector({ supervises }: { readonly supervises: boolean }): void {
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--no-flush-bytecode');
  // What bin/anyfs.js has switched off: whoever serves clients makes garbage, and a supervisor none.
  if (!supervises) setFlagsFromString('--semi-space-growth-factor=2');
}
