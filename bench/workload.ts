import type { SftpTarget } from './peer.ts';

/** What every workload gets: where its local files are and how much to move. */
export interface Inputs {
  /** An existing directory for local files, on the disk of the servers. */
  readonly local: string;
  readonly size: number;
  readonly files: number;
}

/** One timed part: the commands of one `sftp` session. */
export interface Step {
  readonly name: string;
  /** Bytes of content that it moves. */
  readonly bytes: number;
  /** Files that it touches. */
  readonly files: number;
  commands(target: SftpTarget): readonly string[];
  /** Fails where the result is not what it must be. Not timed. */
  verify?(): Promise<void>;
}

/** Steps that are run one after another, all against one peer, then all against the next. */
export interface Workload {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Once for all peers: makes the local files. */
  prepare(): Promise<void>;
  /** Commands once for each peer, before the first round. Not timed. */
  setUp?(target: SftpTarget): readonly string[];
  /** Commands after each round. Not timed. */
  cleanUp?(target: SftpTarget): readonly string[];
}
