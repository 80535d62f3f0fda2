import { AccountStore } from '../server/auth/accounts.ts';
import { createLogger, withFields } from '../server/log.ts';
import { Parent } from '../server/workers/parent.ts';
import { startWorker } from '../server/workers/worker.ts';
import { guardAgainstCrashes } from './crash-guard.ts';
import { dataPaths } from './data-paths.ts';

// The supervisor says when to end; a terminal or a service manager that ends all processes at once must not be faster.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

// Nobody reads the log any more, for example: the server goes on.
process.stderr.on('error', () => {});

const { parent, start } = await Parent.begin();
const { logFormat, logLevel, data } = start.config;
const log = withFields(createLogger({ format: logFormat, level: logLevel }), { worker: start.number });
const worker = await startWorker({
  start,
  parent,
  accounts: new AccountStore(dataPaths(data).accounts),
  log,
});
guardAgainstCrashes(log, () => worker.close(0));
