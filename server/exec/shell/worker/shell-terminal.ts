import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { Terminal } from '../../program.ts';
import type { TerminalRequest, TerminalSize } from '../messages.ts';
import type { InputSource } from './input-source.ts';
import { LineDiscipline } from './line-discipline.ts';

/** What keys are for: the line editor, programs that read lines, or one program that wants each of them. */
type Mode = 'edit' | 'lines' | 'keys';

export interface TerminalEvents {
  /** Bytes for the client, as they are. */
  write(bytes: Uint8Array): void;
  /** What runs is to end. */
  interrupt(): void;
  /** Ctrl-C has had its effect. */
  settled(): void;
  fullScreen(on: boolean): void;
}

/** Columns and rows that a client may name. */
const SIZE_MAX = 1000;
const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** The server's end of a client's terminal. */
export class ShellTerminal extends EventEmitter<{ resize: [] }> implements Terminal {
  readonly term: string;
  /** Keys for the line editor. */
  readonly keys = new Readable({ read: () => {} });
  /** Where the line editor draws. */
  readonly screen: Writable & { columns: number; rows: number };
  readonly #source: InputSource;
  readonly #events: TerminalEvents;
  readonly #discipline: LineDiscipline;
  #size: TerminalSize;
  #mode: Mode = 'lines';
  /** Keys that came when it was not known yet what for. */
  #held: Uint8Array[] = [];

  constructor(request: TerminalRequest, source: InputSource, events: TerminalEvents) {
    super();
    this.setMaxListeners(0);
    this.term = request.term;
    this.#size = sane(request);
    this.#source = source;
    this.#events = events;
    this.#discipline = new LineDiscipline({
      echo: (text) => events.write(typeof text === 'string' ? Buffer.from(text) : text),
      input: (bytes) => source.push(bytes),
      end: () => source.end(),
      interrupt: () => events.interrupt(),
    });
    const screen = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        events.write(chunk);
        done();
      },
    });
    this.screen = Object.assign(screen, this.#size);
  }

  get columns(): number {
    return this.#size.columns;
  }

  get rows(): number {
    return this.#size.rows;
  }

  get colours(): boolean {
    return this.term !== '' && this.term !== 'dumb';
  }

  resized(size: TerminalSize): void {
    this.#size = sane(size);
    Object.assign(this.screen, this.#size);
    this.screen.emit('resize');
    this.emit('resize');
  }

  receive(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#deliver();
  }

  /** The line editor has the keys from now on, also those that no program has read. */
  edit(): void {
    this.#source.reopen();
    this.#held.unshift(this.#source.drain(), this.#discipline.take());
    this.#mode = 'edit';
    this.#deliver();
  }

  /** Programs read lines from now on. */
  lines(): void {
    this.#mode = 'lines';
    this.#deliver();
  }

  /** One program gets each key as it is, until the function that comes back is called. `fullScreen`: it draws on all of the screen. */
  raw(fullScreen: boolean): () => void {
    this.#mode = 'keys';
    if (fullScreen) this.#events.fullScreen(true);
    this.#deliver();
    return () => {
      this.#mode = 'lines';
      if (fullScreen) this.#events.fullScreen(false);
    };
  }

  /** Output of programs: a newline moves to the beginning of the next line, but for programs that move the cursor themselves. */
  shape(bytes: Uint8Array): Uint8Array {
    return this.#mode === 'keys' || !bytes.includes(10) ? bytes : withCarriageReturns(bytes);
  }

  #deliver(): void {
    for (let bytes = this.#held.shift(); bytes !== undefined; bytes = this.#held.shift()) {
      if (this.#mode === 'edit') this.#type(bytes);
      else if (this.#mode === 'lines') this.#discipline.receive(bytes);
      else this.#pass(bytes);
    }
  }

  /** To the line editor, up to the end of a line: what comes after it may be for the program that the line starts. */
  #type(bytes: Uint8Array): void {
    const end = bytes.findIndex((byte) => byte === 13 || byte === 10) + 1;
    const now = end === 0 ? bytes : bytes.subarray(0, end);
    if (now.length < bytes.length) this.#held.unshift(bytes.subarray(now.length));
    if (now.length > 0) this.keys.emit('data', Buffer.from(now));
    if (now.includes(3)) this.#events.settled();
  }

  #pass(bytes: Uint8Array): void {
    this.#source.push(bytes);
    if (bytes.includes(3)) this.#events.settled();
  }
}

function sane({ columns, rows }: TerminalSize): TerminalSize {
  const within = (size: number, otherwise: number): number =>
    size > 0 ? Math.min(size, SIZE_MAX) : otherwise;
  return { columns: within(columns, DEFAULT_SIZE.columns), rows: within(rows, DEFAULT_SIZE.rows) };
}

function withCarriageReturns(bytes: Uint8Array): Uint8Array {
  const shaped = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  let before = 0;
  for (const byte of bytes) {
    if (byte === 10 && before !== 13) shaped[length++] = 13;
    shaped[length++] = byte;
    before = byte;
  }
  return shaped.subarray(0, length);
}
