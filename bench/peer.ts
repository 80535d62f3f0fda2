/** Where and as whom a client logs in. */
export interface SftpTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** File of the private key. */
  readonly identity: string;
  /** An existing directory on the server to work in, without a trailing slash; '' is the root. */
  readonly directory: string;
}

/** A server that is up. */
export interface RunningPeer {
  readonly target: SftpTarget;
  /** The process whose tree does the server's work. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** A server to measure. A new one is a file in `peers/` and a line in its table. */
export interface Peer {
  readonly name: string;
  /** Starts it with its files below `scratch`, a new directory on the disk that all peers share. */
  start(scratch: string, identity: string): Promise<RunningPeer>;
}
