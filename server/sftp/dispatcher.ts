import { toVfsError, VfsError } from '../../vfs/errors.ts';
import type { Logger } from '../log.ts';
import { announced, extensionsOf, type Extension } from './extensions.ts';
import type { Packet } from './framing.ts';
import { handle, type HandlerContext } from './handlers/table.ts';
import type { Outbox } from './outbox.ts';
import type { PayloadPool } from './payload-pool.ts';
import { PACKET } from './protocol.ts';
import { encodeReply, encodeVersion, type Reply } from './replies.ts';
import { decoderOf, type Decoder, type Request } from './requests.ts';
import { Scheduler } from './scheduler.ts';
import { statusOf, UNSUPPORTED } from './status.ts';
import type { SymlinkOrder } from './symlink-order.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

export interface DispatcherOptions {
  readonly context: HandlerContext;
  readonly outbox: Outbox;
  readonly log: Logger;
  readonly payloads: PayloadPool;
  readonly symlinkOrder: SymlinkOrder;
  /** A request has been answered. */
  readonly onRoom: () => void;
}

/** Turns packets into requests, has them run, and puts the answers into the outbox. */
export class Dispatcher {
  readonly #context: HandlerContext;
  readonly #outbox: Outbox;
  readonly #log: Logger;
  readonly #payloads: PayloadPool;
  readonly #symlinkOrder: SymlinkOrder;
  readonly #extensions: ReadonlyMap<string, Extension>;
  readonly #scheduler: Scheduler;
  readonly #reader = new WireReader();
  readonly #writer = new WireWriter();
  #begun = false;
  #requests = 0;
  #malformed = 0;

  constructor({ context, outbox, log, payloads, symlinkOrder, onRoom }: DispatcherOptions) {
    this.#context = context;
    this.#outbox = outbox;
    this.#log = log;
    this.#payloads = payloads;
    this.#symlinkOrder = symlinkOrder;
    this.#extensions = extensionsOf(context.mount);
    this.#scheduler = new Scheduler({
      run: (request) => this.#run(request),
      send: (id, reply) => this.#send(id, reply),
      onRoom,
    });
  }

  get counters() {
    return { requests: this.#requests, malformed: this.#malformed };
  }

  /** No packet should be given before there is room again. */
  get full(): boolean {
    return this.#scheduler.full;
  }

  /** True when every request is answered. */
  get idle(): boolean {
    return this.#scheduler.idle;
  }

  /** Throws `EINVAL` where the session cannot go on: a packet out of turn, or one without an id to answer to. */
  accept({ type, body, payload }: Packet): void {
    this.#reader.begin(body, payload);
    if (!this.#begun) return this.#begin(type);
    if (type === PACKET.INIT) throw new VfsError('EINVAL', { detail: 'a second INIT' });
    const id = this.#reader.uint32();
    this.#requests++;
    const request = this.#decode(id, type);
    if (request !== undefined) this.#scheduler.submit(id, request);
  }

  /** Whatever version the client speaks, it gets 3, as from OpenSSH; what it says of extensions is of no use here. */
  #begin(type: number): void {
    if (type !== PACKET.INIT) throw new VfsError('EINVAL', { detail: 'a request before INIT' });
    this.#reader.uint32();
    this.#begun = true;
    this.#outbox.add(encodeVersion(this.#writer, announced(this.#extensions, this.#context.mount)));
  }

  /** A request that cannot be read is answered at once, and undefined. */
  #decode(id: number, type: number): Request | undefined {
    try {
      const decode = this.#decoder(type);
      if (decode === undefined) {
        this.#send(id, UNSUPPORTED);
        return undefined;
      }
      const request = decode(this.#reader);
      this.#reader.end();
      return request;
    } catch (error) {
      this.#noteMalformed(toVfsError(error));
      this.#send(id, statusOf(toVfsError(error)));
      return undefined;
    }
  }

  #decoder(type: number): Decoder | undefined {
    if (type !== PACKET.EXTENDED) return decoderOf(type, this.#symlinkOrder);
    return this.#extensions.get(this.#reader.text())?.decode;
  }

  /** One line a session: a client can send many. */
  #noteMalformed(error: VfsError): void {
    if (error.code !== 'EINVAL') return;
    if (this.#malformed === 0) this.#log.warn(`malformed sftp request: ${error.detail}`);
    this.#malformed++;
  }

  async #run(request: Request): Promise<Reply> {
    try {
      return await handle(this.#context, request);
    } catch (error) {
      const known = toVfsError(error);
      if (known.code === 'EIO')
        this.#log.error(`sftp ${request.name} failed`, { error: known.cause ?? known });
      this.#context.onRefusal(known);
      return statusOf(known);
    } finally {
      // The backend is done with the bytes once its promise has settled.
      if (request.name === 'write') this.#payloads.giveBack(request.bytes);
    }
  }

  #send(id: number, reply: Reply): void {
    this.#outbox.add(encodeReply(this.#writer, id, reply));
    if (reply.kind !== 'data') return;
    const { bytes, lent } = reply;
    this.#outbox.addOwned(bytes, lent && (() => this.#payloads.giveBack(lent)));
  }
}
