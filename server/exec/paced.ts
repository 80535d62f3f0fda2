import type { VfsBackend } from '../../vfs/backend.ts';
import { stack, type Layer } from '../../vfs/layer.ts';
import { Pace } from './pace.ts';

/**
 * The mount for one command line. Calls that follow each other at once, as in the sum of a large file, leave a turn of the
 * event loop to others every few milliseconds: sessions live there, and the signal that ends the command comes by there.
 */
export function paced(mount: VfsBackend): VfsBackend {
  const pace = new Pace();
  const pacing: Layer = (next) => async (call) => {
    const result = await next(call);
    if (pace.due) await pace.rest();
    return result;
  };
  return stack(mount, pacing);
}
