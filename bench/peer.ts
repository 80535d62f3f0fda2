/** Where and as whom a client logs in. */
export interface SftpTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** File of the private key. */
  readonly identity: string;
  /** An existing directory on the server to work in, absolute, without a trailing slash; '' is the root. */
  readonly directory: string;
}

/** What not every server can do; SFTP goes without saying. */
export type Service = 'scp' | 'rsync' | 'shell' | 'writes at random' | 'chacha20-poly1305@openssh.com';

/** Users that each server is given. */
export const USERS = 8;

/** A server that is up. */
export interface RunningPeer {
  /** Users with a directory each, `USERS` of them. A server that has no accounts of its own gives directories alone. */
  readonly users: readonly [SftpTarget, ...SftpTarget[]];
  /** The process whose tree does the server's work. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** A server to measure. A new one is a file in `peers/` and a line in its table. */
export interface Peer {
  readonly name: string;
  /** The program that must be there, and the Debian package that has it; absent: it is this one. */
  readonly program?: { readonly path: string; readonly package: string } | undefined;
  readonly services: ReadonlySet<Service>;
  /** Starts it with its files below `scratch`, a new directory on the disk that all peers share. `flags` are for its command line. */
  start(scratch: string, identity: string, flags: readonly string[]): Promise<RunningPeer>;
}

/** A target for each of the users `user0`, `user1`, …, which `place` may name otherwise. */
export function targets(
  common: Omit<SftpTarget, 'user' | 'directory'>,
  place: (name: string) => Pick<SftpTarget, 'user' | 'directory'>,
): [SftpTarget, ...SftpTarget[]] {
  const target = (index: number): SftpTarget => ({ ...common, ...place(`user${index}`) });
  return [target(0), ...Array.from({ length: USERS - 1 }, (_, index) => target(index + 1))];
}

/** The user of a number, from 0 up; the ninth is the first again. */
export function userOf({ users }: Pick<RunningPeer, 'users'>, number: number): SftpTarget {
  return users[number % users.length] ?? users[0];
}
