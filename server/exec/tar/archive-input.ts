import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isVfsError } from '../../../vfs/errors.ts';
import { ByteReader } from '../input.ts';
import type { ProgramContext } from '../program.ts';
import { contentOf, restOf, STDIN } from '../tools/content.ts';
import { TarError } from './header.ts';

const GZIP = Buffer.from([0x1f, 0x8b]);
const BUFFERED = 256 * 1024;

/** An archive that is read from a file of the storage or from stdin; gzip is recognized by itself. */
export class ArchiveInput {
  readonly reader: ByteReader;
  readonly #source: Readable;
  readonly #gunzip: Readable | undefined;

  private constructor(reader: ByteReader, source: Readable, gunzip: Readable | undefined) {
    this.reader = reader;
    this.#source = source;
    this.#gunzip = gunzip;
  }

  static async open(context: ProgramContext, name: string, gzip: boolean): Promise<ArchiveInput> {
    const { signal } = context;
    const source =
      name === STDIN
        ? context.stdin
        : Readable.from(contentOf(context, name), { objectMode: false, highWaterMark: BUFFERED });
    source.on('error', () => {});
    const reader = new ByteReader(source, signal);
    const isGzip = (await reader.peek(GZIP.length)).equals(GZIP);
    if (gzip && !isGzip && (await reader.peek(1)).length > 0) throw new TarError('gzip: not in gzip format');
    if (!isGzip) return new ArchiveInput(reader, source, undefined);
    const compressed = Readable.from(restOf(reader), { objectMode: false, highWaterMark: BUFFERED });
    const gunzip = createGunzip({ chunkSize: BUFFERED });
    compressed.on('error', (error) => gunzip.destroy(error));
    gunzip.on('error', () => compressed.destroy());
    compressed.pipe(gunzip);
    return new ArchiveInput(new ByteReader(gunzip, signal), source, gunzip);
  }

  /** Throws where what looked like the end was a failure. */
  check(): void {
    if (isVfsError(this.#source.errored)) throw this.#source.errored;
    if (this.#gunzip?.errored instanceof Error)
      throw new TarError('gzip: the compressed data are damaged or end too early');
  }

  close(): void {
    this.#gunzip?.destroy();
  }
}
