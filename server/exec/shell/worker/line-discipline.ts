/** What a terminal does with keys while a program reads lines from it: shows them, and lets them be corrected. */

export interface DisciplineEvents {
  /** Shown to the person. */
  echo(text: string | Uint8Array): void;
  /** Bytes for whoever reads. */
  input(bytes: Uint8Array): void;
  /** Ctrl-D at the beginning of a line. */
  end(): void;
  /** Ctrl-C, Ctrl-\. */
  interrupt(): void;
}

const KEY = {
  interrupt: 3,
  end: 4,
  bell: 7,
  backspace: 8,
  newline: 10,
  enter: 13,
  word: 23,
  kill: 21,
  suspend: 26,
  escape: 27,
  quit: 28,
  erase: 127,
} as const;
/** Bytes in a line, as on Linux. */
const LINE_MAX = 4096;

export class LineDiscipline {
  readonly #events: DisciplineEvents;
  #line: number[] = [];

  constructor(events: DisciplineEvents) {
    this.#events = events;
  }

  /** What is typed and not ended; it is taken away. */
  take(): Uint8Array {
    return Uint8Array.from(this.#line.splice(0));
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#key(byte);
  }

  #key(byte: number): void {
    switch (byte) {
      case KEY.interrupt:
      case KEY.quit:
        this.#line = [];
        this.#events.echo(byte === KEY.quit ? '^\\\r\n' : '^C\r\n');
        return this.#events.interrupt();
      case KEY.end:
        return this.#line.length === 0 ? this.#events.end() : this.#flush();
      case KEY.enter:
      case KEY.newline:
        this.#line.push(KEY.newline);
        this.#events.echo('\r\n');
        return this.#flush();
      case KEY.erase:
      case KEY.backspace:
        return this.#erase();
      case KEY.kill:
        while (this.#line.length > 0) this.#erase();
        return;
      case KEY.word:
        while (this.#line.at(-1) === 32) this.#erase();
        while (this.#line.length > 0 && this.#line.at(-1) !== 32) this.#erase();
        return;
      case KEY.suspend:
        return;
      default:
        return this.#insert(byte);
    }
  }

  #insert(byte: number): void {
    if (this.#line.length >= LINE_MAX - 1) return this.#events.echo(Uint8Array.of(KEY.bell));
    this.#line.push(byte);
    const isControl = byte < 32 && byte !== 9;
    this.#events.echo(isControl ? `^${String.fromCharCode(byte + 64)}` : Uint8Array.of(byte));
  }

  /** One character, which may be several bytes, or a control character shown as two. */
  #erase(): void {
    let byte = this.#line.pop();
    if (byte === undefined) return;
    const width = byte < 32 && byte !== 9 ? 2 : 1;
    while (byte !== undefined && byte >= 0x80 && byte < 0xc0) byte = this.#line.pop();
    this.#events.echo('\b \b'.repeat(width));
  }

  #flush(): void {
    this.#events.input(this.take());
  }
}
