import { networkOf } from './auth/throttle.ts';

/** A connection that has not logged in yet. */
export interface Startup {
  /** It has come a step further. */
  advance(to: StartupStage): void;
  /** It has logged in, or is gone. */
  leave(): void;
}

/** How far a connection has come: it said nothing of use, it exchanged keys, it tries to log in. */
export type StartupStage = 'silent' | 'keyed' | 'authenticating';

const ORDER: Readonly<Record<StartupStage, number>> = { silent: 0, keyed: 0, authenticating: 1 };

interface Entry {
  readonly network: string;
  readonly evict: () => void;
  stage: StartupStage;
}

/**
 * Connections that have not logged in yet: at most `limit`. One too many does not keep the newcomer out but ends
 * the least promising of the others: of the network that has most of them, one that has not begun to log in, and
 * among those the one that has stood still for longest. So a flood of silent connections ends itself.
 */
export class Startups {
  readonly #limit: number;
  /** In the order of their last step, the longest ago first. */
  readonly #entries = new Set<Entry>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `evict` must end the connection and lead to `leave`. */
  enter(address: string, evict: () => void): Startup {
    if (this.#entries.size >= this.#limit) this.#evictOne();
    const entry: Entry = { network: networkOf(address), evict, stage: 'silent' };
    this.#entries.add(entry);
    return {
      advance: (to) => {
        entry.stage = to;
        if (this.#entries.delete(entry)) this.#entries.add(entry);
      },
      leave: () => {
        this.#entries.delete(entry);
      },
    };
  }

  #evictOne(): void {
    const counts = new Map<string, number>();
    for (const { network } of this.#entries) counts.set(network, (counts.get(network) ?? 0) + 1);
    const most = Math.max(...counts.values());
    let victim: Entry | undefined;
    for (const entry of this.#entries) {
      if (counts.get(entry.network) !== most) continue;
      if (victim === undefined || ORDER[entry.stage] < ORDER[victim.stage]) victim = entry;
    }
    if (victim === undefined) return;
    this.#entries.delete(victim);
    victim.evict();
  }
}
