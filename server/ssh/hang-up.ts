import type { Socket } from 'node:net';

/** A client that neither reads what is left nor closes is cut off after so many milliseconds. */
const PATIENCE_MILLISECONDS = 2000;

/**
 * Closes a socket once everything written has gone. `patiently`: then waits for the client to close too, since closing
 * on a client that is still sending makes its system drop what it has not read, our last words with it.
 */
export function hangUp(socket: Socket, patiently: boolean): void {
  if (patiently) socket.end();
  else socket.destroySoon();
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MILLISECONDS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
