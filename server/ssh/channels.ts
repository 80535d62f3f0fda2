import { Channel, RECEIVE_PACKET, RECEIVE_WINDOW } from './channel.ts';
import { MESSAGE, OPEN_FAILURE } from './messages.ts';
import type { Transport } from './transport.ts';
import { message, messageReader, ProtocolError, string, uint32, type MessageReader } from './wire.ts';

/** Type, channel and length before the bytes of a CHANNEL_DATA. */
const DATA_HEADER = 9;
/** Bytes in a message below which a client only wants us to work: 255 KiB in packets of one byte are 261,120 packets. */
const PACKET_MIN = 1024;

/** A request on a channel (RFC 4254 section 5.4); `fields` stands at what belongs to its type. */
export interface ChannelRequest {
  readonly type: string;
  readonly fields: MessageReader;
}

/** What runs on a session channel. */
export interface SessionProgram {
  /** Answers whether the request is granted. What follows the answer is started by the function that comes back. */
  request(request: ChannelRequest): boolean | (() => void);
  /** Settles when nothing of the program is left. It is asked for once the channel is gone. */
  readonly done: Promise<void>;
}

export interface ChannelsOptions {
  readonly transport: Transport;
  /** Channels at once, their programs included. */
  readonly limit: number;
  readonly startSession: (channel: Channel) => SessionProgram;
  /** Something was refused that a proper client would not have asked for. */
  readonly onRefused: (what: string) => void;
}

