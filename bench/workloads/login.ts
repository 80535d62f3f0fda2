import type { Workload } from '../workload.ts';

/** A session that asks one thing and leaves: what login costs in all other numbers. */
export function login(): Workload {
  return {
    name: 'login',
    prepare: () => Promise.resolve(),
    steps: [{ name: 'login', bytes: 0, files: 0, commands: () => ['pwd'] }],
  };
}
