import { setTimeout as delay } from 'node:timers/promises';
import { busySeconds } from './machine.ts';
import { cpuSeconds, kernelSeconds, memoryBytes, processTree } from './process-tree.ts';
import type { Run } from './workload.ts';

const SAMPLE_MILLISECONDS = 200;
const SETTLE_MILLISECONDS = 5_000;

/** One run against one peer. */
export interface Measurement {
  /** In the step's unit; where that is seconds and the client did not say, from its start to its end, login included. */
  readonly value: number;
  readonly figures: Readonly<Record<string, number>>;
  /** CPU of the server's whole tree. */
  readonly serverSeconds: number;
  /** CPU of the kernel's threads, whoever made them work. */
  readonly kernelSeconds: number;
  /** The most memory of the server's tree, by samples. */
  readonly peakBytes: number;
  /** Cores that neither servers, clients, this program nor the kernel's threads kept busy, on average. */
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

/** Measures what a client does to a server. Clients and servers are below this process. */
export async function measure(server: Watched, run: Run): Promise<Measurement> {
  await settled(server);
  const before = reading(server.pid);
  const peak = samplePeak(server.pid);
  const begun = performance.now();
  try {
    const outcome = await run();
    const seconds = (performance.now() - begun) / 1000;
    peak.sample();
    const busy = busySeconds() - before.busy;
    const kernel = kernelSeconds() - before.kernel;
    const ours = cpuSeconds(process.pid) - before.ours;
    await settled(server);
    return {
      value: outcome?.value ?? seconds,
      figures: outcome?.figures ?? {},
      serverSeconds: cpuSeconds(server.pid) - before.server,
      kernelSeconds: Math.max(0, kernel),
      peakBytes: peak.bytes(),
      othersCores: Math.max(0, (busy - ours - Math.max(0, kernel)) / seconds),
    };
  } finally {
    peak.end();
  }
}

function reading(server: number): { server: number; ours: number; kernel: number; busy: number } {
  return {
    server: cpuSeconds(server),
    ours: cpuSeconds(process.pid),
    kernel: kernelSeconds(),
    busy: busySeconds(),
  };
}

/** Waits until the session's processes have ended and been waited for, so that their CPU time is counted. */
async function settled({ pid, resting }: Watched): Promise<void> {
  const deadline = performance.now() + SETTLE_MILLISECONDS;
  while (processTree(pid).length > resting && performance.now() < deadline) await delay(5);
}

/** Samples, because a session's processes take what they used with them. */
function samplePeak(pid: number): { sample(): void; end(): void; bytes(): number } {
  let most = 0;
  const sample = (): void => {
    most = Math.max(most, memoryBytes(pid));
  };
  const timer = setInterval(sample, SAMPLE_MILLISECONDS);
  return { sample, end: () => clearInterval(timer), bytes: () => most };
}
