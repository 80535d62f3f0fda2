import { constants } from 'node:os';
import { Failure } from './failure.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm passes on the Ctrl-C that the terminal has sent already, so signals that come together are one request. */
const TOGETHER_MILLISECONDS = 500;

/** What of the process is needed here. */
interface Signalled {
  on(signal: (typeof SIGNALS)[number], listener: () => void): unknown;
  exit(code: number): void;
}

/** Aborts at the first request to end. A second one ends the process at once, with the exit code that shells expect. */
export function firstSignal(target: Signalled = process, now = (): number => performance.now()): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  for (const name of SIGNALS) {
    target.on(name, () => {
      if (!controller.signal.aborted) {
        first = now();
        controller.abort(new Failure(`interrupted by ${name}`));
      } else if (now() - first > TOGETHER_MILLISECONDS) target.exit(128 + constants.signals[name]);
    });
  }
  return controller.signal;
}
