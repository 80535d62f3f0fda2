import type { Duplex } from 'node:stream';
import { ATTRIBUTE, PACKET } from '../../server/sftp/protocol.ts';

/** A field of a packet: a byte, a 32-bit or 64-bit number, or a string with its length. */
export type Field = Uint8Array;

export function u8(value: number): Field {
  return Uint8Array.of(value);
}

export function u32(value: number): Field {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: number | bigint): Field {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function str(value: string | Uint8Array): Field {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([u32(bytes.length), bytes]);
}

export interface AttributeFields {
  readonly size?: number | bigint;
  readonly owner?: readonly [uid: number, gid: number];
  readonly permissions?: number;
  readonly times?: readonly [atime: number, mtime: number];
}

/** ATTRS (draft-ietf-secsh-filexfer-02, section 5). */
export function attrs({ size, owner, permissions, times }: AttributeFields = {}): Field {
  const flags =
    (size === undefined ? 0 : ATTRIBUTE.SIZE) |
    (owner === undefined ? 0 : ATTRIBUTE.UIDGID) |
    (permissions === undefined ? 0 : ATTRIBUTE.PERMISSIONS) |
    (times === undefined ? 0 : ATTRIBUTE.ACMODTIME);
  return Buffer.concat([
    u32(flags),
    ...(size === undefined ? [] : [u64(size)]),
    ...(owner ?? []).map(u32),
    ...(permissions === undefined ? [] : [u32(permissions)]),
    ...(times ?? []).map(u32),
  ]);
}

/** A packet with its length. */
export function packet(type: number, ...fields: readonly Field[]): Buffer {
  const length = 1 + fields.reduce((sum, field) => sum + field.length, 0);
  return Buffer.concat([u32(length), u8(type), ...fields]);
}

export interface ReplyAttributes {
  readonly size: bigint | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly permissions: number | undefined;
  readonly atime: number | undefined;
  readonly mtime: number | undefined;
}

/** Reads the fields of a reply one after the other. */
export class ReplyReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  u64(): bigint {
    this.#at += 8;
    return this.#bytes.readBigUInt64BE(this.#at - 8);
  }

  bytes(): Buffer {
    const length = this.u32();
    if (length > this.left) throw new Error('the reply is shorter than its fields');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString();
  }

  attributes(): ReplyAttributes {
    const flags = this.u32();
    const owned = (flags & ATTRIBUTE.UIDGID) !== 0;
    const timed = (flags & ATTRIBUTE.ACMODTIME) !== 0;
    return {
      size: flags & ATTRIBUTE.SIZE ? this.u64() : undefined,
      uid: owned ? this.u32() : undefined,
      gid: owned ? this.u32() : undefined,
      permissions: flags & ATTRIBUTE.PERMISSIONS ? this.u32() : undefined,
      atime: timed ? this.u32() : undefined,
      mtime: timed ? this.u32() : undefined,
    };
  }
}

/** One reply: its type, its id (for VERSION the version), and what follows. */
export interface RawReply {
  readonly type: number;
  readonly id: number;
  readonly body: Buffer;
  /** The whole packet, with its length. */
  readonly packet: Buffer;
}

export interface NameEntry {
  readonly name: Buffer;
  readonly longname: Buffer;
  readonly attributes: ReplyAttributes;
}

/** The status code of a STATUS reply; throws on any other. */
export function statusCode(reply: RawReply): number {
  if (reply.type !== PACKET.STATUS) throw new Error(`not a status but a packet of type ${reply.type}`);
  return reader(reply).u32();
}

export function statusMessage(reply: RawReply): string {
  statusCode(reply);
  const fields = reader(reply);
  fields.u32();
  return fields.text();
}

export function handleIn(reply: RawReply): Buffer {
  return reader(expectType(reply, PACKET.HANDLE)).bytes();
}

export function dataIn(reply: RawReply): Buffer {
  return reader(expectType(reply, PACKET.DATA)).bytes();
}

export function attributesIn(reply: RawReply): ReplyAttributes {
  return reader(expectType(reply, PACKET.ATTRS)).attributes();
}

