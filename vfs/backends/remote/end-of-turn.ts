/**
 * Runs the action once what is ready in this turn of the event loop has run, promises included: a tick that is asked
 * for by a promise comes when no promise is ready any more.
 */
export function atEndOfTurn(action: () => void): void {
  queueMicrotask(() => process.nextTick(action));
}
