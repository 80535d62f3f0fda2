import type { SftpTarget } from '../peer.ts';
import type { Outcome } from '../workload.ts';
import { SftpConnection } from './connection.ts';
import { doJob, type Job } from './jobs.ts';

/** What the benchmark tells a scripted client. */
export type Command =
  | { readonly do: 'connect'; readonly target: SftpTarget; readonly cipher: string | undefined }
  | { readonly do: 'run'; readonly job: Job }
  /** A job without an end shall end. */
  | { readonly do: 'enough' }
  | { readonly do: 'close' };

/** What it hears back from each command but `enough`. */
export type Report = { readonly error: string } | { readonly outcome: Outcome };

let connection: SftpConnection | undefined;
let ending = new AbortController();

/** `value` is seconds unless the job says otherwise. */
async function obey(command: Exclude<Command, { readonly do: 'enough' }>): Promise<Outcome> {
  if (command.do === 'connect') {
    connection = await SftpConnection.open(command.target, command.cipher);
    return {};
  }
  if (connection === undefined) throw new Error('not connected');
  if (command.do === 'close') {
    await connection.close();
    connection = undefined;
    return {};
  }
  ending = new AbortController();
  const begun = performance.now();
  const outcome = await Promise.race([doJob(connection, command.job, ending.signal), connection.failed]);
  return { value: (performance.now() - begun) / 1000, ...outcome };
}

process.on('message', (command: Command) => {
  if (command.do === 'enough') return ending.abort();
  obey(command).then(
    (outcome) => process.send?.({ outcome } satisfies Report),
    (error: unknown) => process.send?.({ error: (error as Error).message } satisfies Report),
  );
});