export function namesIn(reply: RawReply): NameEntry[] {
  const fields = reader(expectType(reply, PACKET.NAME));
  return Array.from({ length: fields.u32() }, () => ({
    name: fields.bytes(),
    longname: fields.bytes(),
    attributes: fields.attributes(),
  }));
}

/** The fields of an EXTENDED_REPLY. */
export function extendedIn(reply: RawReply): ReplyReader {
  return reader(expectType(reply, PACKET.EXTENDED_REPLY));
}

function reader(reply: RawReply): ReplyReader {
  return new ReplyReader(reply.body);
}

function expectType(reply: RawReply, type: number): RawReply {
  if (reply.type === type) return reply;
  const said = reply.type === PACKET.STATUS ? `status ${statusCode(reply)} "${statusMessage(reply)}"` : 'it';
  throw new Error(`expected a packet of type ${type}, got ${reply.type}: ${said}`);
}

/** An SFTP client that speaks in raw packets, so that a test can say anything, also what is wrong. */
export class SftpClient {
  readonly #stream: Duplex;
  #received = Buffer.alloc(0);
  #nextId = 1;
  readonly #replies: RawReply[] = [];
  readonly #waiting: (() => void)[] = [];
  #ended = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    for (const event of ['end', 'close', 'error']) stream.on(event, () => this.#end());
  }

  /** Sends bytes as they are. */
  send(...packets: readonly Uint8Array[]): void {
    for (const bytes of packets) this.#stream.write(bytes);
  }

  /** The server has closed the channel. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next reply in the order in which they came; undefined when the channel has ended. */
  async next(): Promise<RawReply | undefined> {
    while (this.#replies.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#replies.shift();
  }

  /** The next so many replies. */
  async take(count: number): Promise<RawReply[]> {
    const replies: RawReply[] = [];
    while (replies.length < count) {
      const reply = await this.next();
      if (reply === undefined)
        throw new Error(`the channel ended after ${replies.length} of ${count} replies`);
      replies.push(reply);
    }
    return replies;
  }

  /** INIT, and the VERSION that answers it. */
  async init(version = 3): Promise<RawReply> {
    this.send(packet(PACKET.INIT, u32(version)));
    const [reply] = await this.take(1);
    return expectType(reply as RawReply, PACKET.VERSION);
  }

  /** Sends one request and waits for its reply, which must be the next to come. */
  async ask(type: number, ...fields: readonly Field[]): Promise<RawReply> {
    const id = this.#nextId++;
    this.send(packet(type, u32(id), ...fields));
    const [reply] = await this.take(1);
    if (reply?.id !== id) throw new Error(`asked ${id}, but ${reply?.id} was answered`);
    return reply;
  }

  extended(name: string, ...fields: readonly Field[]): Promise<RawReply> {
    return this.ask(PACKET.EXTENDED, str(name), ...fields);
  }

  async open(path: string | Uint8Array, flags: number, attributes: AttributeFields = {}): Promise<Buffer> {
    return handleIn(await this.ask(PACKET.OPEN, str(path), u32(flags), attrs(attributes)));
  }

  async close(handle: Uint8Array): Promise<number> {
    return statusCode(await this.ask(PACKET.CLOSE, str(handle)));
  }

  async write(handle: Uint8Array, offset: number | bigint, bytes: string | Uint8Array): Promise<number> {
    return statusCode(await this.ask(PACKET.WRITE, str(handle), u64(offset), str(bytes)));
  }

  read(handle: Uint8Array, offset: number | bigint, length: number): Promise<RawReply> {
    return this.ask(PACKET.READ, str(handle), u64(offset), u32(length));
  }

  /** Says that no more requests come. */
  finish(): void {
    this.#stream.end();
  }

  /** Hangs up. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** Settles when the server has closed the channel. */
  async closed(): Promise<void> {
    while (!this.#ended) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      if (this.#received.length < 9) break;
      const length = this.#received.readUInt32BE(0);
      if (this.#received.length < 4 + length) break;
      const whole = this.#received.subarray(0, 4 + length);
      this.#received = this.#received.subarray(4 + length);
      this.#replies.push({
        type: whole.readUInt8(4),
        id: whole.readUInt32BE(5),
        body: whole.subarray(9),
        packet: whole,
      });
    }
    this.#wake();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
