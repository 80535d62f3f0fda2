import type { Terminal } from '../program.ts';
import type { TerminalSize } from './messages.ts';

/** The terminal that a client asked for on a channel (RFC 4254 sections 6.2 and 6.7). */
export class ClientTerminal implements Terminal {
  readonly term: string;
  #size: TerminalSize;
  readonly #listeners = new Set<(size: TerminalSize) => void>();

  constructor(term: string, size: TerminalSize) {
    this.term = term;
    this.#size = size;
  }

  get columns(): number {
    return this.#size.columns;
  }

  get rows(): number {
    return this.#size.rows;
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    for (const listener of this.#listeners) listener(size);
  }

  /** Until the function that comes back is called. */
  onResize(listener: (size: TerminalSize) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
