import type { CallContext, OpName, VfsBackend } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { backendOf, type Call, type Next, type OpResult } from '../../layer.ts';
import { bytesWanted, pathsOf } from '../../ops.ts';
import { namedError } from '../shared/named-error.ts';
import type { Channel, Receiver } from './channel.ts';
import {
  abortMessage,
  answeredId,
  callMessage,
  endMessage,
  helloOfClient,
  KIND,
  kindOf,
  packContext,
  readEnded,
  readFailure,
  readRefused,
  readResult,
  readWelcome,
  type Welcome,
} from './messages.ts';
import { SentSignals } from './sent-signals.ts';
import type { Message, WireValue } from './wire-value.ts';

/** A storage at the other end of a channel. */
export interface RemoteBackend extends VfsBackend {
  /** Resolves, once, when the connection has ended: by `dispose`, or because the other end is gone. */
  readonly ended: Promise<void>;
}

/** A call from the moment it is made to its answer. */
interface Pending {
  readonly call: Call;
  /** Bytes of file content that it brings or asks for. */
  readonly bytes: number;
  readonly resolve: (result: never) => void;
  readonly reject: (error: VfsError) => void;
}

/**
 * The storage that `serveBackend` serves at the other end of the channel, which belongs to it from now on. Calls go out in
 * the order in which they are made, as many at once as the other end allows. When the connection is lost, every call
 * fails with `EIO`: those that were under way may have been done or not. `dispose` closes the handles of this
 * connection, no others. Rejects with `VfsError` (`EIO`) where nobody speaks this protocol.
 */
export async function connectBackend(channel: Channel): Promise<RemoteBackend> {
  const connection = new ClientConnection(channel);
  const { capabilities } = await connection.welcome;
  const next: Next = (call) => connection.call(call);
  const backend = backendOf(next, capabilities, () => connection.end());
  return Object.assign(backend, { ended: connection.ended });
}

class ClientConnection implements Receiver {
  readonly welcome: Promise<Welcome>;
  readonly ended: Promise<void>;
  readonly #channel: Channel;
  readonly #signals: SentSignals;
  /** Sent and not answered. */
  readonly #underWay = new Map<number, Pending>();
  /** Not sent yet: the window is full. */
  readonly #waiting: Pending[] = [];
  /** `lock` calls that are not sent yet. They hold up nobody else: what they wait for may be one of the others. */
  readonly #waitingLocks: Pending[] = [];
  #window: Welcome['window'] | undefined;
  #calls = 0;
  #locks = 0;
  #bytes = 0;
  #nextId = 1;
  #context: { readonly of: CallContext; readonly packed: WireValue } | undefined;
  #lost: VfsError | undefined;
  #ending: Promise<void> | undefined;
  #welcomed: (welcome: Welcome) => void = () => {};
  #unwelcome: (error: VfsError) => void = () => {};
  #disposed: (failure: VfsError | undefined) => void = () => {};
  #end: () => void = () => {};

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#signals = new SentSignals((number) => channel.send(abortMessage(number), false));
    this.welcome = new Promise((resolve, reject) => {
      this.#welcomed = resolve;
      this.#unwelcome = reject;
    });
    this.ended = new Promise((resolve) => (this.#end = resolve));
    channel.begin(this);
    channel.send(helloOfClient(), false);
  }

  call<K extends OpName>(call: Call<K>): Promise<OpResult<K>> {
    return new Promise((resolve, reject: (error: VfsError) => void) => {
      if (this.#lost !== undefined) throw this.#lost;
      // The answer is read as the result of this operation.
      const pending = { call, bytes: this.#bytesOf(call), resolve, reject } as unknown as Pending;
      this.#waiting.push(pending);
      this.#sendWaiting();
    });
  }

  /** Answers what the other end could not keep. */
  end(): Promise<void> {
    this.#ending ??= new Promise((resolve, reject) => {
      if (this.#lost !== undefined) throw this.#lost;
      this.#disposed = (failure) => (failure === undefined ? resolve() : reject(failure));
      const closed = new VfsError('EBADF', { detail: 'the storage is closed' });
      this.#refuseWaiting(closed);
      // A lock that is granted while handles are closed one after the other is worth nothing.
      for (const pending of this.#underWay.values()) if (pending.call.op === 'lock') fail(pending, closed);
      this.#channel.send(endMessage(), false);
    });
    return this.#ending;
  }

  message(message: Message): void {
    const kind = kindOf(message);
    if (this.#window === undefined && kind !== KIND.refused) return this.#begin(message);
    switch (kind) {
      case KIND.result:
      case KIND.failure:
        return this.#answered(message);
      case KIND.ended:
        this.#disposed(readEnded(message));
        return this.#channel.close();
      case KIND.refused:
        throw new VfsError('EIO', { detail: `the storage refused the connection: ${readRefused(message)}` });
      default:
        throw new VfsError('EIO', { detail: 'protocol error: an unknown message' });
    }
  }

  closed(cause?: Error): void {
    const detail = cause instanceof VfsError ? cause.detail : 'the connection to the storage was lost';
    const error = new VfsError('EIO', { detail, cause });
    this.#lost = error;
    const left = [...this.#underWay.values()];
    this.#underWay.clear();
    for (const pending of left) this.#failed(pending, error);
    this.#refuseWaiting(error);
    this.#unwelcome(error);
    this.#disposed(error);
    this.#end();
  }

  failing(): void {}

  drained(): void {}

  #begin(message: Message): void {
    const welcome = readWelcome(message);
    this.#window = welcome.window;
    this.#welcomed(welcome);
  }

  #bytesOf(call: Call): number {
    const wanted = bytesWanted(call);
    const most = this.#window?.payload ?? 0;
    return wanted > 0 ? Math.min(wanted, most) : 0;
  }

  #hasRoom({ call, bytes }: Pending): boolean {
    const window = this.#window as Welcome['window'];
    if (call.op === 'lock') return this.#locks < window.locks;
    return this.#calls < window.calls && (this.#bytes === 0 || this.#bytes + bytes <= window.bytes);
  }

  #count({ call, bytes }: Pending, change: 1 | -1): void {
    if (call.op === 'lock') this.#locks += change;
    else this.#calls += change;
    this.#bytes += change * bytes;
  }

  #send(pending: Pending): void {
    const { call } = pending;
    const id = this.#nextId++;
    const { signal } = call.ctx;
    this.#underWay.set(id, pending);
    this.#count(pending, 1);
    try {
      const state = signal && this.#signals.begin(signal);
      this.#channel.send(callMessage(id, call, this.#packedContext(call.ctx), state), false);
    } catch (error) {
      this.#underWay.delete(id);
      this.#failed(pending, error);
    }
  }

