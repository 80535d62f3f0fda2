import type { Driver } from './driver/process.ts';
import type { RunningPeer, Service } from './peer.ts';

/** What every workload gets: where its local files are, and how much to do. */
export interface Inputs {
  /** An existing directory for local files, on the disk of the servers. */
  readonly local: string;
  /** Bytes of a large file. */
  readonly size: number;
  /** Small files, of 4 KiB each. */
  readonly files: number;
  /** Names in the larger of two directories to list; the other has a tenth. */
  readonly names: number;
  /** Bytes of the file that is removed while others work. */
  readonly removed: number;
  /** Reads or writes at random places. */
  readonly requests: number;
  readonly logins: number;
  /** Sessions that do nothing but use memory. */
  readonly sessions: number;
  /** Shells that do nothing but use memory. */
  readonly shells: number;
  /** Clients at once. */
  readonly clients: number;
  /** Where more than one counts, each of them; otherwise the first. Never empty. */
  readonly ciphers: readonly [string, ...string[]];
  /** A scripted client in a process of its own; the same one again for the same number. */
  driver(number?: number): Driver;
}

/** What a run says of itself; whatever it leaves out is measured around it. */
export interface Outcome {
  /** In the step's unit. Absent: the seconds that passed. */
  readonly value?: number | undefined;
  /** More to show, by name with unit: `p50 ms`. */
  readonly figures?: Readonly<Record<string, number>> | undefined;
}

/** What is timed. */
export type Run = () => Promise<Outcome | void>;

/** One timed part. */
export interface Step {
  readonly name: string;
  /** Bytes of content that it moves. */
  readonly bytes: number;
  /** Files, names, requests or logins that it handles. */
  readonly count: number;
  /** What `value` is in; of each, less is better. */
  readonly unit: 's' | 'ms' | 'MiB';
  /** What a peer must offer; absent: SFTP, which all do. */
  readonly needs?: Service | undefined;
  /** Makes ready for one run, which is not timed: connects, for example. */
  begin(peer: RunningPeer): Promise<Run>;
  /** Fails where the result is not what it must be. Not timed. */
  verify?(peer: RunningPeer): Promise<void>;
}

/** Steps that are run one after another, all against one peer, then all against the next. */
export interface Workload {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Once for all peers: makes the local files. */
  prepare?(): Promise<void>;
  /** Once for each peer, before the first round. Not timed. */
  setUp?(peer: RunningPeer): Promise<void>;
  /** After each round. Not timed. */
  cleanUp?(peer: RunningPeer): Promise<void>;
  /** Once for each peer, after the last round. Not timed. */
  tearDown?(peer: RunningPeer): Promise<void>;
}
