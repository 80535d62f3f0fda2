import { MessageChannel } from 'node:worker_threads';

/** What is handed to a port without another end is gone at once. */
const nowhere = portToNowhere();

/**
 * Gives the memory of bytes back now, which are empty from here on. Left to the garbage collector, bytes outside of its heap make it
 * collect all of that over and over, and each new piece is memory that was not touched for long.
 *
 * Only for bytes that have an `ArrayBuffer` of their own. `ArrayBuffer.prototype.transfer` would do it from Node.js 22 on.
 */
export function freeMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) nowhere.postMessage(undefined, [buffer]);
}

function portToNowhere(): MessageChannel['port1'] {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.unref();
  return port1;
}
