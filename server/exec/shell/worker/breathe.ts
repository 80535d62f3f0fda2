/** Lets messages and timers in: a loop of commands that were interrupted would keep them out. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
