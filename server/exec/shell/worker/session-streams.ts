import { Readable, type Writable } from 'node:stream';
import { encodeText } from '../../../../vfs/names.ts';
import { send } from '../../output.ts';
import type { FilesContext } from '../files.ts';
import type { InputSource } from './input-source.ts';
import { FED_MAX, mebibytes } from './limits.ts';
import { redirect, type Redirection } from './redirections.ts';
import { ERR, LINE, OUT } from './rewrite/names.ts';
import { StageInput } from './stage-input.ts';
import type { DeviceFile } from './storage-fs.ts';

export interface SessionStreamsOptions {
  readonly input: InputSource;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Descriptors 0 to 2 of a session as they are now, and the signal that ends what runs now. */
export class SessionStreams {
  readonly #input: InputSource;
  #stdin: InputSource | Readable;
  #stdout: Writable;
  #stderr: Writable;
  #running = new AbortController();

  constructor({ input, stdout, stderr }: SessionStreamsOptions) {
    this.#input = input;
    this.#stdin = input;
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  get stdout(): Writable {
    return this.#stdout;
  }

  get stderr(): Writable {
    return this.#stderr;
  }

  /** Of what runs now. */
  get running(): AbortController {
    return this.#running;
  }

  get signal(): AbortSignal {
    return this.#running.signal;
  }

  /** Something else runs from now on. */
  begin(): void {
    this.#running = new AbortController();
  }

  /** Where lines come from. */
  get source(): InputSource {
    return this.#stdin instanceof Readable ? this.#input : this.#stdin;
  }

  /** Standard input for one reader, which must give back what it leaves: `giveBack`. */
  take(): Readable {
    return this.#stdin instanceof Readable ? this.#stdin : new StageInput(this.#stdin);
  }

  giveBack(stdin: Readable): void {
    if (stdin instanceof StageInput) stdin.release();
  }

  /** All of standard input; throws a `RangeError` beyond `FED_MAX`. */
  async all(): Promise<Buffer> {
    const stdin = this.take();
    const parts: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of stdin as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > FED_MAX) throw new RangeError('too much input');
        parts.push(chunk);
        if (this.signal.aborted) break;
      }
      return Buffer.concat(parts);
    } finally {
      this.giveBack(stdin);
    }
  }

  async write(to: 'stdout' | 'stderr', text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === 'string' ? encodeText(text) : text;
    if (bytes.length === 0) return;
    try {
      await send(to === 'stdout' ? this.#stdout : this.#stderr, bytes, this.signal);
    } catch {
      // The client is gone, or has had enough.
    }
  }

  /** `exec >file`: for the rest of the session. Rejects with a `VfsError` that names the file. */
  async redirect(redirections: readonly Redirection[], context: FilesContext): Promise<void> {
    const stdin = this.#stdin instanceof Readable ? this.#stdin : Readable.from([]);
    const before = { stdin, stdout: this.#stdout, stderr: this.#stderr };
    const { streams } = await redirect(before, redirections, context);
    if (streams.stdin !== stdin) this.#stdin = streams.stdin;
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
  }

  /** `stdin` is what readers get, until the function that comes back is called. */
  readFrom(stdin: InputSource): () => void {
    const before = this.#stdin;
    this.#stdin = stdin;
    return () => (this.#stdin = before);
  }

  /** As the engine finds them in its file system. */
  get devices(): ReadonlyMap<string, DeviceFile> {
    return new Map<string, DeviceFile>([
      ['/dev/null', {}],
      [OUT, { write: (bytes) => this.write('stdout', bytes) }],
      [ERR, { write: (bytes) => this.write('stderr', bytes) }],
      [LINE, { read: () => this.#line() }],
    ]);
  }

  /** For `read`, which holds it as a whole; without an end that is near: nothing, as at the end of the input. */
  async #line(): Promise<Uint8Array> {
    const line = await this.source.line(this.signal, FED_MAX);
    if (line === undefined || line.length < FED_MAX) return line ?? new Uint8Array(0);
    await this.write('stderr', `bash: read: a line of more than ${mebibytes(FED_MAX)}\n`);
    return new Uint8Array(0);
  }
}
