import { createHash } from 'node:crypto';
import type * as HashWasm from 'hash-wasm';

/** A hash of bytes that come one after the other. `digest` is hexadecimal. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): string;
}

type MakeHasher = () => Promise<Hasher>;

const native =
  (algorithm: string): MakeHasher =>
  async () => {
    const hash = createHash(algorithm);
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
  };

/** WebAssembly, loaded when first asked for. */
const wasm =
  (make: (module: typeof HashWasm) => Promise<HashWasm.IHasher>): MakeHasher =>
  async () => {
    const hash = await make(await import('hash-wasm'));
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
  };

export interface Algorithm {
  /** As `--tag` and check files have it. */
  readonly tag: string;
  /** Digits of a digest. */
  readonly digits: number;
  readonly make: MakeHasher;
}

export const ALGORITHMS = {
  md5: { tag: 'MD5', digits: 32, make: native('md5') },
  sha1: { tag: 'SHA1', digits: 40, make: native('sha1') },
  sha224: { tag: 'SHA224', digits: 56, make: native('sha224') },
  sha256: { tag: 'SHA256', digits: 64, make: native('sha256') },
  sha384: { tag: 'SHA384', digits: 96, make: native('sha384') },
  sha512: { tag: 'SHA512', digits: 128, make: native('sha512') },
  b2: { tag: 'BLAKE2b', digits: 128, make: native('blake2b512') },
  b3: { tag: 'BLAKE3', digits: 64, make: wasm((module) => module.createBLAKE3()) },
  crc32: { tag: 'CRC32', digits: 8, make: wasm((module) => module.createCRC32()) },
  xxh64: { tag: 'XXH64', digits: 16, make: wasm((module) => module.createXXHash64()) },
  xxh128: { tag: 'XXH128', digits: 32, make: wasm((module) => module.createXXHash128()) },
} as const satisfies Record<string, Algorithm>;
