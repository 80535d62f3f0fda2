/** What an import or export has done so far. */
export interface TransferCounts {
  files: number;
  directories: number;
  symlinks: number;
  bytes: number;
  /** Devices, sockets and pipes, which a storage cannot hold, and what was excluded. */
  skipped: number;
}

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Told after each step; `path` is what is being worked on. */
  readonly onProgress: (counts: Readonly<TransferCounts>, path: string) => void;
  /** Told of what is left out. */
  readonly onSkip: (line: string) => void;
}

export function noCounts(): TransferCounts {
  return { files: 0, directories: 0, symlinks: 0, bytes: 0, skipped: 0 };
}

/** Bytes moved at a time; a multiple of a storage's chunk, so that a hole stays one. */
export const BLOCK = 128 * 1024;

const ZEROS = Buffer.alloc(BLOCK);

/** True for a block that need not be written: where nothing is written, zeros are read. */
export function isHole(block: Uint8Array): boolean {
  return Buffer.compare(block, ZEROS.subarray(0, block.length)) === 0;
}
