import type { Socket } from 'node:net';

/** What goes out to a socket: one system call for all that one turn of the event loop sends. */
export class Outlet {
  readonly #socket: Socket;
  readonly #onFlushed: () => void;
  #gathering = false;

  constructor(socket: Socket, onFlushed: () => void) {
    this.#socket = socket;
    this.#onFlushed = onFlushed;
  }

  /** Bytes that the client has not taken. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** `release` is called when the socket needs the bytes no more. */
  write(bytes: Uint8Array, release?: () => void): void {
    if (!this.#socket.writable) return release?.();
    if (!this.#gathering) {
      this.#gathering = true;
      this.#socket.cork();
      process.nextTick(() => this.#flush());
    }
    this.#socket.write(bytes, release);
  }

  #flush(): void {
    this.#gathering = false;
    this.#socket.uncork();
    this.#onFlushed();
  }
}
