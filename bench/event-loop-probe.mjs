// Loaded into a server before anything else (`node --import`): tells the parent process how long its event loop was held.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const MILLISECOND = 1e6;
const histogram = monitorEventLoopDelay({ resolution: 1 });
histogram.enable();

process.on('message', (question) => {
  if (question === 'reset') histogram.reset();
  // The timer that measures is itself one resolution late at best.
  const { max, mean } = histogram;
  process.send?.({
    max: max / MILLISECOND,
    p99: histogram.percentile(99) / MILLISECOND,
    mean: mean / MILLISECOND,
  });
});
// The channel to the parent must not keep a server that is done.
process.channel?.unref();
