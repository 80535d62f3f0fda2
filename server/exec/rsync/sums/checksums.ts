import { createDigest, DIGEST_LENGTHS, type Digest, type DigestName } from './digest.ts';

/** How the strong checksums of a session are made (checksum.c). */
export interface Checksums {
  /** For the transfer: sums of blocks and of whole files. */
  readonly name: DigestName;
  /** For `-c`. */
  readonly listName: DigestName;
  readonly seed: number;
  /** The seed goes before the data in sums of blocks (compat flag `C`). */
  readonly seedFirst: boolean;
}

export function digestLength({ name }: Checksums): number {
  return DIGEST_LENGTHS[name];
}

function seedBytes(seed: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, seed, true);
  return bytes;
}

/** The sum of a whole file: only md4 has the seed in it, before the data (sum_init). */
export async function createFileDigest({ name, seed }: Checksums): Promise<Digest> {
  const digest = await createDigest(name);
  if (name !== 'md4') return digest;
  return {
    ...digest,
    start: () => {
      digest.start();
      digest.update(seedBytes(seed));
    },
  };
}

/** The sum of a file for `-c` (file_checksum). */
export function createListDigest({ listName }: Checksums): Promise<Digest> {
  return createDigest(listName);
}

/** The strong sum of one block (get_checksum2). */
export async function createBlockSum(checksums: Checksums): Promise<(block: Uint8Array) => Uint8Array> {
  const { name, seed, seedFirst } = checksums;
  const seeded = name.startsWith('xxh');
  const digest = await createDigest(name, seeded ? seed : 0);
  const salt = seeded || seed === 0 ? undefined : seedBytes(seed);
  const before = seedFirst && name !== 'md4';
  return (block) => {
    digest.start();
    if (salt !== undefined && before) digest.update(salt);
    digest.update(block);
    if (salt !== undefined && !before) digest.update(salt);
    return digest.finish();
  };
}
