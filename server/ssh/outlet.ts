import type { Socket } from 'node:net';

/** What goes out to a socket: one system call for all that one turn of the event loop sends. */
export class Outlet {
  readonly #socket: Socket;
  readonly #onFlushed: () => void;
  #gathering = false;
  #written = 0;

  constructor(socket: Socket, onFlushed: () => void) {
    this.#socket = socket;
    this.#onFlushed = onFlushed;
  }

  /** Bytes that the client has not taken. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** Bytes written so far, those that wait included. */
  get written(): number {
    return this.#written;
  }

  /** `release` is called when the socket needs the bytes no more. */
  write(bytes: Uint8Array, release?: () => void): void {
    if (!this.#socket.writable) return release?.();
    if (!this.#gathering) {
      this.#gathering = true;
      this.#socket.cork();
      process.nextTick(() => this.#flush());
    }
    this.#written += bytes.length;
    this.#socket.write(bytes, release);
  }

  #flush(): void {
    this.#gathering = false;
    this.#socket.uncork();
    this.#onFlushed();
  }
}
