import type { TraceEvent } from '../vfs/middleware/tracing.ts';
import type { Config } from '../config/schema.ts';
import type { Account, AccountDirectory } from './auth/account.ts';
import { withFields, type Logger } from './log.ts';
import { runCommand, type CommandContext } from './exec/run.ts';
import { mount } from './mount.ts';
import { ownerNames } from './owner-names.ts';
import type { PayloadPool } from './sftp/payload-pool.ts';
import { serveSftp } from './sftp/session.ts';
import type { VfsBackend } from '../vfs/backend.ts';
import { ROOT } from '../vfs/path.ts';
import type { Channel } from './ssh/channel.ts';
import type { ChannelRequest, SessionProgram } from './ssh/channels.ts';
import type { Lease, Storages } from './storages.ts';

export interface SessionOptions {
  readonly account: Account;
  readonly accounts: AccountDirectory;
  readonly storages: Pick<Storages, 'lease'>;
  readonly config: Pick<Config, 'handlesPerSession' | 'umask'>;
  /** Names the session in logs and traces. */
  readonly id: string;
  readonly log: Logger;
  readonly payloads: PayloadPool;
  readonly onTrace?: ((event: TraceEvent) => void) | undefined;
}

/** An exit status, or the signal that ended the program. */
type Outcome = number | { readonly signal: string };
type Program = () => Promise<Outcome>;

/** Signals (RFC 4254 section 6.9) that end a program. */
const ENDING_SIGNALS: ReadonlySet<string> = new Set(['HUP', 'INT', 'KILL', 'PIPE', 'QUIT', 'TERM']);

/** A session channel: waits for the client to say what it wants, runs that, once, and ends the channel with its exit status. */
export function startSession(channel: Channel, options: SessionOptions): SessionProgram {
  const log = withFields(options.log, { session: options.id });
  let program: Promise<void> | undefined;
  let terminal: { term: string; columns: number; rows: number } | undefined;
  const ending = new AbortController();
  let signal: string | undefined;

  /** Only one program runs on a channel (RFC 4254 section 6.5). */
  const run = (work: Program) => (): false | (() => void) => {
    if (program !== undefined) return false;
    program = Promise.resolve();
    return () => {
      program = finish(channel, work, log);
    };
  };
  channel.hungUp.addEventListener('abort', () => ending.abort());

  const requests: Readonly<Record<string, (request: ChannelRequest) => boolean | (() => void)>> = {
    subsystem: ({ fields }) => {
      const name = fields.text();
      if (name === 'sftp') return run(() => sftp(channel, options, log))();
      log.info('refused an unknown subsystem', { subsystem: name });
      return false;
    },
    shell: run(() => refuseShell(channel, terminal !== undefined)),
    exec: ({ fields }) => {
      const line = fields.text();
      return run(async () => {
        const status = await exec(line, channel, options, { signal: ending.signal, terminal, log });
        return signal === undefined ? status : { signal };
      })();
    },
    'pty-req': ({ fields }) => {
      terminal = { term: fields.text(), columns: fields.uint32(), rows: fields.uint32() };
      return true;
    },
    'window-change': ({ fields }) => {
      if (terminal === undefined) return false;
      terminal.columns = fields.uint32();
      terminal.rows = fields.uint32();
      return true;
    },
    signal: ({ fields }) => {
      const name = fields.text();
      if (!ENDING_SIGNALS.has(name)) return true;
      signal ??= name;
      ending.abort();
      return true;
    },
  };

  return {
    request: (request) =>
      Object.hasOwn(requests, request.type) ? (requests[request.type]?.(request) ?? false) : false,
    get done() {
      return program ?? Promise.resolve();
    },
  };
}

/** Whatever happens in a program ends its own channel and nothing else. */
async function finish(channel: Channel, work: Program, log: Logger): Promise<void> {
  let outcome: Outcome = 1;
  try {
    outcome = await work();
  } catch (error) {
    log.error('a session failed', { error });
  }
  try {
    await channel.finish(outcome);
  } catch (error) {
    log.error('a channel could not be ended', { error });
  }
}

/** Runs `work` on the account's mount, and lets go of its storage after. */
async function onMount(
  channel: Channel,
  { account, storages, id, onTrace }: SessionOptions,
  log: Logger,
  work: (mount: VfsBackend) => Promise<number>,
): Promise<number> {
  let lease: Lease;
  try {
    lease = await storages.lease(account);
  } catch (error) {
    log.error('the storage of an account cannot be opened', { storage: account.name, error });
    channel.stderr.write(
      'Your storage is not available at the moment. The administrator can read why in the log.\r\n',
    );
    return 1;
  }
  try {
    return await work(mount({ backend: lease.backend, account, session: id, log, onTrace }));
  } finally {
    lease.release();
  }
}

function sftp(channel: Channel, options: SessionOptions, log: Logger): Promise<number> {
  const { account, accounts, config, id, payloads } = options;
  return onMount(channel, options, log, async (mounted) => {
    await serveSftp(channel.stream, {
      mount: mounted,
      account,
      names: ownerNames(accounts),
      sessionId: id,
      umask: config.umask,
      handlesMax: config.handlesPerSession,
      log,
      say: (line) => void channel.stderr.write(`${line}\r\n`),
      payloads,
    });
    return 0;
  });
}

function exec(
  line: string,
  channel: Channel,
  options: SessionOptions,
  { signal, terminal, log }: Pick<CommandContext, 'signal' | 'terminal' | 'log'>,
): Promise<number> {
  const { account, accounts, config } = options;
  return onMount(channel, options, log, (mounted) =>
    runCommand(line, {
      cwd: ROOT,
      env: { HOME: '/', USER: account.name, LOGNAME: account.name },
      stdin: channel.stream,
      stdout: channel.stream,
      stderr: channel.stderr,
      terminal,
      mount: mounted,
      account,
      names: ownerNames(accounts),
      umask: config.umask,
      signal,
      now: () => Date.now(),
      log,
    }),
  );
}

/** In raw mode a terminal needs the carriage return. */
async function refuseShell(channel: Channel, terminal: boolean): Promise<number> {
  channel.stderr.write(`This server gives SFTP only; there is no shell.${terminal ? '\r\n' : '\n'}`);
  return 1;
}
