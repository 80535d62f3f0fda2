import { hostname } from 'node:os';
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
import { ClientTerminal } from './exec/shell/client-terminal.ts';
import { runShell, type ShellRequest } from './exec/shell/run-shell.ts';
import type { ShellThreads } from './exec/shell/threads.ts';
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
  /** The line that the client identified itself with. */
  readonly clientSoftware: string | undefined;
  readonly log: Logger;
  readonly payloads: PayloadPool;
  readonly shells: ShellThreads;
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
  let terminal: ClientTerminal | undefined;
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
    shell: () =>
      run(async () => {
        const status = await shell(channel, options, { signal: ending.signal, terminal, log });
        return signal === undefined ? status : { signal };
      })(),
    exec: ({ fields }) => {
      const line = fields.text();
      return run(async () => {
        const status = await exec(line, channel, options, { signal: ending.signal, terminal, log });
        return signal === undefined ? status : { signal };
      })();
    },
    'pty-req': ({ fields }) => {
      terminal = new ClientTerminal(fields.text(), { columns: fields.uint32(), rows: fields.uint32() });
      return true;
    },
    'window-change': ({ fields }) => {
      terminal?.resize({ columns: fields.uint32(), rows: fields.uint32() });
      return terminal !== undefined;
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
    await serveSftp(channel.direct, {
      mount: mounted,
      account,
      names: ownerNames(accounts),
      sessionId: id,
      umask: config.umask,
      handlesMax: config.handlesPerSession,
      log,
      clientSoftware: options.clientSoftware,
      say: (line) => void channel.stderr.write(`${line}\r\n`),
      payloads,
    });
    return 0;
  });
}

/** What runs on a channel beside SFTP needs of it. */
interface ChannelContext {
  readonly signal: AbortSignal;
  readonly terminal: ClientTerminal | undefined;
  readonly log: Logger;
}

/** A line that the client asks for. On a terminal it is the shell's: keys, and newlines, are its business. */
function exec(
  line: string,
  channel: Channel,
  options: SessionOptions,
  { terminal, ...channelContext }: ChannelContext,
): Promise<number> {
  return onMount(channel, options, channelContext.log, (mounted) => {
    const context = { ...commandContext(channel, options, mounted, channelContext), terminal };
    if (!options.account.shell) return runCommand(line, context);
    const runScript = (script: string): Promise<number> =>
      runShell({ ...shellOf(options), context, terminal, input: { from: 'line', line: script } });
    return terminal === undefined ? runCommand(line, context, runScript) : runScript(line);
  });
}

/** A shell: for a person where the client has a terminal, else for commands on its standard input. */
async function shell(
  channel: Channel,
  options: SessionOptions,
  { terminal, ...channelContext }: ChannelContext,
): Promise<number> {
  if (!options.account.shell) return refuseShell(channel, terminal !== undefined);
  return onMount(channel, options, channelContext.log, (mounted) =>
    runShell({
      ...shellOf(options),
      context: commandContext(channel, options, mounted, channelContext),
      terminal,
      input: terminal === undefined ? { from: 'stdin' } : { from: 'person', greeting: true },
    }),
  );
}

function shellOf({ shells }: SessionOptions): Pick<ShellRequest, 'threads' | 'host'> {
  return { threads: shells, host: hostname().split('.')[0] ?? '' };
}

function commandContext(
  channel: Channel,
  { account, accounts, config }: SessionOptions,
  mounted: VfsBackend,
  { signal, log }: Omit<ChannelContext, 'terminal'>,
): CommandContext {
  return {
    cwd: ROOT,
    env: { HOME: '/', USER: account.name, LOGNAME: account.name },
    stdin: channel.stream,
    stdout: channel.stream,
    stderr: channel.stderr,
    mount: mounted,
    account,
    names: ownerNames(accounts),
    umask: config.umask,
    signal,
    now: () => Date.now(),
    log,
  };
}

/** In raw mode a terminal needs the carriage return. */
async function refuseShell(channel: Channel, terminal: boolean): Promise<number> {
  channel.stderr.write(
    `This account has no shell; sftp, scp and plain commands work.${terminal ? '\r\n' : '\n'}`,
  );
  return 1;
}
