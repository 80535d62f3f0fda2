import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Handle, VfsBackend } from '../../vfs/backend.ts';
import type { VfsPath } from '../../vfs/path.ts';
import { Failure } from '../failure.ts';
import { attributesOf } from './host-attributes.ts';
import { hostText } from './host-path.ts';
import { BLOCK, isHole, type TransferCounts, type TransferOptions } from './transfer.ts';

/** A file that was swapped for a symlink or a pipe neither leads elsewhere nor makes us wait. */
const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

interface ContentImport {
  readonly storage: VfsBackend;
  readonly options: TransferOptions;
  readonly counts: TransferCounts;
}

/** Copies a file of the host to a new name in a storage; blocks of zeros become holes. */
export async function importContent(
  run: ContentImport,
  source: Buffer,
  target: VfsPath,
  stats: BigIntStats,
): Promise<void> {
  const { storage } = run;
  const input = await open(source, READ_ONLY);
  try {
    const current = await input.stat();
    if (!current.isFile()) throw new Failure(`${hostText(source)} was replaced while it was being read`);
    const handle = await storage.open(target, { access: 'w', create: 'exclusive' }, 0o600, {});
    try {
      await copyContent(run, input, handle, target);
      await storage.fsetstat(handle, attributesOf(stats), {});
    } finally {
      await storage.close(handle, {});
    }
  } finally {
    await input.close();
  }
}

async function copyContent(
  run: ContentImport,
  input: FileHandle,
  handle: Handle,
  target: VfsPath,
): Promise<void> {
  const { storage, options, counts } = run;
  const buffer = Buffer.allocUnsafe(BLOCK);
  let position = 0;
  let written = 0;
  for (;;) {
    options.signal.throwIfAborted();
    const length = await readBlock(input, buffer, position);
    const block = buffer.subarray(0, length);
    if (length > 0 && !isHole(block)) {
      await storage.write(handle, position, block, {});
      written = position + length;
    }
    position += length;
    counts.bytes += length;
    options.onProgress(counts, target);
    if (length < BLOCK) break;
  }
  if (written < position) await storage.fsetstat(handle, { size: position }, {});
}

/** Fills the buffer; shorter only at the end of the file. */
async function readBlock(input: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await input.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
