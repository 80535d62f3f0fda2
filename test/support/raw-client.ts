import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { MESSAGE } from '../../server/ssh/messages.ts';
import {
  boolean,
  message,
  messageReader,
  string,
  uint32,
  type MessageReader,
} from '../../server/ssh/wire.ts';

/** What is used of ssh2's transport as a client; server/ssh/ssh2.ts has the same for a server. */
interface Protocol {
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(length: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  readonly _kexinit: unknown;
  readonly _kex: { readonly sessionID: Buffer };
  _onPayload: (payload: Buffer) => number | false | undefined;
  start(): void;
  parse(chunk: Buffer, start: number, end: number): void;
  rekey(): void;
}

const load = createRequire(import.meta.url);
const Protocol = load('ssh2/lib/protocol/Protocol.js') as new (config: object) => Protocol;
const { sendPacket } = load('ssh2/lib/protocol/utils.js') as {
  readonly sendPacket: (protocol: Protocol, packet: Buffer) => void;
};

/** Messages that ssh2 deals with. */
const OWN: ReadonlySet<number> = new Set([MESSAGE.ignore, MESSAGE.debug, MESSAGE.keyExchangeInit]);

export interface Received {
  readonly type: number;
  readonly payload: Buffer;
  /** Stands after the type. */
  readonly fields: MessageReader;
}

/** A client that speaks the transport properly and above it says whatever a test wants. */
export interface RawClient {
  readonly socket: Socket;
  readonly sessionId: Buffer;
  /** Messages that have come and were not taken, but those of key exchanges. */
  readonly received: Received[];
  /** Settles when the server has closed the connection. */
  readonly closed: Promise<void>;
  send(payload: Uint8Array): void;
  /** Takes the next message of a type (of any, without one), now or once it comes; rejects when the connection ends before. */
  take(type?: number): Promise<Received>;
  rekey(): void;
  /** Bytes for the server, past the transport. */
  sendRaw(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** Connects and agrees on keys. */
export async function rawClient(port: number, offer?: object): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  const received: Received[] = [];
  const watchers = new Set<() => void>();
  let ended = false;
  const notify = (): void => {
    for (const watcher of watchers) watcher();
  };
  let keyed: () => void = () => {};
  const handshake = new Promise<void>((resolve) => (keyed = resolve));
  const protocol = new Protocol({
    ident: 'test_client',
    offer,
    onWrite: (bytes: Buffer) => socket.write(bytes),
    onError: () => socket.destroy(),
    onHandshakeComplete: () => keyed(),
    messageHandlers: {},
  });
  const own = protocol._onPayload;
  protocol._onPayload = (payload) => {
    const type = payload[0] ?? 0;
    if (OWN.has(type)) return own(payload);
    received.push({ type, payload, fields: messageReader(payload) });
    notify();
    return undefined;
  };
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      ended = true;
      notify();
      resolve();
    });
  });
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    try {
      protocol.parse(chunk, 0, chunk.length);
    } catch {
      socket.destroy();
    }
  });
  protocol.start();
  await Promise.race([handshake, closed]);
  if (ended) throw new Error('the server closed the connection before keys were agreed on');
  return {
    socket,
    received,
    closed,
    get sessionId() {
      return protocol._kex.sessionID;
    },
    send: (payload) => {
      const { write } = protocol._packetRW;
      const packet = write.alloc(payload.length);
      packet.set(payload, write.allocStart);
      sendPacket(protocol, write.finalize(packet));
    },
    take: (type) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const index = received.findIndex((candidate) => type === undefined || candidate.type === type);
          if (index === -1 && !ended) return;
          watchers.delete(look);
          if (index !== -1) resolve(received.splice(index, 1)[0] as Received);
          else reject(new Error(`the connection ended before a message ${type ?? ''} came`));
        };
        watchers.add(look);
        look();
      }),
    rekey: () => protocol.rekey(),
    sendRaw: (bytes) => socket.write(bytes),
    close: async () => {
      socket.destroy();
      await closed;
    },
  };
}

/** Asks for the login service and waits until it is granted. */
export async function requestLoginService(client: RawClient): Promise<void> {
  client.send(message(MESSAGE.serviceRequest, string('ssh-userauth')));
  await client.take(MESSAGE.serviceAccept);
}

export function passwordRequest(
  user: string,
  password: string | Uint8Array,
  service = 'ssh-connection',
): Uint8Array {
  const head = [string(user), string(service), string('password')];
  return message(MESSAGE.userAuthRequest, ...head, boolean(false), string(password));
}

/** A request of a method with nothing or anything behind its name. */
export function methodRequest(user: string, method: string, ...fields: Uint8Array[]): Uint8Array {
  return message(MESSAGE.userAuthRequest, string(user), string('ssh-connection'), string(method), ...fields);
}

/** Connects and logs in. */
export async function loggedInClient(port: number, user: string, password: string): Promise<RawClient> {
  const client = await rawClient(port);
  await requestLoginService(client);
  client.send(passwordRequest(user, password));
  await client.take(MESSAGE.userAuthSuccess);
  return client;
}

export interface RawChannelTerms {
  readonly number?: number;
  readonly window?: number;
  readonly packet?: number;
  readonly type?: string;
}

export function channelOpen({
  number = 0,
  window = 2 ** 21,
  packet = 2 ** 15,
  type = 'session',
}: RawChannelTerms): Uint8Array {
  return message(MESSAGE.channelOpen, string(type), uint32(number), uint32(window), uint32(packet));
}

export function channelRequest(
  channel: number,
  type: string,
  wantsReply: boolean,
  ...fields: Uint8Array[]
): Uint8Array {
  return message(MESSAGE.channelRequest, uint32(channel), string(type), boolean(wantsReply), ...fields);
}

export function channelData(channel: number, bytes: Uint8Array): Uint8Array {
  return message(MESSAGE.channelData, uint32(channel), string(bytes));
}

/** Opens a session channel and answers the server's number for it. */
export async function openSession(client: RawClient, terms: RawChannelTerms = {}): Promise<number> {
  client.send(channelOpen(terms));
  const { fields } = await client.take(MESSAGE.channelOpenConfirmation);
  fields.uint32();
  return fields.uint32();
}

/** Opens a session channel with SFTP on it, version agreed on. */
export async function openSftp(client: RawClient, terms: RawChannelTerms = {}): Promise<number> {
  const channel = await openSession(client, terms);
  client.send(channelRequest(channel, 'subsystem', true, string('sftp')));
  await client.take(MESSAGE.channelSuccess);
  client.send(channelData(channel, Uint8Array.of(0, 0, 0, 5, 1, 0, 0, 0, 3)));
  await client.take(MESSAGE.channelData);
  return channel;
}
