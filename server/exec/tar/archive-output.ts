import { createGzip, type Gzip } from 'node:zlib';
import type { VfsPath } from '../../../vfs/path.ts';
import { send } from '../output.ts';
import type { ProgramContext } from '../program.ts';
import { STDIN } from '../tools/content.ts';
import { Upload } from '../upload.ts';
import { pathFrom } from '../paths.ts';

/** Bytes gathered for one write to a file: two chunks of a storage. */
const GATHERED = 256 * 1024;

/** Where an archive goes. */
export interface ArchiveOutput {
  write(bytes: Uint8Array): Promise<void>;
  /** After the last write. */
  end(): Promise<void>;
  /** Instead of `end`. */
  abandon(): Promise<void>;
}

/** A file of the storage, or stdout for `-`, compressed or not. */
export async function archiveOutput(
  context: ProgramContext,
  name: string,
  gzip: boolean,
): Promise<ArchiveOutput> {
  const plain =
    name === STDIN ? toStdout(context) : await toFile(context, pathFrom(context.cwd, name, 'open'));
  return gzip ? compressed(plain, context.signal) : plain;
}

function toStdout({ stdout, signal }: ProgramContext): ArchiveOutput {
  return {
    write: (bytes) => send(stdout, bytes, signal),
    end: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

async function toFile({ mount, umask, signal }: ProgramContext, path: VfsPath): Promise<ArchiveOutput> {
  const upload = await Upload.begin(mount, path, 0o666 & ~umask, { signal });
  const buffer = Buffer.allocUnsafeSlow(GATHERED);
  let [used, position] = [0, 0];
  const flush = async (): Promise<void> => {
    await upload.write(position, buffer.subarray(0, used));
    position += used;
    used = 0;
  };
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, at + GATHERED - used);
        buffer.set(part, used);
        used += part.length;
        at += part.length;
        if (used === GATHERED) await flush();
      }
    },
    async end() {
      if (used > 0) await flush();
      await upload.finish({ size: position });
    },
    abandon: () => upload.abandon(),
  };
}

function compressed(below: ArchiveOutput, signal: AbortSignal): ArchiveOutput {
  const gzip = createGzip({ chunkSize: GATHERED });
  gzip.on('error', () => {});
  const passing = passOn(gzip, below);
  // What fails there makes the next write here fail; `end` tells it.
  passing.catch(() => gzip.destroy());
  return {
    write: (bytes) => send(gzip, bytes, signal),
    async end() {
      gzip.end();
      await passing;
      await below.end();
    },
    async abandon() {
      gzip.destroy();
      await passing.catch(() => {});
      await below.abandon();
    },
  };
}

async function passOn(gzip: Gzip, below: ArchiveOutput): Promise<void> {
  for await (const bytes of gzip) await below.write(bytes as Uint8Array);
}
