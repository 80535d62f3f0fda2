import { Duplex, Writable } from 'node:stream';
import type { ByteChannel } from '../byte-channel.ts';
import { DirectStream, UNSENT_MAX } from './direct-stream.ts';
import { MESSAGE, STDERR } from './messages.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { SendQueue } from './send-queue.ts';
import { boolean, message, ProtocolError, string, uint32 } from './wire.ts';

/** Bytes that a client may send before we have taken any: the ceiling of what one channel holds. As OpenSSH. */
export const RECEIVE_WINDOW = 2 * 1024 * 1024;
/** Bytes of data in one message at most: what ssh2 takes in one packet. */
export const RECEIVE_PACKET = 32 * 1024;
/** Bytes taken before the client is told so. */
const CREDIT = RECEIVE_WINDOW / 4;
/** RFC 4254 section 5.2. */
const WINDOW_MAX = 2 ** 32 - 1;
/** Bytes sent before it is asked again whether the client takes them. */
const BURST = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** What a channel needs of its connection. */
export interface ChannelLink {
  send(payload: Uint8Array): void;
  sendChannelData(channel: number, bytes: Uint8Array, packet: number): void;
  /** Nothing more than answers is to be sent until `pump` is called. */
  readonly congested: boolean;
}

export interface ChannelTerms {
  /** Our number and the client's. */
  readonly local: number;
  readonly remote: number;
  /** Bytes that we may send, and in one message. */
  readonly window: number;
  readonly packet: number;
}

/**
 * One channel (RFC 4254 section 5) as a pair of streams. Back-pressure holds both ways: the window is reopened only
 * for bytes that the reader of `stream` has taken, and a write is done only when the client has room for it and the
 * socket is not congested.
 */
export class Channel {
  readonly local: number;
  /** The client's input and output. Ends when the client says EOF; destroyed when the channel is gone. */
  readonly stream: Duplex;
  readonly stderr: Writable;
  readonly #direct: DirectStream;
  readonly #hungUp = new AbortController();
  readonly #remote: number;
  readonly #packet: number;
  readonly #link: ChannelLink;
  readonly #incoming = new ReceiveQueue();
  readonly #outgoing: SendQueue;
  readonly #onGone: () => void;
  #sendWindow: number;
  #receiveWindow = RECEIVE_WINDOW;
  /** Taken by the reader and not yet given back to the client. */
  #credit = 0;
  #wanted = false;
  #eofReceived = false;
  #eofSent = false;
  #closeReceived = false;
  #closeSent = false;

