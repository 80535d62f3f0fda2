import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnServer, waitForLine } from '../start.ts';
import type { Peer } from '../peer.ts';

/** The built program. */
export const ANYFS = fileURLToPath(new URL('../../bin/anyfs.js', import.meta.url));
const USER = 'bench';

/** This server as built, in a process of its own, with the settings it has by itself. */
export const anyfs: Peer = {
  name: 'anyfs',
  async start(scratch, identity) {
    const data = join(scratch, 'data');
    await promisify(execFile)(process.execPath, [
      ANYFS,
      'user',
      'add',
      USER,
      '--data',
      data,
      '--key',
      `${identity}.pub`,
    ]);
    const log = join(scratch, 'server.log');
    const server = spawnServer(
      process.execPath,
      [ANYFS, 'serve', '--data', data, '--listen', '127.0.0.1:0'],
      log,
    );
    const [, port] = await waitForLine(log, /sftp -P (\d+) /, server);
    const target = { host: '127.0.0.1', port: Number(port), user: USER, identity, directory: '' };
    return { target, pid: server.pid, stop: () => server.stop() };
  },
};