/** The connection protocol (RFC 4254) of one logged-in client: only channels of the kind `session`. */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #open = new Map<number, { readonly channel: Channel; readonly program: SessionProgram }>();
  /** Programs that still end though their channels are gone. */
  readonly #ending = new Set<Promise<void>>();
  #next = 0;
  #noMoreSessions = false;

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /** Channels in use. */
  get size(): number {
    return this.#open.size + this.#ending.size;
  }

  /** Deals with a message of the types 80 to 100; false where it is none of ours. */
  handle(payload: Buffer): boolean {
    if (payload[0] === MESSAGE.channelData) return this.#data(payload);
    const handler = HANDLERS[payload[0] as number];
    if (handler === undefined) return false;
    handler(this, messageReader(payload));
    return true;
  }

  /** The client or the socket may take more. */
  pump(): void {
    for (const { channel } of this.#open.values()) channel.pump();
    this.#rotate();
  }

  /** The connection is gone. */
  abandon(): void {
    for (const { channel } of this.#open.values()) channel.abandon();
  }

  /** Settles when all programs have ended, after `abandon`. */
  async idle(): Promise<void> {
    await Promise.all(this.#ending);
  }

  globalRequest(fields: MessageReader): void {
    const name = fields.text();
    const wantsReply = fields.boolean();
    const granted = name === 'no-more-sessions@openssh.com';
    if (granted) this.#noMoreSessions = true;
    else if (!name.startsWith('keepalive@')) this.#options.onRefused(`the global request ${name}`);
    if (wantsReply) this.#send(message(granted ? MESSAGE.requestSuccess : MESSAGE.requestFailure));
  }

  open(fields: MessageReader): void {
    const type = fields.text();
    const remote = fields.uint32();
    const window = fields.uint32();
    const packet = fields.uint32();
    const refusal = this.#refusal(type, packet);
    if (refusal !== undefined) return this.#refuse(remote, ...refusal);
    const local = this.#next++;
    const channel = new Channel({ local, remote, window, packet }, this.#options.transport, () =>
      this.#gone(local),
    );
    this.#open.set(local, { channel, program: this.#options.startSession(channel) });
    const numbers = [remote, local, RECEIVE_WINDOW, RECEIVE_PACKET].map((number) => uint32(number));
    this.#send(message(MESSAGE.channelOpenConfirmation, ...numbers));
  }

  request(fields: MessageReader): void {
    const { channel, program } = this.#find(fields);
    const type = fields.text();
    const wantsReply = fields.boolean();
    const answer = program.request({ type, fields });
    if (wantsReply) channel.reply(answer !== false);
    if (typeof answer === 'function') answer();
  }

  /** No client has anything to say on our stderr. */
  extendedData(): void {
    throw new ProtocolError('extended data from a client');
  }

  /** To a channel or a request that we never asked for. */
  unasked(): void {
    throw new ProtocolError('an answer to nothing');
  }

  channel(fields: MessageReader): Channel {
    return this.#find(fields).channel;
  }

  /** CHANNEL_DATA, without a reader: nearly all messages of a transfer are of this kind. */
  #data(payload: Buffer): true {
    const length = payload.length < DATA_HEADER ? -1 : payload.readUInt32BE(DATA_HEADER - 4);
    if (length < 0 || length > payload.length - DATA_HEADER)
      throw new ProtocolError('message 94 is cut short');
    const found = this.#open.get(payload.readUInt32BE(1));
    if (found === undefined) throw new ProtocolError('a message for a channel that is not open');
    found.channel.receive(payload.subarray(DATA_HEADER, DATA_HEADER + length));
    return true;
  }

  #find(fields: MessageReader): { readonly channel: Channel; readonly program: SessionProgram } {
    const found = this.#open.get(fields.uint32());
    if (found === undefined) throw new ProtocolError('a message for a channel that is not open');
    return found;
  }

  #refusal(type: string, packet: number): [reason: number, description: string] | undefined {
    if (type !== 'session') return [OPEN_FAILURE.prohibited, 'only session channels are served'];
    if (this.#noMoreSessions) return [OPEN_FAILURE.prohibited, 'the client wanted no more sessions'];
    if (packet < PACKET_MIN)
      return [OPEN_FAILURE.prohibited, `a maximum packet size of ${packet} bytes is too small`];
    if (this.size >= this.#options.limit)
      return [OPEN_FAILURE.resourceShortage, 'too many channels in this connection'];
    return undefined;
  }

  #refuse(remote: number, reason: number, description: string): void {
    this.#options.onRefused(`a channel: ${description}`);
    const fields = [uint32(remote), uint32(reason), string(description), string('')];
    this.#send(message(MESSAGE.channelOpenFailure, ...fields));
  }

  /** The one that was first comes last next time, so that one with much to send does not keep the others waiting for ever. */
  #rotate(): void {
    const [first] = this.#open;
    if (first === undefined) return;
    this.#open.delete(first[0]);
    this.#open.set(...first);
  }

  #gone(local: number): void {
    const found = this.#open.get(local);
    if (found === undefined) return;
    this.#open.delete(local);
    const ended = found.program.done.finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #send(payload: Uint8Array): void {
    this.#options.transport.send(payload);
  }
}

const HANDLERS: Readonly<Record<number, (channels: Channels, fields: MessageReader) => void>> = {
  [MESSAGE.globalRequest]: (channels, fields) => channels.globalRequest(fields),
  // Answers to our keep-alives: that they came is all there is to them.
  [MESSAGE.requestSuccess]: () => {},
  [MESSAGE.requestFailure]: () => {},
  [MESSAGE.channelOpen]: (channels, fields) => channels.open(fields),
  [MESSAGE.channelOpenConfirmation]: (channels) => channels.unasked(),
  [MESSAGE.channelOpenFailure]: (channels) => channels.unasked(),
  [MESSAGE.channelWindowAdjust]: (channels, fields) => channels.channel(fields).grant(fields.uint32()),
  [MESSAGE.channelExtendedData]: (channels) => channels.extendedData(),
  [MESSAGE.channelEof]: (channels, fields) => channels.channel(fields).receiveEof(),
  [MESSAGE.channelClose]: (channels, fields) => channels.channel(fields).receiveClose(),
  [MESSAGE.channelRequest]: (channels, fields) => channels.request(fields),
  [MESSAGE.channelSuccess]: (channels) => channels.unasked(),
  [MESSAGE.channelFailure]: (channels) => channels.unasked(),
};
