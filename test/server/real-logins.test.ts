import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import ssh2 from 'ssh2';
import { generateOpensshKeyPair, type OpensshKeyPair } from '../../keys/openssh-key-pair.ts';
import { sshOptions, trySftp } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, succeed, type Finished } from '../support/run-program.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PASSWORD = 'pässword $1 "x"';

describe('logins by real clients', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let server: TestServer;
  let hostKeys: OpensshKeyPair[];

  before(async function () {
    requireProgram(this, 'sftp');
    requireProgram(this, 'ssh-keygen');
    requireProgram(this, 'sshpass');
    const types = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'] as const;
    hostKeys = await Promise.all(types.map((type) => generateOpensshKeyPair(type, 'host')));
    server = await startTestServer({
      accounts: { alice: { password: PASSWORD, shell: false }, bob: {} },
      hostKeys,
    });
  });

  after(() => server.stop());

  /** `sftp` with options of its own and none of the person's configuration. */
  const sftpWith = (options: readonly string[], user = 'alice', password?: string): Promise<Finished> => {
    const { port, host, knownHosts } = server.login(user);
    const fixed = [
      `UserKnownHostsFile=${knownHosts}`,
      'StrictHostKeyChecking=yes',
      'GlobalKnownHostsFile=/dev/null',
      'IdentityAgent=none',
      'IdentitiesOnly=yes',
    ];
    const args = [
      '-F',
      '/dev/null',
      '-P',
      String(port),
      ...[...fixed, ...options].flatMap((option) => ['-o', option]),
      `${user}@${host}`,
    ];
    const input = 'pwd\n';
    if (password === undefined) return runProgram('sftp', args, { input });
    return runProgram('sshpass', ['-e', 'sftp', ...args], { input, env: { SSHPASS: password } });
  };

  const kinds = [
    ['ed25519', []],
    ['ecdsa', ['-b', '256']],
    ['ecdsa', ['-b', '384']],
    ['ecdsa', ['-b', '521']],
    ['rsa', ['-b', '2048']],
    ['rsa', ['-b', '4096']],
  ] as const;
  for (const [type, bits] of kinds) {
    it(`are let in by a key of ssh-keygen -t ${[type, ...bits].join(' ')}`, async () => {
      const identity = join(directory(), 'key');
      await succeed('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-f', identity]);
      const account = server.accounts.get('bob');
      const line = readFileSync(`${identity}.pub`, 'utf8');
      const [keyType = '', blob = ''] = line.split(' ');
      const key = { type: keyType, blob: Buffer.from(blob, 'base64'), comment: '', options: {} };
      if (account !== undefined) server.accounts.set('bob', { ...account, keys: [key] });
      const options = [`IdentityFile=${identity}`, 'BatchMode=yes'];
      const finished = await sftpWith(options, 'bob');
      expect(finished.stdout, finished.stderr).to.contain('Remote working directory: /');
      const refused = await sftpWith(options, 'alice');
      expect(refused.status).to.equal(255);
      expect(refused.stderr).to.contain('Permission denied (publickey,password,keyboard-interactive)');
    });
  }

  for (const algorithm of ['rsa-sha2-256', 'rsa-sha2-512']) {
    it(`know the server by its RSA key and ${algorithm}`, async () => {
      const { identity } = server.login('alice');
      const finished = await sftpWith([`IdentityFile=${identity}`, `HostKeyAlgorithms=${algorithm}`]);
      expect(finished.status, finished.stderr).to.equal(0);
    });
  }

  for (const algorithm of ['ssh-ed25519', 'ecdsa-sha2-nistp256']) {
    it(`know the server by its key of type ${algorithm}`, async () => {
      const { identity } = server.login('alice');
      const finished = await sftpWith([`IdentityFile=${identity}`, `HostKeyAlgorithms=${algorithm}`]);
      expect(finished.status, finished.stderr).to.equal(0);
    });
  }

  for (const method of ['password', 'keyboard-interactive']) {
    it(`are let in by the right password and ${method}, and by no other`, async () => {
      const options = [
        `PreferredAuthentications=${method}`,
        'PubkeyAuthentication=no',
        'NumberOfPasswordPrompts=1',
      ];
      const right = await sftpWith(options, 'alice', PASSWORD);
      expect(right.stdout, right.stderr).to.contain('Remote working directory: /');
      for (const [user, password] of [
        ['alice', 'wrong'],
        ['bob', PASSWORD],
        ['nobody', PASSWORD],
      ] as const) {
        const wrong = await sftpWith(options, user, password);
        expect(wrong.status, wrong.stderr).not.to.equal(0);
        expect(wrong.stdout).not.to.contain('Remote working directory');
      }
    });
  }

  const offered = {
    KexAlgorithms: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
    ],
    Ciphers: [
      'chacha20-poly1305@openssh.com',
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
    ],
  };
  for (const [option, names] of Object.entries(offered)) {
    for (const name of names) {
      it(`speak with ${option}=${name}`, async () => {
        const { identity } = server.login('alice');
        const finished = await sftpWith([`IdentityFile=${identity}`, `${option}=${name}`]);
        expect(finished.status, finished.stderr).to.equal(0);
      });
    }
  }

  for (const mac of [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
  ]) {
    it(`speak with MACs=${mac}`, async () => {
      const { identity } = server.login('alice');
      const finished = await sftpWith([`IdentityFile=${identity}`, 'Ciphers=aes256-ctr', `MACs=${mac}`]);
      expect(finished.status, finished.stderr).to.equal(0);
    });
  }

  for (const weak of [
    'Ciphers=aes128-cbc',
    'KexAlgorithms=diffie-hellman-group14-sha1',
    'KexAlgorithms=diffie-hellman-group14-sha256',
    'MACs=hmac-sha1',
    'HostKeyAlgorithms=ssh-rsa',
  ]) {
    it(`cannot agree on ${weak}`, async () => {
      const { identity } = server.login('alice');
      const cipher = weak.startsWith('MACs') ? ['Ciphers=aes128-ctr'] : [];
      const finished = await sftpWith([`IdentityFile=${identity}`, weak, ...cipher]);
      expect(finished.status).to.equal(255);
      expect(finished.stderr).to.contain('no matching');
    });
  }

  it('see strict key exchange, the signatures that the server takes, and no compression', async () => {
    const { identity } = server.login('alice');
    const { stderr } = await sftpWith([`IdentityFile=${identity}`, 'LogLevel=DEBUG3', 'Compression=yes']);
    expect(stderr).to.match(
      /debug1: Remote protocol version 2\.0, remote software version AnyFS_\d+\.\d+\.\d+/,
    );
    expect(stderr).to.contain('will use strict KEX ordering');
    expect(stderr).to.contain(
      'server-sig-algs=<ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256>',
    );
    expect(stderr).to.match(/kex: server->client .* compression: none/);
  });

  it('are told that there is no shell, with or without a terminal, and get status 1', async function () {
    const ssh = requireProgram(this, 'ssh');
    const login = server.login('alice');
    const requests = [['-T'], ['-tt']];
    for (const flags of requests) {
      const args = [...flags, '-p', String(login.port), ...sshOptions(login), `alice@${login.host}`];
      const finished = await runProgram(ssh, args);
      expect(finished.status).to.equal(1);
      expect(finished.stdout + finished.stderr).to.contain(
        'This account has no shell; sftp, scp and plain commands work.',
      );
    }
  });

  it('share one connection for many sessions', async function () {
    const ssh = requireProgram(this, 'ssh');
    const login = server.login('alice');
    const control = join(directory(), 'mux');
    const shared = ['-o', `ControlPath=${control}`];
    await succeed(
      ssh,
      ['-f', '-N', '-M', ...shared, '-p', String(login.port), ...sshOptions(login), `alice@${login.host}`],
      { timeout: 20_000 },
    );
    const before = server.log.lines.filter(({ message }) => message === 'alice logged in').length;
    const many = await Promise.all(
      Array.from({ length: 5 }, () => trySftp(login, ['pwd'], { args: shared })),
    );
    for (const finished of many) expect(finished.status, finished.stderr).to.equal(0);
    expect(server.log.lines.filter(({ message }) => message === 'alice logged in').length).to.equal(before);
    await runProgram(ssh, ['-O', 'exit', ...shared, `alice@${login.host}`]);
  });

  it('with ssh2 in them are let in by key and by password', async () => {
    const { host, port, identity } = server.login('alice');
    for (const secret of [{ privateKey: readFileSync(identity) }, { password: PASSWORD }]) {
      const client = new ssh2.Client();
      const entries = await new Promise<number>((resolve, reject) => {
        client.once('error', reject);
        client.once('ready', () => {
          client.sftp((error, sftp) => {
            if (error !== undefined) return reject(error);
            sftp.readdir('/', (failure, list) =>
              failure === undefined ? resolve(list.length) : reject(failure),
            );
          });
        });
        client.connect({ host, port, username: 'alice', ...secret });
      });
      expect(entries).to.equal(0);
      const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
      client.end();
      await closed;
    }
  });

  it('with paramiko in them are let in by key and by password', async function () {
    requireProgram(this, 'python3');
    const { host, port, identity } = server.login('alice');
    const script = `
import sys, paramiko
host, port, identity, password = sys.argv[1:5]
for secret in ({'key_filename': identity}, {'password': password}):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(host, int(port), 'alice', look_for_keys=False, allow_agent=False, **secret)
    print(client.open_sftp().listdir('/'))
    client.close()
`;
    const { stdout } = await succeed('/usr/bin/python3', [
      '-c',
      script,
      host,
      String(port),
      identity,
      PASSWORD,
    ]);
    expect(stdout).to.equal('[]\n[]\n');
  });
});
