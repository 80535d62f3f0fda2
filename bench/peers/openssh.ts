import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { directoriesOf, freePort, makeKey, spawnServer, waitUntilListening } from '../start.ts';
import { targets, type Peer } from '../peer.ts';

const SSHD = '/usr/sbin/sshd';
/** Where sshd, started by root, wants to lock its unprivileged half in. */
const PRIVILEGE_SEPARATION = '/run/sshd';

/** OpenSSH's own server with `internal-sftp`, for whoever runs the benchmark. */
export const openssh: Peer = {
  name: 'openssh',
  program: { path: SSHD, package: 'openssh-server' },
  services: new Set(['scp', 'rsync', 'shell', 'writes at random', 'chacha20-poly1305@openssh.com']),
  async start(scratch, identity, flags) {
    if (userInfo().uid === 0) await mkdir(PRIVILEGE_SEPARATION, { recursive: true });
    await makeKey(join(scratch, 'host_key'));
    await writeFile(join(scratch, 'authorized_keys'), await readFile(`${identity}.pub`));
    const port = await freePort();
    await writeFile(join(scratch, 'sshd_config'), configuration(scratch, port));
    const users = targets({ host: '127.0.0.1', port, identity }, (name) => ({
      user: userInfo().username,
      directory: join(scratch, name),
    }));
    await directoriesOf(users);
    // sshd wants its absolute path; -e keeps its log away from the machine's.
    const server = spawnServer(
      SSHD,
      ['-D', '-e', '-f', join(scratch, 'sshd_config'), ...flags],
      join(scratch, 'server.log'),
    );
    await waitUntilListening(port, server);
    return { users, pid: server.pid, stop: () => server.stop() };
  },
};

function configuration(scratch: string, port: number): string {
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(scratch, 'host_key')}`,
    `AuthorizedKeysFile ${join(scratch, 'authorized_keys')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'UseDNS no',
    'MaxStartups 1000',
    'LogLevel ERROR',
    'Subsystem sftp internal-sftp',
  ];
  return `${lines.join('\n')}\n`;
}
