import { byteLength, compareNames } from '../../names.ts';
import { bytesOfXattr, type PresentXattrs } from '../shared/index.ts';

/** The extended attributes of one inode. */
export class Xattrs {
  readonly #values = new Map<string, Uint8Array>();
  #nameBytes = 0;
  #bytes = 0;

  /** Bytes stored: names and values. */
  get bytes(): number {
    return this.#bytes;
  }

  get(name: string): Uint8Array | undefined {
    return this.#values.get(name);
  }

  /** What there is before `name` is set. */
  present(name: string): PresentXattrs {
    return {
      valueLength: this.#values.get(name)?.length,
      count: this.#values.size,
      nameBytes: this.#nameBytes,
      bytes: this.#bytes,
    };
  }

  set(name: string, value: Uint8Array): void {
    this.delete(name);
    this.#values.set(name, value);
    this.#nameBytes += byteLength(name);
    this.#bytes += bytesOfXattr(name, value.length);
  }

  delete(name: string): void {
    const value = this.#values.get(name);
    if (value === undefined) return;
    this.#values.delete(name);
    this.#nameBytes -= byteLength(name);
    this.#bytes -= bytesOfXattr(name, value.length);
  }

  /** In the order of their bytes. */
  names(): string[] {
    return [...this.#values.keys()].sort(compareNames);
  }
}
