import { DISCONNECT, MESSAGE } from './ssh/messages.ts';
import type { Transport } from './ssh/transport.ts';
import { boolean, message, string } from './ssh/wire.ts';

/** A global request that no client grants and every client answers. */
const QUESTION = message(MESSAGE.globalRequest, string('keepalive@openssh.com'), boolean(true));

/**
 * Asks a client that has been silent for `seconds` whether it is still there, and ends the connection after `count`
 * questions without a sign of life. 0 seconds: never. Answers the function that stops it.
 */
export function startKeepAlive(transport: Transport, seconds: number, count: number): () => void {
  if (seconds <= 0) return () => {};
  const interval = seconds * 1000;
  let askedAt = 0;
  let unanswered = 0;
  const timer = setInterval(() => {
    if (transport.lastReceived > askedAt) unanswered = 0;
    if (performance.now() - transport.lastReceived < interval) return;
    if (unanswered >= count) {
      transport.end(DISCONNECT.connectionLost, `The client has not answered for ${seconds * (count + 1)} s.`);
      return;
    }
    unanswered += 1;
    askedAt = performance.now();
    transport.send(QUESTION);
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}