  constructor(terms: ChannelTerms, link: ChannelLink, onGone: () => void) {
    this.local = terms.local;
    this.#remote = terms.remote;
    this.#packet = terms.packet;
    this.#sendWindow = terms.window;
    this.#link = link;
    this.#onGone = onGone;
    this.#outgoing = new SendQueue({
      next: () => (link.congested ? 0 : Math.min(this.#sendWindow, BURST)),
      send: (bytes, stderr) => this.#send(bytes, stderr),
    });
    this.#direct = new DirectStream({
      incoming: this.#incoming,
      outgoing: this.#outgoing,
      taken: (bytes) => {
        this.#credit += bytes;
        this.#giveCredit();
      },
      end: () => void this.stream.end(),
    });
    this.stream = new Duplex({
      // `finish` has an exit status to send between the end of the output and the end of the channel.
      autoDestroy: false,
      readableHighWaterMark: RECEIVE_PACKET,
      writableHighWaterMark: UNSENT_MAX,
      read: () => this.#handOver(),
      write: (chunk: Buffer, _encoding, done) => this.#outgoing.push(chunk, false, done),
      writev: (chunks, done) => this.#writeTogether(chunks, done),
      // What was written directly goes first.
      final: (done) =>
        this.#outgoing.push(NOTHING, false, () => {
          this.#sendEof();
          done();
        }),
      destroy: (error, done) => {
        this.#incoming.clear();
        this.close();
        process.nextTick(() => this.#direct.gone());
        done(error);
      },
    });
    this.stderr = new Writable({
      highWaterMark: RECEIVE_PACKET,
      write: (chunk: Buffer, _encoding, done) => this.#outgoing.push(chunk, true, done),
    });
    // A stream without a listener for its errors ends the process.
    this.stream.on('error', () => {});
    this.stderr.on('error', () => {});
  }

  /** The same bytes as those of `stream`, for whoever reads all of them by a function; then nobody may read or write that. */
  get direct(): ByteChannel {
    return this.#direct;
  }

  /** CHANNEL_DATA. */
  receive(bytes: Buffer): void {
    if (this.#eofReceived) throw new ProtocolError('data after the end of a channel');
    if (bytes.length > RECEIVE_PACKET)
      throw new ProtocolError('data beyond the maximum packet size of a channel');
    if (bytes.length > this.#receiveWindow) throw new ProtocolError('data beyond the window of a channel');
    this.#receiveWindow -= bytes.length;
    // After our close the rest is on its way for nothing.
    if (bytes.length === 0 || this.#closeSent) return;
    if (this.#direct.active) return this.#direct.receive(bytes);
    this.#incoming.push(bytes);
    if (this.#wanted) this.#handOver();
  }

  /** CHANNEL_WINDOW_ADJUST. */
  grant(bytes: number): void {
    if (this.#sendWindow + bytes > WINDOW_MAX)
      throw new ProtocolError('the window of a channel is beyond its limit');
    this.#sendWindow += bytes;
    this.#outgoing.pump();
  }

  /** CHANNEL_EOF. */
  receiveEof(): void {
    if (this.#eofReceived) return;
    this.#eofReceived = true;
    if (this.#direct.active) this.#direct.receiveEof();
    else if (this.#wanted) this.#handOver();
  }

  /** Aborts as soon as nothing of ours can arrive at the client any more. */
  get hungUp(): AbortSignal {
    return this.#hungUp.signal;
  }

  /** CHANNEL_CLOSE: nothing of ours can arrive any more. What has come is still to be read. */
  receiveClose(): void {
    this.#closeReceived = true;
    this.#hungUp.abort();
    this.#outgoing.close();
    this.receiveEof();
    this.close();
  }

  /** The connection is gone. */
  abandon(): void {
    this.#closeSent = true;
    this.#closeReceived = true;
    this.#hungUp.abort();
    this.#outgoing.close();
    this.stream.destroy();
    this.stderr.destroy();
    this.#onGone();
  }

  /** The client or the socket may have room again. */
  pump(): void {
    this.#outgoing.pump();
  }

  /** Answers a CHANNEL_REQUEST that wants an answer. */
  reply(success: boolean): void {
    this.#tell(message(success ? MESSAGE.channelSuccess : MESSAGE.channelFailure, uint32(this.#remote)));
  }

  /**
   * Ends the channel properly: what was written goes first, then EOF, the exit status or the signal that ended the
   * program (RFC 4254 section 6.10), and CLOSE.
   */
  async finish(outcome: number | { readonly signal: string }): Promise<void> {
    await ended(this.stderr);
    await ended(this.stream);
    this.#sendEof();
    const fields =
      typeof outcome === 'number'
        ? [string('exit-status'), boolean(false), uint32(outcome)]
        : [
            string('exit-signal'),
            boolean(false),
            string(outcome.signal),
            boolean(false),
            string(''),
            string(''),
          ];
    this.#tell(message(MESSAGE.channelRequest, uint32(this.#remote), ...fields));
    this.stream.destroy();
  }

  /** Sends CLOSE, once. */
  close(): void {
    if (!this.#closeSent) this.#tell(message(MESSAGE.channelClose, uint32(this.#remote)));
    this.#closeSent = true;
    this.#outgoing.close();
    if (this.#closeReceived) this.#onGone();
  }

  /** Gives the reader what it asks for, and the client as much window. */
  #handOver(): void {
    this.#wanted = true;
    while (this.#wanted) {
      const chunk = this.#incoming.shift();
      if (chunk === undefined) break;
      this.#credit += chunk.length;
      this.#wanted = this.stream.push(chunk);
    }
    this.#giveCredit();
    if (this.#incoming.empty && this.#eofReceived && !this.stream.readableEnded) this.stream.push(null);
  }

  #giveCredit(): void {
    if (this.#credit < CREDIT || this.#closeSent || this.#eofReceived) return;
    this.#tell(message(MESSAGE.channelWindowAdjust, uint32(this.#remote), uint32(this.#credit)));
    this.#receiveWindow += this.#credit;
    this.#credit = 0;
  }

  #send(bytes: Uint8Array, stderr: boolean): void {
    this.#sendWindow -= bytes.length;
    if (!stderr) return this.#link.sendChannelData(this.#remote, bytes, this.#packet);
    for (let at = 0; at < bytes.length; at += this.#packet) {
      const part = string(bytes.subarray(at, at + this.#packet));
      this.#tell(message(MESSAGE.channelExtendedData, uint32(this.#remote), uint32(STDERR), part));
    }
  }

  /** Small writes that had to wait share messages. */
  #writeTogether(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    const buffers = chunks.map(({ chunk }) => chunk);
    const total = buffers.reduce((sum, { length }) => sum + length, 0);
    if (total <= this.#packet) return this.#outgoing.push(Buffer.concat(buffers, total), false, done);
    const last = buffers.pop() as Buffer;
    for (const buffer of buffers) this.#outgoing.push(buffer, false, () => {});
    this.#outgoing.push(last, false, done);
  }

  #sendEof(): void {
    if (!this.#eofSent) this.#tell(message(MESSAGE.channelEof, uint32(this.#remote)));
    this.#eofSent = true;
  }

  /** Nothing may follow our CLOSE. */
  #tell(payload: Uint8Array): void {
    if (!this.#closeSent) this.#link.send(payload);
  }
}

/** Ends a stream and waits until all of it has gone, or it is destroyed. */
function ended(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableFinished || stream.destroyed) return resolve();
    stream.once('finish', resolve);
    stream.once('close', resolve);
    if (!stream.writableEnded) stream.end();
  });
}
