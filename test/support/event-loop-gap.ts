import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The longest time in milliseconds for which the event loop did not turn while something was done. */
export async function longestGap(action: () => Promise<unknown>): Promise<number> {
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  monitor.enable();
  await action();
  monitor.disable();
  return monitor.max / 1e6;
}
