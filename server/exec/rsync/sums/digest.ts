import { createMD4, createXXHash128, createXXHash3, createXXHash64 } from 'hash-wasm';
import { createHash } from 'node:crypto';

/** A digest that is used for one content after the other. */
export interface Digest {
  /** Begins anew. */
  start(): void;
  update(bytes: Uint8Array): void;
  /** The digest of all since `start`; the caller owns it. */
  finish(): Uint8Array;
}

/** The strong checksums (lib/md-defines.h, checksum.c). `md4` is what protocols before 30 use. */
export const DIGEST_NAMES = ['xxh128', 'xxh3', 'xxh64', 'md5', 'md4'] as const;
export type DigestName = (typeof DIGEST_NAMES)[number];

/** Bytes of each. */
export const DIGEST_LENGTHS: Readonly<Record<DigestName, number>> = {
  xxh128: 16,
  xxh3: 8,
  xxh64: 8,
  md5: 16,
  md4: 16,
};

const WASM = { xxh128: createXXHash128, xxh3: createXXHash3, xxh64: createXXHash64 } as const;

/** An unseeded digest, or an xxHash with a seed; xxHash values are turned into rsync's order, which is little-endian. */
export async function createDigest(name: DigestName, seed = 0): Promise<Digest> {
  if (name === 'md5') return md5();
  if (name === 'md4') {
    const hasher = await createMD4();
    return {
      start: () => void hasher.init(),
      update: (bytes) => void hasher.update(bytes),
      finish: () => hasher.digest('binary'),
    };
  }
  // The seed is an int that rsync extends to 64 bits with its sign.
  const hasher = await WASM[name](seed >>> 0, seed < 0 ? 0xffff_ffff : 0);
  return {
    start: () => void hasher.init(),
    update: (bytes) => void hasher.update(bytes),
    finish: () => hasher.digest('binary').toReversed(),
  };
}

function md5(): Digest {
  let hash = createHash('md5');
  return {
    start: () => {
      hash = createHash('md5');
    },
    update: (bytes) => void hash.update(bytes),
    finish: () => hash.digest(),
  };
}
