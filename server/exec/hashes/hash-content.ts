import type { ProgramContext } from '../program.ts';
import { contentOf } from '../tools/content.ts';
import type { Algorithm } from './algorithms.ts';

/** The digest of a file, or of stdin for `-`. */
export async function hashContent(
  context: ProgramContext,
  name: string,
  algorithm: Algorithm,
): Promise<string> {
  const hash = await algorithm.make();
  for await (const piece of contentOf(context, name)) hash.update(piece);
  return hash.digest();
}
