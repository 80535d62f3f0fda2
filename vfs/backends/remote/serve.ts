import type { Handle, VfsBackend } from '../../backend.ts';
import { toVfsError, VfsError } from '../../errors.ts';
import { callBackend, withContext, type Call, type Next } from '../../layer.ts';
import { bytesWanted } from '../../ops.ts';
import { InFlight } from '../shared/in-flight.ts';
import type { Channel, Receiver } from './channel.ts';
import {
  checkHello,
  endedMessage,
  failureMessage,
  helloOfServer,
  KIND,
  kindOf,
  readAbort,
  readCall,
  refusedMessage,
  resultMessage,
  type ReceivedCall,
  type Window,
} from './messages.ts';
import { handlesOf } from './operations.ts';
import { ReceivedSignals } from './received-signals.ts';
import type { Message } from './wire-value.ts';

export interface ServeOptions {
  /** The backend is disposed when the connection ends, before the client's `dispose` is answered. Default: false. */
  readonly disposes?: boolean | undefined;
  /** What the client may have under way. */
  readonly window?: Partial<Omit<Window, 'payload'>> | undefined;
  /** Told of `EIO`, whose cause does not travel, and of what could not be kept when nobody is left to be told. */
  readonly onFailure?: ((error: VfsError) => void) | undefined;
}

/** A connection that is served. */
export interface Served {
  /** Resolves when the connection has ended and its handles are closed. */
  readonly ended: Promise<void>;
  /** Ends it from this side: calls that are under way come to their end, no others begin. */
  end(): Promise<void>;
}

/** Calls and waits of one client at once. */
const CALLS_MAX = 1024;
const LOCKS_MAX = 1024;
/** Bytes of file content in its calls and in the answers that are being made. */
const BYTES_MAX = 16 * 1024 * 1024;

/**
 * Serves a storage to the other end of a channel, which belongs to it from now on. The handles that the client opens
 * are its own: others are `EBADF`, and they are closed when the connection ends. What a client says against the protocol
 * ends its connection, and nothing else.
 */
export function serveBackend(backend: VfsBackend, channel: Channel, options: ServeOptions = {}): Served {
  return new ServerConnection(backend, channel, options);
}

class ServerConnection implements Receiver, Served {
  readonly ended: Promise<void>;
  readonly #backend: VfsBackend;
  readonly #next: Next;
  readonly #channel: Channel;
  readonly #options: ServeOptions;
  readonly #window: Window;
  readonly #handles = new Set<Handle>();
  readonly #signals = new ReceivedSignals();
  readonly #inFlight = new InFlight();
  /** `lock` calls, which may wait until a handle is closed. */
  readonly #locking = new InFlight();
  #begun = false;
  #ending: Promise<VfsError | undefined> | undefined;
  #calls = 0;
  #locks = 0;
  #bytes = 0;
  #resolveEnded: () => void = () => {};

