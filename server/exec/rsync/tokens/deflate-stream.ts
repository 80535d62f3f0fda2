import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';
import { EXIT, RsyncError } from '../exit.ts';

/** Raw deflate, piece by piece; all output of a piece has come when its promise settles. The work runs in Node's thread pool. */
export class DeflateStream {
  readonly #stream: DeflateRaw | InflateRaw;
  #collected: Buffer[] = [];
  #failure: Error | undefined;

  private constructor(stream: DeflateRaw | InflateRaw) {
    this.#stream = stream;
    stream.on('data', (bytes: Buffer) => this.#collected.push(bytes));
    stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  static deflate(level: number | undefined): DeflateStream {
    return new DeflateStream(createDeflateRaw({ level: level ?? constants.Z_DEFAULT_COMPRESSION }));
  }

  static inflate(): DeflateStream {
    return new DeflateStream(createInflateRaw());
  }

  reset(): void {
    this.#stream.reset();
    this.#collected = [];
  }

  write(bytes: Uint8Array): Promise<Buffer[]> {
    return this.#run((done) => void this.#stream.write(bytes, done));
  }

  /** Ends a stretch; the last four bytes of the output are `SYNC_END`. */
  flush(): Promise<Buffer[]> {
    return this.#run((done) => this.#stream.flush(constants.Z_SYNC_FLUSH, () => done()));
  }

  close(): void {
    this.#stream.close();
  }

  async #run(start: (done: (error?: Error | null) => void) => void): Promise<Buffer[]> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => reject(error);
      this.#stream.once('error', failed);
      start((error) => {
        this.#stream.off('error', failed);
        if (error) reject(error);
        else resolve();
      });
    }).catch((error: unknown) => {
      throw new RsyncError(
        EXIT.stream,
        `compressed data is not valid: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    if (this.#failure !== undefined) throw new RsyncError(EXIT.stream, 'compressed data is not valid');
    const collected = this.#collected;
    this.#collected = [];
    return collected;
  }
}
