import { once } from 'node:events';
import { extname } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { loadOrCreateHostKeys } from '../keys/host-keys.ts';
import { AccountStore } from '../server/auth/accounts.ts';
import { openControlSocket } from '../server/control-socket.ts';
import { lockDataDirectory } from '../server/data-lock.ts';
import type { RunningServer } from '../server/listen.ts';
import { createLogger, type Logger } from '../server/log.ts';
import { VERSION } from '../server/version.ts';
import { canLogIn } from './account-text.ts';
import { guardAgainstCrashes } from './crash-guard.ts';
import { makeData } from './data-directory.ts';
import { firstRun } from './first-run.ts';
import { tuneGarbageCollector } from './garbage-collector.ts';
import type { Io } from './io.ts';
import { print } from './output.ts';
import { startupLines } from './startup-lines.ts';

/** Runs a server until `io.signal` aborts, then closes everything. Startup lines go to standard output, logs to standard error. */
export async function runServer({ config, warnings }: LoadedConfig, io: Io): Promise<void> {
  const log = createLogger({ format: config.logFormat, level: config.logLevel, stream: io.stderr });
  for (const warning of warnings) log.warn(warning);
  tuneGarbageCollector({ supervises: config.workers > 1 });
  const closers: (() => Promise<void> | void)[] = [];
  try {
    await start(config, io, log, (closer) => closers.push(closer));
    if (!io.signal.aborted) await once(io.signal, 'abort');
    log.info('shutting down');
  } finally {
    await closeAll(closers.toReversed(), log);
  }
}

/** One that cannot be closed does not keep the others open. */
async function closeAll(closers: readonly (() => Promise<void> | void)[], log: Logger): Promise<void> {
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      log.error('a part of the server could not be closed', { error });
    }
  }
}

/** Brings up part after part; each is to be closed before those that came up before it. */
async function start(
  config: Config,
  io: Io,
  log: Logger,
  closeLater: (closer: () => Promise<void> | void) => void,
): Promise<void> {
  const paths = makeData(config.data);
  const lock = await lockDataDirectory(config.data);
  closeLater(() => lock.release());
  const hostKeys = await loadOrCreateHostKeys(paths.hostKeys);
  const accounts = new AccountStore(paths.accounts);
  closeLater(() => accounts.close());
  let server: RunningServer | undefined;
  const control = await openControlSocket(config.data, () => server, log);
  closeLater(() => control.close());
  server = await startProcesses(
    config,
    accounts,
    hostKeys.map((key) => key.privateKey),
    log,
  );
  const running = server;
  closeLater(() => running.close());
  closeLater(guardAgainstCrashes(log, () => running.close()));
  // Not before the server is up: a password that was generated must come to be shown.
  const firstAccount = await firstRun(accounts, paths, io);
  const name = nameToPaste(accounts, io.env['USER']);
  const { addresses } = running;
  const lines = startupLines({
    version: VERSION,
    data: config.data,
    hostKeys,
    addresses,
    firstAccount,
    name,
  });
  for (const line of lines) print(io, line);
}

/** The file beside this one that a worker runs; from the sources in tests, from the build otherwise. */
const WORKER = new URL(`worker${extname(import.meta.url)}`, import.meta.url);

/** One process or several. What only one of the two needs is not loaded for the other: a supervisor stays small. */
async function startProcesses(
  config: Config,
  accounts: AccountStore,
  hostKeys: readonly string[],
  log: Logger,
): Promise<RunningServer> {
  if (config.workers > 1) {
    const { startSupervisor } = await import('../server/workers/supervisor.ts');
    return startSupervisor({ config, hostKeys, log, workerMain: WORKER });
  }
  const { startServer } = await import('../server/listen.ts');
  return startServer({ config, accounts, hostKeys, log, opensDoor: true });
}

/** The person's own account where there is one, else the first that can log in. */
function nameToPaste(accounts: AccountStore, user = ''): string | undefined {
  const usable = accounts.list().filter(canLogIn);
  return (usable.find(({ name }) => name === user) ?? usable[0])?.name;
}
