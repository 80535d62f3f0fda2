import { createHash, randomBytes } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';

const BLOCK = 1024 * 1024;

/** Makes a file of random bytes, or keeps the one of this size that is there. */
export async function makeRandomFile(path: string, size: number): Promise<void> {
  const existing = await stat(path).catch(() => undefined);
  if (existing?.size === size) return;
  const file = await open(path, 'w');
  try {
    for (let written = 0; written < size;) {
      const block = randomBytes(Math.min(BLOCK, size - written));
      await file.write(block);
      written += block.length;
    }
  } finally {
    await file.close();
  }
}

/** SHA-256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: BLOCK }))
    hash.update(block as Uint8Array);
  return hash.digest('hex');
}

/** Fails where two files differ. */
export async function sameContent(path: string, other: string): Promise<void> {
  const [a, b] = [await hashFile(path), await hashFile(other)];
  if (a !== b) throw new Error(`${path} and ${other} differ`);
}
