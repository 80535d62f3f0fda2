import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, opendir, readlink, type FileHandle } from 'node:fs/promises';
import { VfsError } from '../../errors.ts';
import { decodeText } from '../../names.ts';
import type { FileType, Timestamp } from '../../stats.ts';
import type { SourceContent, TreeEntry, TreeSource } from '../tree.ts';
import { hostJoin, hostText } from './host-path.ts';

/** A file that was swapped for a symlink or a pipe neither leads elsewhere nor makes us wait. */
const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NANOSECONDS = 1_000_000_000n;

/** Answers why something of the host shall not go along; undefined where it shall. */
export type Exclude = (stats: BigIntStats, path: Buffer) => string | undefined;

/** A tree of the host to copy from. */
export function hostSource(exclude: Exclude | undefined): TreeSource<Buffer> {
  const look = async (path: Buffer): Promise<TreeEntry> => {
    const stats = await lstat(path, { bigint: true });
    return entryOf(stats, exclude?.(stats, path));
  };
  return {
    look,
    async *children(path) {
      const options = { encoding: 'buffer' as BufferEncoding };
      for await (const entry of await opendir(path, options)) {
        // Node's types know no encoding `buffer` here.
        const name = entry.name as unknown as Buffer;
        const place = hostJoin(path, name);
        yield { name: decodeText(name), place, entry: await look(place) };
      }
    },
    target: async (path) => decodeText(await readlink(path, { encoding: 'buffer' })),
    open: openContent,
    textOf: hostText,
  };
}

function entryOf(stats: BigIntStats, skipped: string | undefined): TreeEntry {
  const type = typeOf(stats);
  return {
    type,
    kept: {
      mode: Number(stats.mode & 0o7777n),
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      atime: timestampOf(stats.atimeNs),
      mtime: timestampOf(stats.mtimeNs),
    },
    identity: type !== 'directory' && stats.nlink > 1n ? `${stats.dev}:${stats.ino}` : undefined,
    skipped,
  };
}

function typeOf(stats: BigIntStats): FileType | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : undefined;
}

/** To the nanosecond. */
function timestampOf(nanoseconds: bigint): Timestamp {
  const rest = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return { seconds: Number((nanoseconds - rest) / NANOSECONDS), nanoseconds: Number(rest) };
}

async function openContent(path: Buffer): Promise<SourceContent> {
  const file = await open(path, READ_ONLY);
  if (!(await file.stat()).isFile()) {
    await file.close();
    throw new VfsError('EAGAIN', { detail: `${hostText(path)} was replaced while it was being read` });
  }
  let buffer = Buffer.alloc(0);
  return {
    async read(position, length) {
      if (buffer.length < length) buffer = Buffer.allocUnsafe(length);
      return buffer.subarray(0, await fill(file, buffer.subarray(0, length), position));
    },
    close: () => file.close(),
  };
}

/** Fills the buffer and answers how many bytes there were; fewer only at the end of the file. */
async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
