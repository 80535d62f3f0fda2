import { writeSync } from 'node:fs';
import { SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { filesOf } from './files-of.ts';

/*
 * A program for tests: in the storage of the first argument makes a file of 1 MB, one of so many MiB (second argument) and
 * one of so many tiny chunks (third argument), which take the longest; removes the last two, and when the background
 * has begun with them stops in its tracks, prints `removed` and waits to be killed.
 */
const [file = '', mebibytes = '0', chunks = '0'] = process.argv.slice(2);
const backend: VfsBackend = await SqliteBackend.open(file);
const files = filesOf(backend);

async function make(path: string, count: number, distance: number, piece: Uint8Array): Promise<void> {
  const handle = await files.open(path);
  for (let index = 0; index < count; index++) await files.write(handle, index * distance, piece);
  await files.close(handle);
}

await make('/kept', 1, 0, new Uint8Array(1_000_000).fill(7));
await make('/large', Number(mebibytes), 1 << 20, new Uint8Array(1 << 20).fill(1));
await make('/holes', Number(chunks), 131_072, new Uint8Array(100).fill(2));
await files.unlink('/holes');
await files.unlink('/large');
await new Promise((resolve) => setTimeout(resolve, 56));
writeSync(1, 'removed\n');
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
