import { toVfsError } from '../../vfs/errors.ts';
import type { ByteChannel } from '../byte-channel.ts';
import type { Logger } from '../log.ts';
import { Dispatcher } from './dispatcher.ts';
import { Framing } from './framing.ts';
import type { HandlerContext } from './handlers/table.ts';
import type { OpenThing } from './open-handles.ts';
import { Outbox } from './outbox.ts';
import type { PayloadPool } from './payload-pool.ts';
import type { SymlinkOrder } from './symlink-order.ts';

export interface SessionLifeOptions {
  readonly channel: ByteChannel;
  readonly context: HandlerContext;
  /** Behind the signal of the context's calls. */
  readonly abort: AbortController;
  readonly payloads: PayloadPool;
  readonly symlinkOrder: SymlinkOrder;
  readonly log: Logger;
  readonly onEnd: () => void;
}

/** Packets taken in one turn of the event loop, so that a client with much to ask does not keep others waiting. */
const PACKETS_A_TURN = 256;

/** The life of one session: reads while there is room, ends when the channel does. */
export class SessionLife {
  readonly #channel: ByteChannel;
  readonly #options: SessionLifeOptions;
  readonly #dispatcher: Dispatcher;
  readonly #outbox: Outbox;
  readonly #framing: Framing;
  readonly #begun = performance.now();
  #bytesIn = 0;
  #turnLeft = PACKETS_A_TURN;
  /** The client has said all it wants to say. */
  #inputEnded = false;
  /** Nothing more is read: the client broke the protocol, or is gone. */
  #stopped = false;
  #ending = false;

  constructor(options: SessionLifeOptions) {
    const { channel, context, payloads, symlinkOrder, log } = options;
    this.#channel = channel;
    this.#options = options;
    this.#framing = new Framing(payloads);
    this.#outbox = new Outbox(channel);
    this.#dispatcher = new Dispatcher({
      context,
      outbox: this.#outbox,
      log,
      payloads,
      symlinkOrder,
      onRoom: () => this.#pump(),
    });
  }

  begin(): void {
    this.#channel.begin({
      data: (chunk) => {
        if (this.#stopped) return;
        this.#bytesIn += chunk.length;
        this.#framing.push(chunk);
        this.#pump();
      },
      end: () => {
        this.#inputEnded = true;
        this.#pump();
      },
      drain: () => {
        this.#outbox.drained();
        this.#pump();
      },
      gone: () => this.#gone(),
    });
  }

  /** Takes packets while there is room for them, then sees to it that more arrive, or no more. */
  #pump(): void {
    if (this.#takePackets() || this.#stopped) this.#endIfDone();
    else this.#channel.pause();
  }

  /** True when all that arrived is taken and more is welcome. */
  #takePackets(): boolean {
    try {
      while (this.#hasRoom()) {
        const packet = this.#framing.next();
        if (packet === undefined) return true;
        this.#turnLeft--;
        this.#dispatcher.accept(packet);
      }
    } catch (error) {
      this.#refuse(toVfsError(error).detail);
    }
    return false;
  }

  #hasRoom(): boolean {
    if (this.#stopped || this.#outbox.blocked || this.#dispatcher.full) return false;
    if (this.#turnLeft > 0) return true;
    this.#waitForTurn();
    return false;
  }

  #waitForTurn(): void {
    if (this.#turnLeft < 0) return;
    this.#turnLeft = -1;
    setImmediate(() => {
      this.#turnLeft = PACKETS_A_TURN;
      this.#pump();
    });
  }

  #endIfDone(): void {
    const noMore = this.#stopped || this.#inputEnded;
    if (noMore && this.#dispatcher.idle) void this.#end();
    else if (!noMore && this.#channel.paused) this.#channel.resume();
  }

  /** What was asked before is still answered; then the channel is closed. */
  #refuse(reason: string): void {
    this.#stopped = true;
    this.#channel.pause();
    this.#options.log.warn(`sftp protocol error: ${reason}`, this.#counters());
  }

  #gone(): void {
    this.#stopped = true;
    this.#outbox.close();
    this.#options.abort.abort();
    this.#pump();
  }

  async #end(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await Promise.all(this.#options.context.handles.takeAll().map((thing) => this.#close(thing)));
    this.#outbox.flush();
    this.#channel.end();
    this.#options.log.info('sftp session ended', this.#counters());
    this.#options.onEnd();
  }

  /** Nobody is left to be told what could not be kept, but the log. */
  async #close(thing: OpenThing): Promise<void> {
    if (thing.kind !== 'file') return;
    const { mount, lasting } = this.#options.context;
    try {
      await mount.close(thing.file, lasting);
    } catch (error) {
      this.#options.log.error('a file could not be closed at the end of an sftp session', { error });
    }
  }

  #counters(): Record<string, unknown> {
    return {
      ...this.#dispatcher.counters,
      bytesIn: this.#bytesIn,
      bytesOut: this.#outbox.bytesWritten,
      milliseconds: Math.round(performance.now() - this.#begun),
    };
  }
}
