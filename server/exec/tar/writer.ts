import { BLOCK, encodeHeader, paddingOf, RECORD, type TarHeader } from './header.ts';

/** Bytes of a name that a header has room for. */
const FIELD = 100;
const LONG_NAME = Buffer.from('././@LongLink');
const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(RECORD);

/** Writes an archive in GNU tar's format, so that names are bytes of any length. */
export class TarWriter {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #written = 0;

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /** A header; the content that it promises must follow by `content`, then `pad`. */
  async header(header: Omit<TarHeader, 'sparse'>): Promise<void> {
    if (header.link.length > FIELD) await this.#long('long link', header.link);
    if (header.name.length > FIELD) await this.#long('long name', header.name);
    await this.#put(encodeHeader(header));
  }

  content(bytes: Uint8Array): Promise<void> {
    return this.#put(bytes);
  }

  async pad(size: number): Promise<void> {
    await this.zeros(paddingOf(size));
  }

  async zeros(count: number): Promise<void> {
    for (let left = count; left > 0; left -= ZEROS.length) await this.#put(ZEROS.subarray(0, left));
  }

  /** Two blocks of zeros, and as many more as fill the last record. */
  async end(): Promise<void> {
    await this.zeros(2 * BLOCK);
    await this.zeros((RECORD - (this.#written % RECORD)) % RECORD);
  }

  async #long(type: 'long name' | 'long link', text: Buffer): Promise<void> {
    const size = text.length + 1;
    const owner = Buffer.from('root');
    const fields = { mode: 0o644, uid: 0, gid: 0, mtime: 0, user: owner, group: owner, link: NOTHING };
    await this.#put(encodeHeader({ type, name: LONG_NAME, size, ...fields }));
    await this.#put(Buffer.concat([text, Buffer.alloc(1 + paddingOf(size))]));
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#written += bytes.length;
    await this.#write(bytes);
  }
}
