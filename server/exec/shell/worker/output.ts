import { Writable } from 'node:stream';
import { OUTPUT_WINDOW, type FromShell } from '../messages.ts';

type Post = (message: FromShell, transfer: readonly ArrayBuffer[]) => void;

/** What goes to the client, as much at once as it takes. */
export class Output {
  readonly #post: Post;
  #underWay = 0;
  #waiting: (() => void)[] = [];

  constructor(post: Post) {
    this.#post = post;
  }

  /** `shape` changes bytes on their way: what a terminal wants. */
  stream(to: 'stdout' | 'stderr', shape: (bytes: Uint8Array) => Uint8Array): Writable {
    const stream = new Writable({
      highWaterMark: 64 * 1024,
      write: (chunk: Buffer, _encoding, done) => this.#send(to, shape(chunk), done),
    });
    stream.on('error', () => {});
    return stream;
  }

  /** Without a limit: for what a person's own keys cause. */
  write(bytes: Uint8Array): void {
    this.#send('stdout', bytes, () => {});
  }

  taken(bytes: number): void {
    this.#underWay -= bytes;
    if (this.#underWay >= OUTPUT_WINDOW) return;
    for (const done of this.#waiting.splice(0)) done();
  }

  #send(to: 'stdout' | 'stderr', bytes: Uint8Array, done: () => void): void {
    // The writer may use its memory again, and a view would take all of it along.
    const own = new Uint8Array(bytes);
    this.#underWay += own.length;
    this.#post({ type: 'output', to, bytes: own }, [own.buffer]);
    if (this.#underWay < OUTPUT_WINDOW) done();
    else this.#waiting.push(done);
  }
}
