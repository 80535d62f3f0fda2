/** Files that may be on their way into place at once, and their bytes in memory. */
const FILES_MAX = 64;
const BYTES_MAX = 8 * 1024 * 1024;

/**
 * Small files being put in place. Several at once, because a store commits those together that come together; nothing
 * later depends on their order, and the end of the session waits for all.
 */
export class Finishing {
  #files = 0;
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Starts `work` as soon as there is room for it. Throws what earlier work has thrown. */
  async start(bytes: number, work: () => Promise<void>): Promise<void> {
    while (this.#files >= FILES_MAX || (this.#files > 0 && this.#bytes + bytes > BYTES_MAX))
      await this.#changed();
    this.#check();
    this.#files++;
    this.#bytes += bytes;
    void work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#files--;
        this.#bytes -= bytes;
        this.#wakeUp();
      });
  }

  /** Waits until `isSo`, asked whenever a file is over. */
  async answered(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      this.#check();
      await this.#changed();
    }
  }

  /** A file that did not go this way is over. */
  over(): void {
    this.#wakeUp();
  }

  /** The session fails: nobody is to wait any more. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeUp();
  }

  /** Waits until all is in place. */
  async idle(): Promise<void> {
    await this.settled();
    this.#check();
  }

  /** As `idle`, whatever became of it. */
  async settled(): Promise<void> {
    while (this.#files > 0) await this.#changed();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #changed(): Promise<void> {
    const before = this.#wake;
    return new Promise((resolve) => {
      this.#wake = () => {
        before?.();
        resolve();
      };
    });
  }
}