  constructor(backend: VfsBackend, channel: Channel, options: ServeOptions) {
    this.#backend = backend;
    this.#next = callBackend(backend);
    this.#channel = channel;
    this.#options = options;
    this.#window = {
      calls: CALLS_MAX,
      locks: LOCKS_MAX,
      bytes: BYTES_MAX,
      ...options.window,
      payload: channel.limits.payloadMax,
    };
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    channel.begin(this);
  }

  async end(): Promise<void> {
    await this.#finish();
    this.#channel.close();
    await this.ended;
  }

  message(message: Message): void {
    if (this.#ending !== undefined) return;
    this.#take(message);
  }

  failing(error: Error): void {
    this.#channel.send(refusedMessage(toVfsError(error).detail), true);
  }

  closed(): void {
    // Nobody is left to wait for what its calls wait for.
    this.#signals.abortAll();
    void this.#finish().then((failure) => {
      if (failure !== undefined) this.#options.onFailure?.(failure);
      this.#resolveEnded();
    });
  }

  drained(): void {
    this.#pauseOrResume();
  }

  #take(message: Message): void {
    if (!this.#begun) return this.#begin(message);
    switch (kindOf(message)) {
      case KIND.call:
        return this.#accept(readCall(message));
      case KIND.abort:
        return this.#signals.abort(readAbort(message));
      case KIND.end:
        return void this.#finish().then((failure) => {
          this.#channel.send(endedMessage(failure), true);
          this.#channel.close();
        });
      default:
        throw new VfsError('EINVAL', { detail: 'protocol error: an unknown message' });
    }
  }

  #begin(message: Message): void {
    checkHello(message);
    this.#begun = true;
    const { capabilities } = this.#backend;
    this.#channel.send(helloOfServer({ capabilities, window: this.#window }), true);
  }

  #accept(received: ReceivedCall): void {
    const bytes = this.#bytesOf(received.call);
    this.#count(received, bytes, 1);
    if (this.#calls > this.#window.calls || this.#locks > this.#window.locks)
      throw new VfsError('EINVAL', { detail: 'protocol error: too many calls at once' });
    this.#pauseOrResume();
    const kind = received.call.op === 'lock' ? this.#locking : this.#inFlight;
    void kind.during(async () => {
      await this.#answer(received);
      this.#count(received, bytes, -1);
      this.#pauseOrResume();
    });
  }

  /** Never rejects. */
  async #answer({ id, call, signal, room }: ReceivedCall): Promise<void> {
    try {
      const begun = this.#signals.begin(signal);
      const more = room === undefined ? { signal: begun } : { signal: begun, into: room };
      const result = await this.#run(withContext(call, more));
      this.#channel.send(resultMessage(id, call.op, result), true);
    } catch (error) {
      const failure = toVfsError(error, call.op);
      if (failure.code === 'EIO') this.#options.onFailure?.(failure);
      this.#channel.send(failureMessage(id, failure), true);
    } finally {
      this.#signals.end(signal);
    }
  }

  async #run(call: Call): Promise<never> {
    for (const handle of handlesOf(call)) {
      if (!this.#handles.has(handle)) throw new VfsError('EBADF', { op: call.op });
    }
    if (call.op === 'close') this.#handles.delete(handlesOf(call)[0] as Handle);
    const result = await this.#next(boundedRead(call, this.#window.payload));
    if (call.op === 'open') this.#handles.add(result as Handle);
    return result as never;
  }

  #bytesOf(call: Call): number {
    const wanted = bytesWanted(call);
    return wanted > 0 ? Math.min(wanted, this.#window.payload) : 0;
  }

  #count({ call }: ReceivedCall, bytes: number, change: 1 | -1): void {
    if (call.op === 'lock') this.#locks += change;
    else this.#calls += change;
    this.#bytes += change * bytes;
  }

  /** What is read next must find room: for its bytes, and for answers that the client takes. */
  #pauseOrResume(): void {
    if (this.#bytes >= this.#window.bytes || this.#channel.congested) this.#channel.pause();
    else this.#channel.resume();
  }

  /** Lets calls end, closes what is open, and answers what could not be kept. Again: the same. */
  #finish(): Promise<VfsError | undefined> {
    this.#ending ??= this.#letGo();
    return this.#ending;
  }

  async #letGo(): Promise<VfsError | undefined> {
    await this.#inFlight.idle();
    const handles = [...this.#handles];
    this.#handles.clear();
    const ends = handles.map((handle) => this.#backend.close(handle, {}));
    const failures = (await Promise.allSettled(ends)).flatMap((end) =>
      end.status === 'rejected' ? [toVfsError(end.reason)] : [],
    );
    await this.#locking.idle();
    if (this.#options.disposes === true) {
      await this.#backend.dispose().catch((error: unknown) => failures.push(toVfsError(error)));
    }
    return failures[0];
  }
}

/** A read of more than one message can bring, which the channel will refuse, makes no more than that. */
function boundedRead(call: Call, most: number): Call {
  if (call.op !== 'read') return call;
  const [handle, position, length] = (call as Call<'read'>).args;
  if (length <= most || !Number.isSafeInteger(length)) return call;
  const less: Call<'read'> = { op: 'read', args: [handle, position, most + 1], ctx: call.ctx };
  return less;
}
