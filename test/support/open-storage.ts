import { closeSync, openSync } from 'node:fs';
import { SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import { VfsError } from '../../vfs/errors.ts';

/*
 * A program for tests: opens the storage of the first argument, closes it, and prints `opened` or the code of the
 * refusal; with `without-descriptors` it does so three times, the second time while it has no descriptor left.
 */
const [file = '', mode] = process.argv.slice(2);

async function attempt(): Promise<string> {
  try {
    await (await SqliteBackend.open(file)).dispose();
    return 'opened';
  } catch (error) {
    if (error instanceof VfsError) return error.code;
    throw error;
  }
}

function takeDescriptors(): number[] {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'));
    } catch {
      return taken;
    }
  }
}

const outcomes = [await attempt()];
if (mode === 'without-descriptors') {
  const taken = takeDescriptors();
  outcomes.push(await attempt());
  for (const descriptor of taken) closeSync(descriptor);
  outcomes.push(await attempt());
}
console.log(outcomes.join(' '));
