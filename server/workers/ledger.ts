import { createThrottle, type LocalThrottle } from '../auth/throttle.ts';
import { createShellPlaces, type LocalShellPlaces, type ShellLimits } from '../exec/shell/places.ts';
import { createNamedLimit, type LocalLimit } from '../limits.ts';
import { Startups, type Startup, type StartupStage } from '../startups.ts';
import type { Answers, News, Question } from './messages.ts';

export interface LedgerOptions extends ShellLimits {
  readonly maxStartups: number;
  readonly sessionsPerAccount: number;
  readonly throttle?: LocalThrottle | undefined;
}

type Places = Map<string, (() => void)[]>;

/** What is known of one worker. */
interface Account {
  /** Connections by their ids; those that have not logged in can be told from the others by `Startups` alone. */
  readonly connections: Map<string, Startup>;
  /** Functions that give back places of connections and of shells, by account. */
  readonly places: Places;
  readonly shells: Places;
}

/**
 * What the whole server counts, kept by the supervisor: who has which storage, connections that have not logged in,
 * connections and shells of each account, wrong passwords of each address. A worker that is gone leaves nothing behind here but
 * its wrong passwords.
 */
export class Ledger {
  readonly #owners = new Map<string, number>();
  readonly #workers = new Map<number, Account>();
  readonly #startups: Startups;
  readonly #sessions: LocalLimit;
  readonly #shells: LocalShellPlaces;
  readonly #throttle: LocalThrottle;

  constructor({ maxStartups, sessionsPerAccount, throttle = createThrottle(), ...shells }: LedgerOptions) {
    this.#startups = new Startups(maxStartups);
    this.#sessions = createNamedLimit(sessionsPerAccount);
    this.#shells = createShellPlaces(shells);
    this.#throttle = throttle;
  }

  /** Storages that a worker has, by the names of their accounts. */
  get storages(): string[] {
    return [...this.#owners.keys()].sort();
  }

  /** The worker that has that storage. */
  ownerOf(storage: string): number | undefined {
    return this.#owners.get(storage);
  }

  /** Connections of one worker, or of all. */
  connections(worker?: number): number {
    const workers = worker === undefined ? [...this.#workers.keys()] : [worker];
    return workers.reduce((sum, number) => sum + (this.#workers.get(number)?.connections.size ?? 0), 0);
  }

  /** A client of that address is about to be given to a worker. `evict` must end the connection. */
  enter(worker: number, connection: string, address: string, evict: () => void): void {
    this.#of(worker).connections.set(connection, this.#startups.enter(address, evict));
  }

  answer(worker: number, { kind, of }: Question): Answers[keyof Answers] {
    const answers = {
      claim: () => this.#claim(worker, of),
      wait: () => this.#throttle.wait(of),
      place: () => this.#place(worker, of),
      shell: () => this.#shell(worker, of),
    } satisfies { readonly [K in keyof Answers]: () => Answers[K] };
    return answers[kind]();
  }

  note(worker: number, news: Exclude<News, { readonly kind: 'ready' | 'taken' }>): void {
    switch (news.kind) {
      case 'released':
        if (this.#owners.get(news.storage) === worker) this.#owners.delete(news.storage);
        return;
      case 'failed':
        return this.#throttle.failed(news.address);
      case 'left':
        return this.#of(worker).places.get(news.account)?.pop()?.();
      case 'shell-left':
        return this.#of(worker).shells.get(news.account)?.pop()?.();
      case 'advanced':
        return this.#advance(worker, news.connection, news.stage);
      case 'ended':
        return this.#end(worker, news.connection);
    }
  }

  /** The worker's process has ended, and with it its locks, connections and all. */
  forget(worker: number): void {
    for (const [storage, owner] of this.#owners) if (owner === worker) this.#owners.delete(storage);
    const { connections, places, shells } = this.#of(worker);
    for (const startup of connections.values()) startup.leave();
    for (const leave of [...places.values(), ...shells.values()].flat()) leave();
    this.#workers.delete(worker);
  }

  #of(worker: number): Account {
    const known = this.#workers.get(worker) ?? {
      connections: new Map(),
      places: new Map(),
      shells: new Map(),
    };
    this.#workers.set(worker, known);
    return known;
  }

  #claim(worker: number, storage: string): number {
    const owner = this.#owners.get(storage) ?? worker;
    this.#owners.set(storage, owner);
    return owner;
  }

  #place(worker: number, account: string): boolean {
    const leave = this.#sessions.take(account);
    if (leave === undefined) return false;
    keep(this.#of(worker).places, account, leave);
    return true;
  }

  #shell(worker: number, account: string): Answers['shell'] {
    const place = this.#shells.take(account);
    if (typeof place === 'string') return place;
    keep(this.#of(worker).shells, account, place);
    return 'taken';
  }

  #advance(worker: number, connection: string, stage: StartupStage | undefined): void {
    const startup = this.#of(worker).connections.get(connection);
    if (stage === undefined) startup?.leave();
    else startup?.advance(stage);
  }

  #end(worker: number, connection: string): void {
    const { connections } = this.#of(worker);
    connections.get(connection)?.leave();
    connections.delete(connection);
  }
}

function keep(places: Places, account: string, leave: () => void): void {
  places.set(account, [...(places.get(account) ?? []), leave]);
}
