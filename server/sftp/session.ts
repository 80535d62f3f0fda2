import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { VfsBackend } from '../../vfs/backend.ts';
import { toVfsError } from '../../vfs/errors.ts';
import type { Logger } from '../log.ts';
import { Dispatcher } from './dispatcher.ts';
import { Framing } from './framing.ts';
import type { HandlerContext } from './handlers/table.ts';
import { OpenHandles, type OpenThing } from './open-handles.ts';
import { Outbox } from './outbox.ts';
import { PayloadPool } from './payload-pool.ts';

/** What an SFTP session needs to know of the world. */
export interface SftpOptions {
  /** The account's whole stack, path resolution outermost. */
  readonly mount: VfsBackend;
  readonly account: { readonly name: string; readonly uid: number; readonly gid: number };
  /** Names for `longname` and users-groups-by-id; absent: unknown. */
  readonly names: { user(uid: number): string | undefined; group(gid: number): string | undefined };
  /** Named in logs and traces. */
  readonly sessionId: string;
  readonly umask: number;
  readonly handlesMax: number;
  readonly log: Logger;
  /** Shared by sessions; absent: one of its own. */
  readonly payloads?: PayloadPool | undefined;
  /** Milliseconds since 1970; absent: the machine's clock. */
  readonly now?: (() => number) | undefined;
  /** Absent: the machine's source of randomness. */
  readonly randomBytes?: ((size: number) => Buffer) | undefined;
}

/** Speaks SFTP on a raw channel until it ends, then closes every handle. Resolves when all is let go; never rejects. */
export function serveSftp(channel: Duplex, options: SftpOptions): Promise<void> {
  return new Promise((resolve) => {
    new SftpSession(channel, options, resolve).begin();
  });
}

/** Packets taken in one turn of the event loop, so that a client with much to ask does not keep others waiting. */
const PACKETS_A_TURN = 256;

/** The life of one session: reads while there is room, ends when the channel does. */
class SftpSession {
  readonly #channel: Duplex;
  readonly #options: SftpOptions;
  readonly #onEnd: () => void;
  readonly #context: HandlerContext;
  readonly #dispatcher: Dispatcher;
  readonly #outbox: Outbox;
  readonly #framing: Framing;
  readonly #abort = new AbortController();
  readonly #begun = performance.now();
  #bytesIn = 0;
  #turnLeft = PACKETS_A_TURN;
  /** The client has said all it wants to say. */
  #inputEnded = false;
  /** Nothing more is read: the client broke the protocol, or is gone. */
  #stopped = false;
  #ending = false;

  constructor(channel: Duplex, options: SftpOptions, onEnd: () => void) {
    this.#channel = channel;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#context = contextOf(options, this.#abort.signal);
    const payloads = options.payloads ?? new PayloadPool();
    this.#framing = new Framing(payloads);
    this.#outbox = new Outbox(channel, () => this.#pump());
    this.#dispatcher = new Dispatcher({
      context: this.#context,
      outbox: this.#outbox,
      log: options.log,
      payloads,
      onRoom: () => this.#pump(),
    });
  }

  begin(): void {
    const gone = (): void => this.#gone();
    this.#channel.on('error', gone);
    this.#channel.on('close', gone);
    this.#channel.on('end', () => {
      this.#inputEnded = true;
      this.#pump();
    });
    this.#channel.on('data', (chunk: Buffer) => {
      if (this.#stopped) return;
      this.#bytesIn += chunk.length;
      this.#framing.push(chunk);
      this.#pump();
    });
    if (this.#channel.destroyed) gone();
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
    else if (!noMore && this.#channel.isPaused()) this.#channel.resume();
  }

  /** What was asked before is still answered; then the channel is closed. */
  #refuse(reason: string): void {
    this.#stopped = true;
    this.#channel.pause();
    this.#options.log.warn(`sftp protocol error: ${reason}`, this.#fields());
  }

  #gone(): void {
    this.#stopped = true;
    this.#outbox.close();
    this.#abort.abort();
    this.#pump();
  }

  async #end(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await Promise.all(this.#context.handles.takeAll().map((thing) => this.#close(thing)));
    this.#outbox.flush();
    if (!this.#channel.destroyed) this.#channel.end();
    this.#options.log.info('sftp session ended', this.#fields());
    this.#onEnd();
  }

  /** Nobody is left to be told what could not be kept, but the log. */
  async #close(thing: OpenThing): Promise<void> {
    if (thing.kind !== 'file') return;
    const { mount, lasting } = this.#context;
    try {
      await mount.close(thing.file, lasting);
    } catch (error) {
      this.#options.log.error('a file could not be closed at the end of an sftp session', { error });
    }
  }

  #fields(): Record<string, unknown> {
    return {
      session: this.#options.sessionId,
      account: this.#options.account.name,
      ...this.#dispatcher.counters,
      bytesIn: this.#bytesIn,
      bytesOut: this.#outbox.bytesWritten,
      milliseconds: Math.round(performance.now() - this.#begun),
    };
  }
}

function contextOf(options: SftpOptions, signal: AbortSignal): HandlerContext {
  const { mount, account, names, sessionId, umask, handlesMax } = options;
  const lasting = { owner: { uid: account.uid, gid: account.gid }, session: sessionId };
  const ctx = { ...lasting, signal };
  return {
    mount,
    ctx,
    following: { ...ctx, follow: true },
    lasting,
    handles: new OpenHandles(handlesMax, options.randomBytes ?? randomBytes),
    handlesMax,
    account,
    names,
    umask,
    now: options.now ?? Date.now,
  };
}
