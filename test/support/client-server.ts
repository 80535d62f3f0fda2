import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtAnyfs, tryBuiltAnyfs } from './built-anyfs.ts';
import type { Login } from './login.ts';
import { succeed, type Finished } from './run-program.ts';
import { startBuiltServer, type BuiltServer } from './built-server.ts';

export interface ClientAccount {
  /** Flags of `anyfs user add`. */
  readonly flags?: readonly string[] | undefined;
}

/** The built server with accounts, as clients see it. */
export interface ClientServer {
  readonly data: string;
  login(user: string): Login;
  /** As `ls -l` and `ls -n` show who owns an account's files. */
  owner(user: string): { readonly user: string; readonly uid: number };
  process(): BuiltServer;
  /** Starts it again on the same data, after it was stopped or killed; at another port. */
  restart(): Promise<void>;
  /** Runs `anyfs … --data` on its data directory. */
  anyfs(...args: string[]): Promise<Finished>;
}

/** A `ClientServer` and its end, which removes everything. */
export type StartedClientServer = ClientServer & { stop(): Promise<void> };

/** Makes a data directory with accounts by the command line, each with a key of its own, and starts the server on it. */
export async function startClientServer(
  accounts: Readonly<Record<string, ClientAccount>>,
  ...flags: string[]
): Promise<StartedClientServer> {
  const scratch = mkdtempSync(join(tmpdir(), 'anyfs-clients-'));
  try {
    return await startIn(scratch, accounts, flags);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(
  scratch: string,
  accounts: Readonly<Record<string, ClientAccount>>,
  flags: readonly string[],
): Promise<StartedClientServer> {
  const data = join(scratch, 'data');
  const identity = (user: string): string => join(scratch, `${user}.key`);
  const uids = new Map<string, number>();
  for (const [name, account] of Object.entries(accounts)) {
    await succeed('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', identity(name)]);
    const add = ['user', 'add', name, '--data', data, '--key', `${identity(name)}.pub`];
    await builtAnyfs([...add, ...(account.flags ?? [])]);
    uids.set(name, await uidOf(name, data));
  }
  const knownHosts = join(scratch, 'known_hosts');
  let server: BuiltServer;
  const restart = async (): Promise<void> => {
    server = await startBuiltServer(data, ...flags);
    writeFileSync(knownHosts, knownHostsOf(data, server.port));
  };
  await restart();
  return {
    data,
    login(user) {
      if (!uids.has(user)) throw new Error(`the test made no account ${user}`);
      return { host: '127.0.0.1', port: server.port, user, identity: identity(user), knownHosts };
    },
    owner: (user) => ({ user, uid: uids.get(user) ?? 0 }),
    process: () => server,
    restart,
    anyfs: (...args) => tryBuiltAnyfs([...args, '--data', data]),
    async stop() {
      await server.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Lines of a known_hosts file with every key of the server. */
function knownHostsOf(data: string, port: number): string {
  const directory = join(data, 'host_keys');
  const files = readdirSync(directory).filter((name) => name.endsWith('.pub'));
  return files.map((name) => `[127.0.0.1]:${port} ${readFileSync(join(directory, name), 'utf8')}`).join('');
}

async function uidOf(name: string, data: string): Promise<number> {
  const shown = await builtAnyfs(['user', 'show', name, '--json', '--data', data]);
  return (JSON.parse(shown.stdout) as { uid: number }).uid;
}

/** A server for all tests of a suite; call inside `describe`. The answer tells which one. */
export function clientServer(
  accounts: Readonly<Record<string, ClientAccount>>,
  ...flags: string[]
): () => ClientServer {
  let server: StartedClientServer | undefined;
  before(async () => {
    server = await startClientServer(accounts, ...flags);
  });
  after(async () => {
    await server?.stop();
  });
  return () => {
    if (server === undefined) throw new Error('the server is not up');
    return server;
  };
}
