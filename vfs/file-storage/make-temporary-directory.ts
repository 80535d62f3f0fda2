import type { CallContext, VfsBackend } from '../backend.ts';
import { isVfsError } from '../errors.ts';
import type { VfsPath } from '../path.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const LENGTH = 6;
/** With 62^6 names, as many in a row are taken only where something else is wrong. */
const ATTEMPTS = 16;

/** Makes a directory of a name that nobody had: the prefix and six random letters, which it answers. */
export async function makeTemporaryDirectory(
  backend: VfsBackend,
  prefix: VfsPath,
  ctx: CallContext,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const letters = randomLetters();
    try {
      await backend.mkdir(`${prefix}${letters}` as VfsPath, 0o700, ctx);
      return letters;
    } catch (error) {
      if (!isVfsError(error, 'EEXIST') || attempt === ATTEMPTS) throw error;
    }
  }
}

function randomLetters(): string {
  const random = crypto.getRandomValues(new Uint32Array(LENGTH));
  return Array.from(random, (number) => LETTERS[number % LETTERS.length]).join('');
}
