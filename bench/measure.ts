import { setTimeout as delay } from 'node:timers/promises';
import { busySeconds } from './machine.ts';
import {
  cpuSeconds,
  ownCpuSeconds,
  peakBytes,
  processTree,
  resetPeak,
  waitedCpuSeconds,
} from './process-tree.ts';

const SAMPLE_MILLISECONDS = 200;
const SETTLE_MILLISECONDS = 5_000;

/** One timed run against one peer. */
export interface Measurement {
  /** From the client's start to its end, login included. */
  readonly seconds: number;
  /** CPU of the server's whole tree. */
  readonly serverSeconds: number;
  readonly peakBytes: number;
  /** Cores that neither server, client nor this program kept busy, on average. */
  readonly othersCores: number;
}

/** A server's process, and how many are in its tree while no session is open. */
export interface Watched {
  readonly pid: number;
  readonly resting: number;
}

/** To be called before the server's first session. */
export function watch(pid: number): Watched {
  return { pid, resting: processTree(pid).length };
}

/** Measures what a client does to a server. The client is a child of this process and is waited for by `run`. */
export async function measure(server: Watched, run: () => Promise<void>): Promise<Measurement> {
  await settled(server);
  resetPeak(server.pid);
  const before = reading(server.pid);
  const peak = samplePeak(server.pid);
  const begun = performance.now();
  try {
    await run();
  } finally {
    peak.end();
  }
  const seconds = (performance.now() - begun) / 1000;
  const busy = busySeconds() - before.busy;
  await settled(server);
  const after = reading(server.pid);
  const serverSeconds = after.server - before.server;
  const oursSeconds = serverSeconds + (after.clients - before.clients) + (after.self - before.self);
  const othersCores = Math.max(0, (busy - oursSeconds) / seconds);
  return { seconds, serverSeconds, peakBytes: peak.bytes(), othersCores };
}

function reading(server: number): { server: number; clients: number; self: number; busy: number } {
  return {
    server: cpuSeconds(server),
    clients: waitedCpuSeconds(process.pid),
    self: ownCpuSeconds(process.pid),
    busy: busySeconds(),
  };
}

/** Waits until the session's processes have ended and been waited for, so that their CPU time is counted. */
async function settled({ pid, resting }: Watched): Promise<void> {
  const deadline = performance.now() + SETTLE_MILLISECONDS;
  while (processTree(pid).length > resting && performance.now() < deadline) await delay(5);
}

/** Samples, because a session's processes take their high-water marks with them. */
function samplePeak(pid: number): { end(): void; bytes(): number } {
  let most = 0;
  const sample = (): void => {
    most = Math.max(most, peakBytes(pid));
  };
  const timer = setInterval(sample, SAMPLE_MILLISECONDS);
  return {
    end() {
      clearInterval(timer);
      sample();
    },
    bytes: () => most,
  };
}
