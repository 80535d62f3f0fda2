import { decodeText, encodeText } from '../../../../../vfs/names.ts';
import type { InputSource } from '../input-source.ts';
import type { ShellTerminal } from '../shell-terminal.ts';
import { keysOf, type Key } from './key-reader.ts';

const ENTER = '\u001b[?1049h\u001b[H\u001b[2J';
const LEAVE = '\u001b[?1049l\u001b[?25h';
const INVERSE = '\u001b[7m';
const PLAIN = '\u001b[0m';

/** The whole terminal, for one program. */
export class Screen {
  readonly #terminal: ShellTerminal;
  readonly #source: InputSource;
  readonly #signal: AbortSignal;
  readonly #restore: () => void;
  readonly #onResize: () => void;
  readonly #keys: Key[] = [];
  #resized: (() => void) | undefined;

  /** Takes it until `close`. */
  constructor(terminal: ShellTerminal, source: InputSource, signal: AbortSignal) {
    this.#terminal = terminal;
    this.#source = source;
    this.#signal = signal;
    this.#restore = terminal.raw(true);
    this.#onResize = () => this.#resized?.();
    terminal.on('resize', this.#onResize);
    this.#write(ENTER);
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  close(): void {
    this.#terminal.off('resize', this.#onResize);
    this.#write(LEAVE);
    this.#restore();
  }

  /** The next key; `{ name: 'resize' }` where the size has changed, absent where the program is to end. */
  async key(): Promise<Key | undefined> {
    const ready = this.#keys.shift();
    if (ready !== undefined) return ready;
    const waiting = new AbortController();
    const end = (): void => waiting.abort();
    this.#signal.addEventListener('abort', end);
    let resized = false;
    this.#resized = () => {
      resized = true;
      end();
    };
    const bytes = this.#signal.aborted ? undefined : await this.#source.chunk(waiting.signal);
    this.#resized = undefined;
    this.#signal.removeEventListener('abort', end);
    if (bytes !== undefined) this.#keys.push(...keysOf(decodeText(bytes)));
    if (resized) return { name: 'resize' };
    if (bytes === undefined) return undefined;
    return this.key();
  }

  /** Draws every row. `inverse`: rows that stand out; the cursor is hidden where it has no place. */
  draw(
    rows: readonly string[],
    inverse: ReadonlySet<number>,
    cursor?: { readonly row: number; readonly column: number },
  ): void {
    const lines = rows
      .slice(0, this.rows)
      .map(
        (row, index) =>
          `\u001b[${index + 1};1H${inverse.has(index) ? `${INVERSE}${row}${PLAIN}` : row}\u001b[K`,
      );
    const place = cursor === undefined ? '' : `\u001b[${cursor.row + 1};${cursor.column + 1}H\u001b[?25h`;
    this.#write(`\u001b[?25l${lines.join('')}${place}`);
  }

  bell(): void {
    this.#write('\u0007');
  }

  #write(text: string): void {
    this.#terminal.screen.write(Buffer.from(encodeText(text)));
  }
}
