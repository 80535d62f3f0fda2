import { connect } from 'node:net';
import { join } from 'node:path';
import type { ListenAddress } from '../config/schema.ts';

/** Questions to the running server: a JSON object a line. */
export type ControlRequest =
  | { readonly op: 'status' }
  /** Where is that account's storage? */
  | { readonly op: 'storage'; readonly name: string };

export interface ServerStatus {
  readonly pid: number;
  readonly version: string;
  readonly listen: readonly ListenAddress[];
  readonly connections: number;
  /** Names of the storages that it has open. */
  readonly storages: readonly string[];
}

export interface StorageStatus {
  readonly name: string;
  /** The socket in the data directory behind which it is (storage-door.ts); absent: the server does not have it open. */
  readonly door?: string | undefined;
}

type Answers = { readonly status: ServerStatus; readonly storage: StorageStatus };

const SOCKET = 'control.sock';
const ANSWER_MILLISECONDS_MAX = 3000;
const ANSWER_LENGTH_MAX = 1 << 20;

/** Where the server of a data directory listens for its command line. */
export function controlSocketPath(data: string): string {
  return join(data, SOCKET);
}

/** Asks the running server and answers what it says. Rejects where there is none, or it does not answer in 3 s. */
export function askServer<R extends ControlRequest>(data: string, request: R): Promise<Answers[R['op']]> {
  const socket = connect(controlSocketPath(data));
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(ANSWER_MILLISECONDS_MAX, () => socket.destroy(new Error('the server does not answer')));
  socket.write(`${JSON.stringify(request)}\n`);
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end === -1 && text.length > ANSWER_LENGTH_MAX) socket.destroy(new Error('the answer is too long'));
      if (end === -1) return;
      socket.destroy();
      try {
        // Both ends are of one version of this package, so the answer has the shape that belongs to the question.
        resolve(parseAnswer(text.slice(0, end)) as Answers[R['op']]);
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server did not answer')));
  });
}

function parseAnswer(line: string): object {
  const answer = JSON.parse(line) as { readonly error?: unknown };
  if (typeof answer.error === 'string') throw new Error(answer.error);
  return answer;
}
