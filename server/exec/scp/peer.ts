import { escapeUnsafe } from '../../escape.ts';
import { ByteReader } from '../input.ts';
import { send } from '../output.ts';
import type { ProgramContext } from '../program.ts';
import { LINE_MAX } from './records.ts';

const OK = Uint8Array.of(0);
const ERROR = '\x01';

/** Ends the transfer now, with status 1. */
export class ScpEnd extends Error {
  override readonly name = 'ScpEnd';
}

/** The other side of a transfer: what is told to it and how it answers. */
export class ScpPeer {
  readonly input: ByteReader;
  readonly verbose: boolean;
  /** Something went wrong; the status will say so. */
  failed = false;
  readonly #context: ProgramContext;

  constructor(context: ProgramContext, verbose: boolean) {
    this.input = new ByteReader(context.stdin, context.signal);
    this.verbose = verbose;
    this.#context = context;
  }

  ok(): Promise<void> {
    return this.say(OK);
  }

  say(data: string | Uint8Array): Promise<void> {
    return send(this.#context.stdout, data, this.#context.signal);
  }

  /** An error that the other side shows; what is unsafe in it is escaped, since a newline would end it. */
  fail(message: string): Promise<void> {
    this.failed = true;
    return this.say(`${ERROR}scp: ${escapeUnsafe(message)}\n`);
  }

  /** The same, after which nothing goes on. */
  async end(message: string): Promise<never> {
    await this.fail(message);
    throw new ScpEnd();
  }

  async tell(message: string): Promise<void> {
    if (this.verbose) await send(this.#context.stderr, message, this.#context.signal);
  }

  /** True: the other side agrees. False: it told of an error and goes on. */
  async response(): Promise<boolean> {
    const byte = await this.input.byte();
    if (byte === undefined) throw new ScpEnd();
    if (byte === 0) return true;
    await this.input.line(LINE_MAX);
    this.failed = true;
    if (byte !== 1) throw new ScpEnd();
    return false;
  }
}
