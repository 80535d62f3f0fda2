import type { Socket } from 'node:net';
import type { Config } from '../config/schema.ts';
import type { TraceEvent } from '../vfs/middleware/tracing.ts';
import type { Account } from './auth/account.ts';
import { Authenticator, type LoginServices } from './auth/authenticator.ts';
import type { ShellThreads } from './exec/shell/threads.ts';
import { startKeepAlive } from './keep-alive.ts';
import type { NamedLimit } from './limits.ts';
import { withFields, type Logger } from './log.ts';
import { startSession } from './session.ts';
import { Channels } from './ssh/channels.ts';
import type { Identity } from './ssh/identity.ts';
import { DISCONNECT, MESSAGE, type DisconnectReason } from './ssh/messages.ts';
import { Transport, type EndOptions, type TransportLimits } from './ssh/transport.ts';
import { ProtocolError } from './ssh/wire.ts';
import type { Startup, Startups } from './startups.ts';
import type { PayloadPool } from './sftp/payload-pool.ts';
import type { Storages } from './storages.ts';

/** What all connections of a server share. */
export interface ConnectionServices {
  readonly config: Config;
  readonly identity: Identity;
  readonly transportLimits: TransportLimits;
  readonly login: LoginServices;
  readonly startups: Pick<Startups, 'enter'>;
  readonly sessionsPerAccount: NamedLimit;
  readonly storages: Pick<Storages, 'lease'>;
  readonly payloads: PayloadPool;
  readonly shells: ShellThreads;
  readonly log: Logger;
  readonly onTrace?: ((event: TraceEvent) => void) | undefined;
}

const LOGIN_MESSAGES: ReadonlySet<number> = new Set([
  MESSAGE.serviceRequest,
  MESSAGE.userAuthRequest,
  MESSAGE.userAuthInfoResponse,
]);

/** Refusals in one connection that are worth a line. */
const REFUSALS_LOGGED = 10;

/** Messages with meaning to one side of a login or to a connection: 50 to 127. Others are unknown to us. */
const FIRST_OF_LOGIN = 50;
const FIRST_OF_CONNECTION = 80;
const LAST_OF_CONNECTION = 127;

/** One client, from its first byte to the end of its last session. An error in it ends it and nothing else. */
export class Connection {
  readonly id: string;
  /** Settles when nothing of it is left, its sessions included. Never rejects. */
  readonly done: Promise<void>;
  readonly #services: ConnectionServices;
  readonly #address: string;
  readonly #transport: Transport;
  readonly #startup: Startup;
  readonly #authenticator: Authenticator;
  readonly #log: Logger;
  readonly #cleanups: (() => void)[] = [];
  #channels: Channels | undefined;
  /** The line that the client identified itself with. */
  #software: string | undefined;
  #nextSession = 1;
  #refusals = 0;
  /** The transport has ended. */
  #over = false;
  #settle: () => void = () => {};

