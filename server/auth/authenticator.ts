import { DISCONNECT, MESSAGE, type DisconnectReason } from '../ssh/messages.ts';
import { boolean, message, messageReader, ProtocolError, string, uint32 } from '../ssh/wire.ts';
import type { Account } from './account.ts';
import {
  checkKey,
  checkPassword,
  refusal,
  type CheckServices,
  type Outcome,
  type Refused,
} from './login-checks.ts';

/** What all logins of a server share. */
export interface LoginServices extends CheckServices {
  /** Resolves when a failure may be answered. */
  readonly failureTime: (user: string, begunAt: number) => Promise<void>;
  /** Failed attempts in one connection. */
  readonly attempts: number;
  readonly banner: string | undefined;
}

export interface LoginEvents {
  send(payload: Uint8Array): void;
  /** Told before the client is. `how` names the method, and the key where there is one. */
  succeeded(account: Account, how: string): Promise<boolean>;
  failed(user: string, method: string): void;
  /** The connection is to end. */
  gaveUp(code: DisconnectReason, description: string, cause?: unknown): void;
}

/** One attempt: who, by what, and how it is checked. */
interface Attempt {
  readonly user: string;
  readonly method: string;
  readonly begunAt: number;
  readonly check: () => Promise<Outcome>;
}

const METHODS = ['publickey', 'password', 'keyboard-interactive'] as const;
/** Requests that a client may send before the first is answered. */
const WAITING_MAX = 16;
/** Refused offers for each attempt that is allowed: a person's agent may hold a dozen keys. */
const OFFERS_PER_ATTEMPT = 4;

/**
 * The login of one connection (RFC 4252): answers one request after the other and never two at once. Every refusal
 * looks the same and takes the same time, whether the user exists or not.
 */
export class Authenticator {
  readonly #services: LoginServices;
  readonly #events: LoginEvents;
  readonly #address: string;
  readonly #sessionId: () => Uint8Array;
  readonly #waiting: Uint8Array[] = [];
  #serviceAccepted = false;
  #busy = false;
  #over = false;
  #guesses = 0;
  #offers = 0;
  /** Who was asked for a password by keyboard-interactive and has not answered. */
  #prompted: string | undefined;

  constructor(services: LoginServices, events: LoginEvents, address: string, sessionId: () => Uint8Array) {
    this.#services = services;
    this.#events = events;
    this.#address = address;
    this.#sessionId = sessionId;
  }

  /** Deals with SERVICE_REQUEST, USERAUTH_REQUEST and USERAUTH_INFO_RESPONSE. Keeps `payload`. */
  handle(payload: Uint8Array): void {
    if (this.#over) return;
    if (payload[0] === MESSAGE.serviceRequest) return this.#acceptService(messageReader(payload).text());
    if (!this.#serviceAccepted) throw new ProtocolError('a login before its service was asked for');
    if (this.#waiting.length >= WAITING_MAX) throw new ProtocolError('too many login requests at once');
    this.#waiting.push(payload);
    if (!this.#busy) void this.#work();
  }

  /** The connection is gone: nothing is answered any more. */
  stop(): void {
    this.#over = true;
    this.#waiting.length = 0;
  }

  #acceptService(name: string): void {
    if (name !== 'ssh-userauth') {
      this.#giveUp(DISCONNECT.serviceNotAvailable, 'Only ssh-userauth can be asked for here.');
      return;
    }
    this.#events.send(message(MESSAGE.serviceAccept, string(name)));
    const { banner } = this.#services;
    if (!this.#serviceAccepted && banner !== undefined) {
      this.#events.send(message(MESSAGE.userAuthBanner, string(asLines(banner)), string('')));
    }
    this.#serviceAccepted = true;
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        await this.#answer(next);
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.#giveUp(DISCONNECT.protocolError, error.message);
      else this.#giveUp(DISCONNECT.byApplication, 'Logins cannot be checked at the moment.', error);
    } finally {
      this.#busy = false;
    }
  }

  async #answer(payload: Uint8Array): Promise<void> {
    const attempt =
      payload[0] === MESSAGE.userAuthInfoResponse ? this.#response(payload) : this.#request(payload);
    if (attempt === undefined) return;
    const outcome = await attempt.check();
    if (!this.#over) await this.#tell(outcome, attempt);
  }

  async #tell(outcome: Outcome, attempt: Attempt): Promise<void> {
    switch (outcome.kind) {
      case 'success':
        return this.#succeed(outcome.account, outcome.how);
      case 'failure':
        return this.#fail(attempt, outcome.of);
      case 'acceptable': {
        const { algorithm, blob } = outcome.request;
        return this.#events.send(message(MESSAGE.userAuthPublicKeyOk, string(algorithm), string(blob)));
      }
      case 'prompt':
        return this.#prompt(attempt.user);
      case 'shut-out': {
        const wait = `Try again in ${Math.ceil(outcome.milliseconds / 1000)} s.`;
        return this.#giveUp(
          DISCONNECT.noMoreAuthMethods,
          `Too many failed logins from your address. ${wait}`,
        );
      }
    }
  }

