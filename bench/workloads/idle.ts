import { setTimeout as delay } from 'node:timers/promises';
import { SftpConnection } from '../driver/connection.ts';
import { userOf, type RunningPeer } from '../peer.ts';
import { memoryBytes } from '../process-tree.ts';
import type { Inputs, Outcome, Workload } from '../workload.ts';
import { openShell } from './shell-session.ts';

const AT_ONCE = 8;
/** What is only needed to log in has been let go of by then. */
const REST_MILLISECONDS = 2000;

interface Session {
  close(): Promise<void>;
}

/** Memory of the server's processes for each SFTP session that does nothing, the users in turn. */
export function idle({ sessions, ciphers }: Inputs): Workload {
  const open = (peer: RunningPeer, number: number) => SftpConnection.open(userOf(peer, number), ciphers[0]);
  return {
    name: 'idle',
    steps: [
      {
        name: `${sessions} idle sessions, each`,
        bytes: 0,
        count: sessions,
        unit: 'MiB',
        begin: async (peer) => () => memoryOf(peer, sessions, open),
      },
    ],
  };
}

/** The same of shells. */
export function idleShells({ shells }: Inputs): Workload {
  const open = (peer: RunningPeer, number: number) => openShell(userOf(peer, number));
  return {
    name: 'idle-shells',
    steps: [
      {
        name: `${shells} idle shells, each`,
        bytes: 0,
        count: shells,
        unit: 'MiB',
        needs: 'shell',
        begin: async (peer) => () => memoryOf(peer, shells, open),
      },
    ],
  };
}

async function memoryOf(
  peer: RunningPeer,
  count: number,
  open: (peer: RunningPeer, number: number) => Promise<Session>,
): Promise<Outcome> {
  const before = memoryBytes(peer.pid);
  const opened: Session[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) opened.push(await open(peer, next++));
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    await delay(REST_MILLISECONDS);
    const total = memoryBytes(peer.pid);
    return { value: (total - before) / count / 2 ** 20, figures: { 'total MiB': total / 2 ** 20 } };
  } finally {
    await Promise.all(opened.map((session) => session.close()));
  }
}
