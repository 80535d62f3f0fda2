import { encodeText } from '../../../vfs/names.ts';
import type { Program } from '../program.ts';
import { send } from '../output.ts';

/** Bytes of one write, about. */
const PIECE = 64 * 1024;

/** Writes its words, or `y`, as lines until nobody reads any more. */
export const yes: Program = async ({ args, stdout, signal }) => {
  const line = `${args.length === 0 ? 'y' : args.join(' ')}\n`;
  const piece = encodeText(line.repeat(Math.max(1, Math.floor(PIECE / line.length))));
  for (;;) await send(stdout, piece, signal);
};
