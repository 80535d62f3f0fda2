/** Puts files in place together, after all have arrived (handle_delayed_updates, receiver.c). */
export class DelayedUpdates {
  readonly #updates: (() => Promise<void>)[] = [];

  add(put: () => Promise<void>): void {
    this.#updates.push(put);
  }

  async put(): Promise<void> {
    for (const put of this.#updates.splice(0)) await put();
  }
}
