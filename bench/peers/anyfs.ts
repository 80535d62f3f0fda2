import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnServer, waitForLine } from '../start.ts';
import { targets, type Peer } from '../peer.ts';

/** The built program. */
export const ANYFS = fileURLToPath(new URL('../../bin/anyfs.js', import.meta.url));

/** This server as built, with the settings that it has by itself; further ones as flags of `anyfs serve`. */
export const anyfs: Peer = {
  name: 'anyfs',
  services: new Set(['scp', 'rsync', 'shell', 'writes at random', 'chacha20-poly1305@openssh.com']),
  async start(scratch, identity, flags) {
    const data = join(scratch, 'data');
    const usersAt = (port: number) =>
      targets({ host: '127.0.0.1', port, identity }, (user) => ({ user, directory: '' }));
    for (const { user } of usersAt(0)) {
      const add = ['user', 'add', user, '--data', data, '--key', `${identity}.pub`];
      await promisify(execFile)(process.execPath, [ANYFS, ...add]);
    }
    const log = join(scratch, 'server.log');
    const args = [ANYFS, 'serve', '--data', data, '--listen', '127.0.0.1:0', ...flags];
    const server = spawnServer(process.execPath, args, log);
    const [, port] = await waitForLine(log, /sftp -P (\d+) /, server);
    return { users: usersAt(Number(port)), pid: server.pid, stop: () => server.stop() };
  },
};
