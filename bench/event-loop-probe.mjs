// Loaded into a server before anything else (`node --import`): tells the parent process how long its event loop was held.
import { openSync, readSync } from 'node:fs';

const RESOLUTION_MILLISECONDS = 1;
const NANOSECONDS_PER_MILLISECOND = 1e6;

// proc(5): nanoseconds on a core, nanoseconds ready to run without one, turns. The main thread's number is the process's.
const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
const buffer = Buffer.alloc(100);

/** Milliseconds that the main thread has waited for a core, since it began: not the server's doing. */
function waitedForCore() {
  const length = readSync(schedstat, buffer, 0, buffer.length, 0);
  return Number(buffer.toString('latin1', 0, length).split(' ')[1]) / NANOSECONDS_PER_MILLISECOND;
}

let delays = [];
let last = performance.now();
let lastWaited = waitedForCore();

setInterval(() => {
  const now = performance.now();
  const waited = waitedForCore();
  const late = Math.max(0, now - last - RESOLUTION_MILLISECONDS);
  delays.push({ late, held: Math.max(0, late - (waited - lastWaited)) });
  last = now;
  lastWaited = waited;
}, RESOLUTION_MILLISECONDS).unref();

process.on('message', (question) => {
  if (question === 'reset') delays = [];
  const most = (kind) => delays.reduce((max, delay) => Math.max(max, delay[kind]), 0);
  const sorted = delays.map(({ held }) => held).sort((a, b) => a - b);
  process.send?.({
    late: most('late'),
    held: most('held'),
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  });
});
// The channel to the parent must not keep a server that is done.
process.channel?.unref();