  constructor(id: string, socket: Socket, services: ConnectionServices) {
    this.id = id;
    this.#services = services;
    this.#address = socket.remoteAddress ?? 'unknown';
    const remote = { connection: id, address: this.#address, port: socket.remotePort };
    this.#log = withFields(services.log, remote);
    this.done = new Promise((resolve) => (this.#settle = resolve));
    this.#transport = new Transport(socket, services.identity, services.transportLimits, {
      identified: (line) => {
        this.#software = line;
        this.#log.debug('client identified', { software: line });
      },
      keyed: (negotiated, first) => {
        if (first) this.#startup.advance('keyed');
        this.#log.debug('keys exchanged', { cipher: negotiated.cs.cipher, exchange: negotiated.kex });
      },
      message: (payload) => this.#takeMessage(payload),
      drained: () => this.#channels?.pump(),
      closed: (reason) => void this.#closed(reason),
    });
    this.#authenticator = new Authenticator(
      services.login,
      {
        send: (payload) => this.#transport.send(payload),
        succeeded: (account, how) => this.#loggedIn(account, how),
        failed: (user, method) => this.#log.info('a login failed', { user, method }),
        gaveUp: (code, description, cause) => this.#gaveUp(code, description, cause),
      },
      this.#address,
      () => this.#transport.sessionId,
    );
    this.#startup = services.startups.enter(this.#address, () => {
      const description = 'Too many connections that have not logged in.';
      this.end(DISCONNECT.tooManyConnections, description, { abruptly: true });
    });
    const grace = setTimeout(() => {
      this.end(DISCONNECT.byApplication, 'The time to log in is over.');
    }, services.config.loginGraceSeconds * 1000);
    this.#cleanups.push(
      () => clearTimeout(grace),
      () => this.#startup.leave(),
    );
  }

  get loggedIn(): boolean {
    return this.#channels !== undefined;
  }

  /** Says goodbye and closes; `done` tells when it has ended. */
  end(code: DisconnectReason, description: string, options: EndOptions = {}): void {
    this.#transport.end(code, description, options);
  }

  /** What is not the client's fault is ours, and worth more than the line that tells of the end. */
  #takeMessage(payload: Buffer): void {
    try {
      this.#message(payload);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      this.#log.error('a message could not be handled', { type: payload[0], error });
      throw new ProtocolError('Internal error', { cause: error });
    }
  }

  #message(payload: Buffer): void {
    const type = payload[0] as number;
    if (this.#channels !== undefined) return this.#connectionMessage(this.#channels, payload);
    if (LOGIN_MESSAGES.has(type)) {
      if (type === MESSAGE.userAuthRequest) this.#startup.advance('authenticating');
      // The authenticator keeps it while others are answered; a view would keep the whole chunk of the socket.
      return this.#authenticator.handle(Buffer.from(payload));
    }
    if (type >= FIRST_OF_LOGIN && type <= LAST_OF_CONNECTION) {
      throw new ProtocolError(`message ${type} before the login`);
    }
    if (type !== MESSAGE.extInfo) this.#transport.sendUnimplemented();
  }

  #connectionMessage(channels: Channels, payload: Buffer): void {
    const type = payload[0] as number;
    if (type >= FIRST_OF_CONNECTION && channels.handle(payload)) return;
    // Requests to log in again are passed over in silence (RFC 4252 section 5.1).
    if (type >= FIRST_OF_LOGIN && type < FIRST_OF_CONNECTION) return;
    if (type === MESSAGE.serviceRequest) throw new ProtocolError('a service was asked for after the login');
    if (type !== MESSAGE.extInfo) this.#transport.sendUnimplemented();
  }

  /** False: the login is right, but the connection ends all the same. */
  async #loggedIn(account: Account, how: string): Promise<boolean> {
    const { config, sessionsPerAccount } = this.#services;
    const leave = await sessionsPerAccount.take(account.name);
    if (this.#over) {
      leave?.();
      return false;
    }
    if (leave === undefined) {
      const description = `Too many connections of ${account.name}: ${config.sessionsPerAccount} are the limit.`;
      this.end(DISCONNECT.tooManyConnections, description);
      return false;
    }
    this.#cleanup();
    this.#cleanups.push(leave);
    this.#cleanups.push(startKeepAlive(this.#transport, config.keepAliveSeconds, config.keepAliveCount));
    this.#log.info(`${account.name} logged in`, { user: account.name, method: how });
    this.#channels = new Channels({
      transport: this.#transport,
      limit: config.channelsPerConnection,
      startSession: (channel) =>
        startSession(channel, {
          ...this.#services,
          account,
          accounts: this.#services.login.accounts,
          id: `${this.id}.${this.#nextSession++}`,
          clientSoftware: this.#software,
          log: this.#log,
        }),
      onRefused: (what) => this.#logRefusal(what),
    });
    return true;
  }

  /** The first few; a client could ask for the impossible for ever. */
  #logRefusal(what: string): void {
    this.#refusals += 1;
    if (this.#refusals <= REFUSALS_LOGGED) this.#log.info('refused', { what });
  }

  #gaveUp(code: DisconnectReason, description: string, cause: unknown): void {
    if (cause !== undefined) this.#log.error('a login cannot be checked', { error: cause });
    this.end(code, description);
  }

  async #closed(reason: string | undefined): Promise<void> {
    this.#over = true;
    this.#authenticator.stop();
    this.#cleanup();
    this.#log.info('connection closed', reason === undefined ? {} : { reason });
    this.#channels?.abandon();
    await this.#channels?.idle();
    this.#settle();
  }

  #cleanup(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}
