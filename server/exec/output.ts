import type { Writable } from 'node:stream';
import { encodeText } from '../../vfs/names.ts';

/** Nobody reads any more what a program writes. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe';
}

/** By its name, since programs are loaded apart, in tests as other copies of this module. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && error.name === 'BrokenPipe';
}

/** Writes and waits until there is room for more. Rejects with `BrokenPipe` where nobody reads, with the signal's reason when it aborts. */
export async function send(stream: Writable, data: string | Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (stream.destroyed || stream.writableEnded) throw new BrokenPipe();
  if (stream.write(typeof data === 'string' ? encodeText(data) : data)) return;
  await settled(stream, ['drain', 'finish'], signal);
}

/** Waits for one of the events. Rejects where the stream fails or is gone first, or the signal aborts. */
function settled(stream: Writable, events: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (act: () => void) => () => {
      for (const event of events) stream.off(event, succeed);
      stream.off('close', fail).off('error', fail);
      signal.removeEventListener('abort', abort);
      act();
    };
    const succeed = done(resolve);
    const fail = done(() => reject(new BrokenPipe()));
    const abort = done(() => reject(signal.reason as Error));
    for (const event of events) stream.once(event, succeed);
    stream.once('close', fail).once('error', fail);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}

/** Characters gathered before they are written. */
const GATHERED = 32 * 1024;

/** Text that goes out in few large writes. `flush` at the end. */
export class TextOutput {
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  #parts: string[] = [];
  #length = 0;

  constructor(stream: Writable, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
  }

  /** Waits only when there is much to write. */
  async print(text: string): Promise<void> {
    this.#parts.push(text);
    this.#length += text.length;
    if (this.#length >= GATHERED) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const text = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    await send(this.#stream, text, this.#signal);
  }
}
