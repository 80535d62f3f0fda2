import { setMaxListeners } from 'node:events';
import { isVfsError } from '../../../vfs/errors.ts';
import { errorText } from '../error-text.ts';
import type { Program, ProgramContext } from '../program.ts';
import { EXIT, RsyncError, SessionEnded } from './exit.ts';
import { exchangeVersions, shakeHands, shakeHandsToRefuse } from './handshake.ts';
import { Life } from './life.ts';
import { parseOptions, type CommandLine } from './options/parse-options.ts';
import { servePull } from './pull/index.ts';
import { servePush } from './push/index.ts';
import { Report } from './report.ts';
import { expandSecluded, readSecludedArguments } from './secluded-arguments.ts';
import type { Session } from './session.ts';
import { Input } from './wire/input.ts';
import { Output } from './wire/output.ts';
import { Source } from './wire/source.ts';
import { TAG } from './wire/tags.ts';
import { fromVfsText } from './wire/text.ts';

/** How long a client has to take leave after an error. */
const LEAVE_MILLISECONDS = 5000;

/**
 * `rsync --server …`, which clients run at the other end of ssh: the remote half of rsync, both directions, protocols 27 to
 * 32, over the account's mount. docs/rsync.md says what is served.
 */
export const rsync: Program = async (context) => {
  const words = context.args.map(fromVfsText);
  if (!words.includes('--server')) {
    context.stderr.write('rsync: this server only answers rsync clients (rsync … user@host:path)\n');
    return EXIT.syntax;
  }
  return new Connection(context, words).run();
};

/** One client's session from its first byte to its exit status. */
class Connection {
  readonly #context: ProgramContext;
  readonly #words: readonly string[];
  readonly #ending = new AbortController();
  readonly #source: Source;
  readonly #input: Input;
  readonly #output: Output;
  /** What ended the session from outside of its two halves. */
  #failure: unknown;
  #protocol = 0;
  #session: Session | undefined;

  constructor(context: ProgramContext, words: readonly string[]) {
    this.#context = context;
    this.#words = words;
    const { signal } = this.#ending;
    // Files being put in place wait side by side in the storage, each of them listening; that many are no leak.
    setMaxListeners(0, signal);
    this.#source = new Source(context.stdin, signal);
    this.#input = new Input(this.#source, (tag, payload) => this.#onMessage(tag, payload));
    this.#output = new Output(context.stdout, signal);
  }

  async run(): Promise<number> {
    const { signal } = this.#context;
    const end = (): void => this.#fail(new SessionEnded(EXIT.signal));
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      return await this.#serve();
    } catch (error) {
      return await this.#endWith(this.#failure ?? error);
    } finally {
      signal.removeEventListener('abort', end);
      this.#source.close();
    }
  }

  async #serve(): Promise<number> {
    const commandLine = await this.#commandLine();
    if (commandLine instanceof RsyncError) {
      this.#protocol = await exchangeVersions(this.#input, this.#output, undefined);
      shakeHandsToRefuse(this.#output, this.#protocol);
      throw commandLine;
    }
    const { options, paths } = commandLine;
    this.#protocol = await exchangeVersions(this.#input, this.#output, options.capabilities);
    const dialect = await this.#shakeHands(commandLine);
    const report = new Report(
      this.#output,
      dialect.protocol,
      options.sender ? 'sender' : 'receiver',
      options.quiet,
    );
    // Older clients do not take a sign of life at every point.
    const timeout = dialect.protocol >= 30 ? options.timeout : 0;
    const life = new Life(this.#output, this.#source, timeout, (error) => this.#fail(error));
    // Only a sender has much to say, and a client that sends limits itself.
    this.#output.limit = options.sender ? options.bandwidthLimit * 1024 : 0;
    const session: Session = {
      program: this.#context,
      ctx: { signal: this.#ending.signal },
      options,
      paths,
      dialect,
      input: this.#input,
      output: this.#output,
      report,
      onMessage: () => undefined,
      fail: (error) => this.#fail(error),
      received: () => this.#source.taken,
    };
    this.#session = session;
    try {
      await (options.sender ? servePull(session) : servePush(session));
      await this.#output.flushed();
      return report.exit;
    } finally {
      life.end();
    }
  }

  async #shakeHands({ options }: CommandLine): ReturnType<typeof shakeHands> {
    try {
      return await shakeHands(this.#input, this.#output, this.#protocol, options);
    } catch (error) {
      // What was refused can be told only behind the end of the handshake.
      if (error instanceof RsyncError && !this.#output.multiplexed && error.exit === EXIT.unsupported) {
        this.#output.int(1);
        this.#output.flush();
        this.#output.multiplexed = true;
      }
      throw error;
    }
  }

  /** What cannot be served is told when both sides have shaken hands. */
  async #commandLine(): Promise<CommandLine | RsyncError> {
    try {
      const first = parseOptions(this.#words);
      if (!first.secluded) return first;
      const more = await readSecludedArguments(this.#input);
      const all = parseOptions([...this.#words, ...more]);
      return all.options.sender ? { ...all, paths: await expandSecluded(this.#context, all.paths) } : all;
    } catch (error) {
      if (error instanceof RsyncError) return error;
      throw error;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#ending.abort();
  }

  #onMessage(tag: number, payload: Buffer): void {
    if (tag === TAG.errorExit) {
      const exit = payload.length === 4 ? payload.readInt32LE() : 0;
      throw new SessionEnded(exit === 0 ? EXIT.ok : exit & 0xff);
    }
    if (tag === TAG.noop) return;
    if (tag >= TAG.errorTransfer && tag <= TAG.warning) {
      this.#context.log.debug('a client of rsync says', { text: payload.toString('latin1').trimEnd() });
      return;
    }
    this.#session?.onMessage(tag, payload);
  }

  /** Tells the client why, and waits a moment for it to leave (log_exit, cleanup.c). */
  async #endWith(error: unknown): Promise<number> {
    if (error instanceof SessionEnded) {
      if (this.#protocol >= 31 && this.#output.multiplexed)
        this.#output.message(TAG.errorExit, new Uint8Array(0));
      return error.exit;
    }
    const { exit, message } = this.#describe(error);
    if (!this.#output.multiplexed) {
      this.#context.stderr.write(`rsync: ${message}\n`);
      return exit;
    }
    this.#output.say(this.#protocol >= 30 ? TAG.error : TAG.errorTransfer, `${message}\n`);
    if (this.#protocol >= 31) this.#output.messageInt(TAG.errorExit, exit);
    await this.#leave();
    return exit;
  }

  #describe(error: unknown): { readonly exit: number; readonly message: string } {
    if (error instanceof RsyncError) return error;
    if (isVfsError(error)) return { exit: EXIT.fileIo, message: `${error.path ?? ''}: ${errorText(error)}` };
    this.#context.log.error('an rsync session failed', { error });
    return { exit: EXIT.stream, message: 'the server failed' };
  }

  /** What the client has sent meanwhile is read, or it would see a broken connection instead of the reason. */
  async #leave(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    const timer = setTimeout(() => this.#ending.abort(), LEAVE_MILLISECONDS);
    try {
      await this.#input.drain();
    } catch {
      // It has left, one way or the other.
    } finally {
      clearTimeout(timer);
    }
  }
}