  /** Absent where the connection is to end. */
  #request(payload: Uint8Array): Attempt | undefined {
    const begunAt = performance.now();
    const fields = messageReader(payload);
    const [user, service, method] = [fields.text(), fields.text(), fields.text()];
    // A new request ends one that waits for an answer (RFC 4252 section 5), under whatever name.
    this.#prompted = undefined;
    if (service !== 'ssh-connection') {
      this.#giveUp(DISCONNECT.serviceNotAvailable, 'Only ssh-connection is served.');
      return undefined;
    }
    const checks: Readonly<Record<string, () => Promise<Outcome> | Outcome>> = {
      none: () => refusal('nothing'),
      'keyboard-interactive': () => ({ kind: 'prompt' }),
      publickey: () => checkKey(this.#services, this.#address, this.#sessionId(), user, fields, payload),
      password: () => {
        const change = fields.boolean();
        const password = fields.bytes();
        return change ? refusal('guess') : this.#checkPassword(user, password, method);
      },
    };
    const check = Object.hasOwn(checks, method) ? checks[method] : undefined;
    return { user, method, begunAt, check: async () => check?.() ?? refusal('offer') };
  }

  #response(payload: Uint8Array): Attempt {
    const user = this.#prompted;
    if (user === undefined) throw new ProtocolError('an answer to no question');
    this.#prompted = undefined;
    const method = 'keyboard-interactive';
    const fields = messageReader(payload);
    const check = async (): Promise<Outcome> =>
      fields.uint32() === 1 ? this.#checkPassword(user, fields.bytes(), method) : refusal('guess');
    return { user, method, begunAt: performance.now(), check };
  }

  #checkPassword(user: string, password: Uint8Array, how: string): Promise<Outcome> {
    return checkPassword(this.#services, this.#address, user, password, how);
  }

  #prompt(user: string): void {
    this.#prompted = user;
    const header = [string(''), string(''), string('')];
    const prompt = [uint32(1), string('Password: '), boolean(false)];
    this.#events.send(message(MESSAGE.userAuthInfoRequest, ...header, ...prompt));
  }

  async #succeed(account: Account, how: string): Promise<void> {
    this.#over = true;
    this.#waiting.length = 0;
    if (await this.#events.succeeded(account, how)) this.#events.send(message(MESSAGE.userAuthSuccess));
  }

  async #fail({ user, method, begunAt }: Attempt, of: Refused): Promise<void> {
    if (of === 'guess') {
      this.#guesses += 1;
      this.#services.throttle.failed(this.#address);
      this.#events.failed(user, method);
    }
    if (of === 'offer') this.#offers += 1;
    await this.#services.failureTime(user, begunAt);
    if (this.#over) return;
    const { attempts } = this.#services;
    if (this.#guesses >= attempts || this.#offers >= attempts * OFFERS_PER_ATTEMPT) {
      this.#giveUp(DISCONNECT.noMoreAuthMethods, 'Too many authentication failures');
      return;
    }
    this.#events.send(message(MESSAGE.userAuthFailure, string(METHODS.join(',')), boolean(false)));
  }

  #giveUp(code: DisconnectReason, description: string, cause?: unknown): void {
    if (this.#over) return;
    this.stop();
    this.#events.gaveUp(code, description, cause);
  }
}

/** Lines end in CRLF in a banner (RFC 4252 section 5.4). */
function asLines(text: string): string {
  return `${text.replace(/\r?\n$/, '')}\n`.replace(/\r?\n/g, '\r\n');
}
