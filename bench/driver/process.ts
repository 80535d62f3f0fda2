import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SftpTarget } from '../peer.ts';
import type { Outcome, Run } from '../workload.ts';
import type { Job } from './jobs.ts';
import type { Command, Report } from './main.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** A scripted SFTP client in a process of its own. One session at a time. */
export class Driver {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(MAIN, { execArgv: ['--import', 'tsx'] });
  }

  /** Logs in; answers what is to be timed: the job, without login and goodbye. */
  async begin(target: SftpTarget, cipher: string | undefined, job: Job): Promise<Run> {
    await this.#ask({ do: 'connect', target, cipher });
    return async () => {
      try {
        return await this.#ask({ do: 'run', job });
      } finally {
        await this.#ask({ do: 'close' }).catch(() => {});
      }
    };
  }

  /** The same, not timed. */
  async run(target: SftpTarget, cipher: string | undefined, job: Job): Promise<void> {
    await (
      await this.begin(target, cipher, job)
    )();
  }

  /** Ends a job that has no end of its own. */
  enough(): void {
    this.#child.send({ do: 'enough' } satisfies Command);
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    this.#child.kill();
    await exit;
  }

  async #ask(command: Command): Promise<Outcome> {
    const ending = new AbortController();
    const gone = once(this.#child, 'exit', { signal: ending.signal }).then(() => {
      throw new Error('the scripted client has ended');
    });
    gone.catch(() => {});
    const answer = once(this.#child, 'message', { signal: ending.signal });
    this.#child.send(command);
    try {
      const [report] = (await Promise.race([answer, gone])) as [Report];
      if ('error' in report) throw new Error(report.error);
      return report.outcome;
    } finally {
      ending.abort();
    }
  }
}
