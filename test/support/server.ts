import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { parseAuthorizedKeys } from '../../keys/authorized-keys.ts';
import { generateOpensshKeyPair, type OpensshKeyPair } from '../../keys/openssh-key-pair.ts';
import type { Account, AccountDirectory } from '../../server/auth/account.ts';
import { hashPassword } from '../../server/auth/password-hash.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../server/listen.ts';
import { ROOT } from '../../vfs/path.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import type { Limits, VfsBackend } from '../../vfs/backend.ts';
import type { TraceEvent } from '../../vfs/middleware/tracing.ts';
import { captureLog, type CapturedLog } from './captured-log.ts';
import type { Login } from './login.ts';

/** What a test says of an account; each also gets an ed25519 key of its own, which `login` hands out. */
export interface TestAccount {
  readonly password?: string | undefined;
  /** Lines of an `authorized_keys` file, options and all. */
  readonly authorizedKeys?: readonly string[] | undefined;
  readonly limits?: Limits | undefined;
  readonly superuser?: boolean | undefined;
  readonly enabled?: boolean | undefined;
  /** Default: true. */
  readonly shell?: boolean | undefined;
}

export interface TestServerOptions extends Partial<
  Pick<ServerOptions, 'openStorage' | 'onTrace' | 'throttle' | 'transportLimits'>
> {
  readonly accounts: Readonly<Record<string, TestAccount>>;
  readonly config?: Partial<Config> | undefined;
  /** Where files live: one memory store an account (default), or SQLite files in `data`. */
  readonly storage?: 'memory' | 'sqlite' | undefined;
  /** The server's keys as private key files; absent: one ed25519 key. */
  readonly hostKeys?: readonly OpensshKeyPair[] | undefined;
}

/** A server in this process, on a port of its own. */
export interface TestServer {
  readonly host: string;
  readonly port: number;
  /** A temporary directory, removed by `stop`. */
  readonly data: string;
  readonly server: RunningServer;
  readonly config: Config;
  /** The text of its first private key. */
  readonly hostKey: string;
  readonly log: CapturedLog;
  /** Every operation of every session, in the order in which they ended. */
  readonly traces: TraceEvent[];
  /** Accounts by name; may be changed while the server runs. */
  readonly accounts: Map<string, Account>;
  /** How an account gets in by its key. */
  login(user: string): Login;
  /** Who owns the files of an account, as `ls -l` and `ls -n` show it. */
  owner(user: string): { readonly user: string; readonly uid: number };
  /** Ends every session and removes everything. Again: nothing. */
  stop(): Promise<void>;
}

const FIRST_UID = 10_000;

/** Settings for tests, but for the data directory. */
export const CONFIG: Omit<Config, 'data'> = {
  listen: [{ host: '127.0.0.1', port: 0 }],
  workers: 1,
  logFormat: 'json',
  logLevel: 'debug',
  banner: undefined,
  loginGraceSeconds: 30,
  authAttempts: 6,
  maxStartups: 100,
  sessionsPerAccount: 100,
  channelsPerConnection: 10,
  shellsPerAccount: 10,
  maxShells: 100,
  keepAliveSeconds: 30,
  keepAliveCount: 3,
  handlesPerSession: 1000,
  umask: 0o022,
  durability: 'process',
  storageIdleSeconds: 30,
  storageWorkers: 0,
  maxOpenStorages: 100,
};

let sharedHostKey: Promise<OpensshKeyPair> | undefined;

/** Starts a server for a test; `stop` it in an `after` or `afterEach`. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const data = mkdtempSync(join(tmpdir(), 'anyfs-server-'));
  try {
    return await start(data, options);
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  }
}

/** A server for all tests of a suite; call inside `describe`. The answer tells which one. */
export function testServer(options: TestServerOptions): () => TestServer {
  let server: TestServer;
  before(async () => {
    server = await startTestServer(options);
  });
  after(async () => {
    await server.stop();
  });
  return () => server;
}

async function start(data: string, options: TestServerOptions): Promise<TestServer> {
  mkdirSync(join(data, 'storage'));
  sharedHostKey ??= generateOpensshKeyPair('ssh-ed25519', 'test host key');
  const hostKeys = options.hostKeys ?? [await sharedHostKey];
  const accounts = new Map<string, Account>();
  for (const [name, account] of Object.entries(options.accounts)) {
    accounts.set(name, await makeAccount(name, FIRST_UID + accounts.size, account, data));
  }
  const log = captureLog();
  const traces: TraceEvent[] = [];
  const config: Config = { ...CONFIG, data, ...options.config };
  const server = await startServer({
    config,
    accounts: directoryOf(accounts),
    hostKeys: hostKeys.map(({ privateText }) => privateText),
    log,
    openStorage: options.openStorage ?? (options.storage === 'sqlite' ? undefined : memoryStorage),
    onTrace: (event) => {
      traces.push(event);
      options.onTrace?.(event);
    },
    throttle: options.throttle,
    transportLimits: options.transportLimits,
  });
  const { host, port } = server.addresses[0] as { host: string; port: number };
  const knownHosts = join(data, 'known_hosts');
  writeFileSync(knownHosts, hostKeys.map(({ publicLine }) => `[${host}]:${port} ${publicLine}`).join(''));
  return {
    host,
    port,
    data,
    server,
    config,
    hostKey: hostKeys[0]?.privateText ?? '',
    log,
    traces,
    accounts,
    login: (user) => ({ host, port, user, identity: join(data, `${user}.key`), knownHosts }),
    owner: (user) => ({ user, uid: accounts.get(user)?.uid ?? 0 }),
    stop: async () => {
      await server.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function makeAccount(name: string, uid: number, account: TestAccount, data: string): Promise<Account> {
  const pair = await generateOpensshKeyPair('ssh-ed25519', name);
  writeFileSync(join(data, `${name}.key`), pair.privateText, { mode: 0o600 });
  writeFileSync(join(data, `${name}.key.pub`), pair.publicLine);
  const { keys, problems } = parseAuthorizedKeys(
    [pair.publicLine, ...(account.authorizedKeys ?? [])].join('\n'),
  );
  if (problems.length > 0) throw new Error(`the keys of ${name}: ${JSON.stringify(problems)}`);
  return {
    name,
    uid,
    gid: uid,
    superuser: account.superuser ?? false,
    enabled: account.enabled ?? true,
    shell: account.shell ?? true,
    limits: account.limits ?? {},
    readOnly: false,
    denied: [],
    passwordHash: account.password === undefined ? undefined : await hashPassword(account.password),
    keys,
  };
}

function directoryOf(accounts: ReadonlyMap<string, Account>): AccountDirectory {
  return {
    find: (name) => accounts.get(name),
    nameOfUid: (uid) => [...accounts.values()].find((account) => account.uid === uid)?.name,
  };
}

/** A store in memory whose root belongs to the account. */
export async function memoryStorage({ uid, gid }: { uid: number; gid: number }): Promise<VfsBackend> {
  const backend = new MemoryBackend();
  await backend.setstat(ROOT, { uid, gid }, {});
  return backend;
}
