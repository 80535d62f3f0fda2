import type { VfsBackend } from '../../vfs/backend.ts';
import { stack, type Layer, type Next } from '../../vfs/layer.ts';
import { Pace } from './pace.ts';

/**
 * The mount for one command line. Calls that follow each other at once, as in the sum of a large file, leave a turn of the
 * event loop to others every few milliseconds: sessions live there, and the signal that ends the command comes by there.
 */
export function paced(mount: VfsBackend): VfsBackend {
  const pace = new Pace();
  const pacing: Layer = (next) => {
    const rested: Next = async (call) => {
      await pace.rest();
      return next(call);
    };
    return (call) => (pace.due ? rested(call) : next(call));
  };
  return stack(mount, pacing);
}
