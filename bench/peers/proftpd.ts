import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { directoriesOf, freePort, makeKey, spawnServer, waitUntilListening } from '../start.ts';
import { targets, USERS, type Peer } from '../peer.ts';

const PROFTPD = '/usr/sbin/proftpd';
const PRIVATE = 0o600;

/** ProFTPD with mod_sftp; its users are virtual and have the uid of whoever runs the benchmark. */
export const proftpd: Peer = {
  name: 'proftpd',
  program: { path: PROFTPD, package: 'proftpd-core, and proftpd-mod-crypto' },
  services: new Set(['scp', 'writes at random']),
  async start(scratch, identity, flags) {
    await makeKey(join(scratch, 'host_key'));
    // mod_sftp reads keys in the format of RFC 4716.
    const { stdout } = await promisify(execFile)('ssh-keygen', ['-e', '-f', `${identity}.pub`]);
    await writeFile(join(scratch, 'authorized_keys'), stdout);
    const port = await freePort();
    const users = targets({ host: '127.0.0.1', port, identity }, (user) => ({
      user,
      directory: join(scratch, user),
    }));
    await directoriesOf(users);
    const { uid, gid } = userInfo();
    const rows = users.map(({ user, directory }) => `${user}:x:${uid}:${gid}::${directory}:/bin/sh\n`);
    await writeFile(join(scratch, 'passwd'), rows.join(''), { mode: PRIVATE });
    await chmod(join(scratch, 'host_key'), PRIVATE);
    await mkdir(join(scratch, 'run'));
    const group = await promisify(execFile)('id', ['-gn']);
    const lines = configuration(scratch, port, group.stdout.trim());
    await writeFile(join(scratch, 'proftpd.conf'), lines);
    const args = ['-n', '-q', '-c', join(scratch, 'proftpd.conf'), ...flags];
    const server = spawnServer(PROFTPD, args, join(scratch, 'server.log'));
    await waitUntilListening(port, server);
    return { users, pid: server.pid, stop: () => server.stop() };
  },
};

function configuration(scratch: string, port: number, group: string): string {
  const lines = [
    'ServerType standalone',
    'LoadModule mod_sftp.c',
    'DefaultAddress 127.0.0.1',
    `Port ${port}`,
    'UseIPv6 off',
    'UseReverseDNS off',
    `PidFile ${join(scratch, 'run/pid')}`,
    `ScoreboardFile ${join(scratch, 'run/scoreboard')}`,
    `SystemLog ${join(scratch, 'run/system.log')}`,
    `SFTPLog ${join(scratch, 'run/sftp.log')}`,
    'WtmpLog off',
    'TransferLog none',
    'RequireValidShell off',
    'RootLogin on',
    `User ${userInfo().username}`,
    `Group ${group}`,
    `AuthUserFile ${join(scratch, 'passwd')}`,
    'AuthOrder mod_auth_file.c',
    `MaxInstances ${100 * USERS}`,
    'SFTPEngine on',
    `SFTPHostKey ${join(scratch, 'host_key')}`,
    'SFTPAuthMethods publickey',
    `SFTPAuthorizedUserKeys file:${join(scratch, 'authorized_keys')}`,
    'AllowOverwrite on',
    'AllowStoreRestart on',
  ];
  return `${lines.join('\n')}\n`;
}
