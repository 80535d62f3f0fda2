/** How often the sender says DONE, and what that means (read_final_goodbye, main.c; recv_files, receiver.c). */
export class Phases {
  readonly #total: number;
  #count = 0;
  #failure: { readonly error: unknown } | undefined;
  #waiting: { readonly count: number; readonly wake: () => void }[] = [];

  constructor(protocol: number) {
    this.#total = protocol >= 31 ? 4 : protocol >= 29 ? 3 : 2;
  }

  get count(): number {
    return this.#count;
  }

  get total(): number {
    return this.#total;
  }

  get isOver(): boolean {
    return this.#count >= this.#total;
  }

  /** In the first two phases files come: as asked for first, and again. */
  get transfers(): boolean {
    return this.#count <= 1;
  }

  next(): void {
    this.#count++;
    this.#wake();
  }

  /** Nothing more comes; whoever waits is told why. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  /** Settles when the sender has said DONE so often. */
  async reached(count: number): Promise<void> {
    if (this.#count < count && this.#failure === undefined)
      await new Promise<void>((wake) => {
        this.#waiting.push({ count, wake });
      });
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #wake(): void {
    const due = this.#waiting.filter(({ count }) => count <= this.#count || this.#failure !== undefined);
    this.#waiting = this.#waiting.filter((one) => !due.includes(one));
    for (const { wake } of due) wake();
  }
}