  /** A caller makes many calls with one context. */
  #packedContext(ctx: CallContext): WireValue {
    if (this.#context?.of !== ctx) this.#context = { of: ctx, packed: packContext(ctx) };
    return this.#context.packed;
  }

  #answered(message: Message): void {
    const id = answeredId(message);
    const pending = this.#underWay.get(id);
    if (pending === undefined) throw new VfsError('EIO', { detail: 'protocol error: an answer to no call' });
    // Read before anything is forgotten: a bad answer ends the connection, and with it this call.
    const failure = kindOf(message) === KIND.failure ? readFailure(message) : undefined;
    const result = failure === undefined ? (readResult(message, pending.call.op) as never) : undefined;
    this.#underWay.delete(id);
    this.#settle(pending);
    if (failure === undefined) pending.resolve(result as never);
    else pending.reject(failure);
    this.#sendWaiting();
  }

  #failed(pending: Pending, error: unknown): void {
    this.#settle(pending);
    fail(pending, error);
  }

  #refuseWaiting(error: VfsError): void {
    for (const pending of [...this.#waiting.splice(0), ...this.#waitingLocks.splice(0)]) fail(pending, error);
  }

  #settle(pending: Pending): void {
    this.#count(pending, -1);
    const { signal } = pending.call.ctx;
    if (signal !== undefined) this.#signals.end(signal);
  }

  #sendWaiting(): void {
    while (this.#waitingLocks[0] !== undefined && this.#hasRoom(this.#waitingLocks[0])) {
      this.#send(this.#waitingLocks.shift() as Pending);
    }
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const hasRoom = this.#hasRoom(next);
      if (!hasRoom && next.call.op !== 'lock') return;
      this.#waiting.shift();
      if (hasRoom) this.#send(next);
      else this.#waitingLocks.push(next);
    }
  }
}

function fail({ call, reject: tell }: Pending, error: unknown): void {
  tell(namedError(error, call.op, pathsOf(call)[0]));
}
