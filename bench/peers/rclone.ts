import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { directoriesOf, freePort, makeKey, spawnServer, waitUntilListening } from '../start.ts';
import { targets, type Peer } from '../peer.ts';

const RCLONE = '/usr/bin/rclone';

/** `rclone serve sftp` of a directory; it has one user, who gets several directories. Its cache is off, as it is by itself. */
export const rclone: Peer = {
  name: 'rclone',
  program: { path: RCLONE, package: 'rclone' },
  services: new Set(['chacha20-poly1305@openssh.com']),
  async start(scratch, identity, flags) {
    await makeKey(join(scratch, 'host_key'));
    await writeFile(join(scratch, 'authorized_keys'), await readFile(`${identity}.pub`));
    const port = await freePort();
    const users = targets({ host: '127.0.0.1', port, identity }, (name) => ({
      user: 'bench',
      directory: `/${name}`,
    }));
    await directoriesOf(users, join(scratch, 'files'));
    const flagsOf = (values: Readonly<Record<string, string>>): string[] =>
      Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
    const own = flagsOf({
      addr: `127.0.0.1:${port}`,
      key: join(scratch, 'host_key'),
      'authorized-keys': join(scratch, 'authorized_keys'),
      config: '/dev/null',
      'cache-dir': join(scratch, 'cache'),
    });
    const args = ['serve', 'sftp', join(scratch, 'files'), ...own, ...flags];
    const server = spawnServer(RCLONE, args, join(scratch, 'server.log'));
    await waitUntilListening(port, server);
    return { users, pid: server.pid, stop: () => server.stop() };
  },
};
