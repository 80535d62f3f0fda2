import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { startServer } from '../../server/listen.ts';
import { DISCONNECT, MESSAGE } from '../../server/ssh/messages.ts';
import { message, string, uint32 } from '../../server/ssh/wire.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { captureLog } from '../support/captured-log.ts';
import { sftp, trySftp } from '../support/login.ts';
import {
  channelData,
  channelRequest,
  loggedInClient,
  openSession,
  openSftp,
  passwordRequest,
  rawClient,
  requestLoginService,
} from '../support/raw-client.ts';
import { rawSocket } from '../support/raw-socket.ts';
import { rejection } from '../support/rejection.ts';
import { requireProgram } from '../support/require-program.ts';
import {
  memoryStorage,
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '../support/server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** SFTP's OPEN for writing a new file, as request 1. */
function openForWriting(path: string): Buffer {
  const body = Buffer.concat([Buffer.of(3), uint32(1), string(path), uint32(0x1a), uint32(0)]);
  return Buffer.concat([uint32(body.length), body]);
}

describe('the life of a server', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let server: TestServer;

  const start = async (options: Partial<TestServerOptions> = {}): Promise<void> => {
    server = await startTestServer({
      accounts: { alice: { password: 'secret' }, bob: { password: 'secret' } },
      ...options,
    });
  };

  before(function () {
    requireProgram(this, 'sftp');
  });

  afterEach(() => server.stop());

  for (const [name, greeting] of [
    ['say nothing', ''],
    ['stop in the middle of the key exchange', 'SSH-2.0-stalled\r\n'],
  ] as const) {
    it(`lets a person in within a second while 2,000 connections ${name}`, async () => {
      await start();
      const quiet = performance.now();
      await sftp(server.login('alice'), ['pwd']);
      const usual = performance.now() - quiet;
      const flood = await Promise.all(
        Array.from({ length: 2000 }, async () => {
          const stalled = await rawSocket(server.port);
          stalled.socket.write(greeting);
          return stalled;
        }),
      );
      const closed = (): number =>
        server.log.lines.filter(({ message: text }) => text === 'connection closed').length;
      // One more than the flood: the person's, before it.
      await until('all have been accepted', () => closed() + server.server.connectionCount > 2000);
      const begun = performance.now();
      await sftp(server.login('alice'), ['pwd']);
      // A machine that is busy with other things is slow without a flood too.
      expect(performance.now() - begun).to.be.lessThan(Math.max(1000, 4 * usual));
      expect(server.server.connectionCount).to.be.at.most(101);
      for (const { socket } of flood) socket.destroy();
      await Promise.all(flood.map(({ closed }) => closed));
      await until('no connection is left', () => server.server.connectionCount === 0);
      expect(server.log.alarms).to.deep.equal([]);
    });
  }

  it('refuses more connections of one account than the limit, and not of another', async () => {
    await start({ config: { sessionsPerAccount: 2 } });
    const clients = [
      await loggedInClient(server.port, 'alice', 'secret'),
      await loggedInClient(server.port, 'alice', 'secret'),
    ];
    const third = await rawClient(server.port);
    await requestLoginService(third);
    third.send(passwordRequest('alice', 'secret'));
    const { fields } = await third.take(MESSAGE.disconnect);
    expect(fields.uint32()).to.equal(DISCONNECT.tooManyConnections);
    expect(third.received.filter(({ type }) => type === MESSAGE.userAuthSuccess)).to.deep.equal([]);
    clients.push(await loggedInClient(server.port, 'bob', 'secret'));
    await clients[0]?.close();
    await until('one connection is gone', () => server.server.connectionCount === 2);
    clients.push(await loggedInClient(server.port, 'alice', 'secret'));
    await Promise.all(clients.map((client) => client.close()));
  });

  it('closes the handles of a connection that is cut in mid-upload, and its storage some time later', async () => {
    await start({ config: { storageIdleSeconds: 0.05 } });
    const client = await loggedInClient(server.port, 'alice', 'secret');
    const channel = await openSftp(client);
    client.send(channelData(channel, openForWriting('/upload')));
    await client.take(MESSAGE.channelData);
    expect(server.server.storages.isHeld('alice')).to.equal(true);
    await client.close();
    await until('the handle is closed', () => server.traces.some(({ op }) => op === 'close'));
    await until('the storage is closed', () => !server.server.storages.isHeld('alice'));
    expect(server.log.alarms).to.deep.equal([]);
  });

  it('keeps what a broken storage does inside its own session', async () => {
    const broken = new Error('no VfsError at all');
    const breakStorage = (backend: VfsBackend): VfsBackend => ({
      ...backend,
      capabilities: backend.capabilities,
      dispose: () => backend.dispose(),
      resolve: () => {
        throw broken;
      },
      lstat: () => Promise.reject(broken),
      readdir: (): never => {
        throw broken;
      },
    });
    await start({
      openStorage: async (owner) =>
        owner.name === 'alice' ? breakStorage(await memoryStorage(owner)) : memoryStorage(owner),
    });
    const failed = await trySftp(server.login('alice'), ['ls /x', 'mkdir /y']);
    expect(failed.status).not.to.equal(0);
    await sftp(server.login('bob'), ['mkdir /x', 'ls /x']);
  });

  it('tells the one person whose storage cannot be opened, and the log why', async () => {
    await start({
      openStorage: async (owner) => {
        if (owner.name === 'alice') throw new Error('file is not a database');
        return memoryStorage(owner);
      },
    });
    const refused = await trySftp(server.login('alice'), ['pwd']);
    expect(refused.status).not.to.equal(0);
    expect(refused.stderr).to.contain('Your storage is not available at the moment.');
    expect(refused.stderr).not.to.contain('database');
    expect(server.log.alarms.map(({ fields }) => String(fields['error']))).to.deep.equal([
      'Error: file is not a database',
    ]);
    await sftp(server.login('bob'), ['pwd']);
  });

  it('shares one open storage among the sessions of an account', async () => {
    const opened: string[] = [];
    await start({
      openStorage: async (owner) => {
        opened.push(owner.name);
        return memoryStorage(owner);
      },
    });
    await sftp(server.login('alice'), ['mkdir /shared']);
    await Promise.all(Array.from({ length: 4 }, () => sftp(server.login('alice'), ['ls /shared'])));
    expect(opened).to.deep.equal(['alice']);
  });

  it('keeps files in SQLite where they are found again after it was closed and started', async () => {
    await start({ storage: 'sqlite', config: { storageIdleSeconds: 0.01 } });
    const [there, back] = [join(directory(), 'there'), join(directory(), 'back')];
    writeFileSync(there, randomBytes(1_000_000));
    await sftp(server.login('alice'), [`put ${there} /file`]);
    await until('the storage is closed', () => !server.server.storages.isHeld('alice'));
    await sftp(server.login('alice'), [`get /file ${back}`, 'ls -la /']);
    expect(readFileSync(back).equals(readFileSync(there))).to.equal(true);
    expect(server.log.alarms).to.deep.equal([]);
  });

  it('says goodbye to everybody when it closes, and nothing is left', async () => {
    await start();
    const client = await loggedInClient(server.port, 'alice', 'secret');
    await openSftp(client);
    const silent = await rawSocket(server.port);
    await server.server.close();
    const { fields } = await client.take(MESSAGE.disconnect);
    expect(fields.uint32()).to.equal(DISCONNECT.byApplication);
    expect(fields.text()).to.equal('The server is shutting down.');
    await Promise.all([client.closed, silent.closed]);
    expect(server.server.connectionCount).to.equal(0);
    expect(server.server.storages.names).to.deep.equal([]);
    expect((await rejection(rawClient(server.port))).message).to.contain('closed');
  });

  it('lets a session end by itself within the grace time, and only those that have logged in', async () => {
    await start();
    const client = await loggedInClient(server.port, 'alice', 'secret');
    const channel = await openSftp(client);
    const silent = await rawSocket(server.port);
    const closing = server.server.close({ graceMs: 20_000 });
    await silent.closed;
    client.send(channelData(channel, openForWriting('/late')));
    await client.take(MESSAGE.channelData);
    client.send(message(MESSAGE.disconnect, uint32(DISCONNECT.byApplication), string(''), string('')));
    await closing;
    expect(client.received.filter(({ type }) => type === MESSAGE.disconnect)).to.deep.equal([]);
    await client.closed;
  });

  it('ends a session when the grace time is over', async () => {
    await start();
    const client = await loggedInClient(server.port, 'alice', 'secret');
    const begun = performance.now();
    await server.server.close({ graceMs: 200 });
    expect(performance.now() - begun).to.be.within(190, 2000);
    await client.take(MESSAGE.disconnect);
  });

  it('does not start where an address is taken, and leaves no other behind', async () => {
    await start();
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as { port: number };
    const listen = [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port },
    ];
    const config = { ...server.config, listen };
    const refused = await rejection(
      startServer({
        config,
        accounts: { find: () => undefined, nameOfUid: () => undefined },
        hostKeys: [server.hostKey],
        log: captureLog(),
      }),
    );
    expect((refused as NodeJS.ErrnoException).code).to.equal('EADDRINUSE');
    await new Promise((resolve) => probe.close(resolve));
  });

  it('listens on several addresses, IPv6 among them', async () => {
    await start({
      config: {
        listen: [
          { host: '127.0.0.1', port: 0 },
          { host: '::1', port: 0 },
        ],
      },
    });
    const [, second] = server.server.addresses;
    expect(second?.host).to.equal('::1');
    const login = server.login('alice');
    const six = { ...login, host: '::1', port: second?.port ?? 0 };
    const line = readFileSync(login.knownHosts, 'utf8').replace(/^\S+/, `[::1]:${six.port}`);
    writeFileSync(login.knownHosts, line, { flag: 'a' });
    await sftp({ ...six, host: '[::1]' }, ['pwd']);
  });

  it('closes a connection whose client no longer answers, and keeps one that does', async () => {
    await start({ config: { keepAliveSeconds: 0.1, keepAliveCount: 2 } });
    const dead = await loggedInClient(server.port, 'alice', 'secret');
    const alive = await loggedInClient(server.port, 'bob', 'secret');
    const timer = setInterval(() => {
      const question = alive.received.findIndex(({ type }) => type === MESSAGE.globalRequest);
      if (question === -1) return;
      alive.received.splice(question, 1);
      alive.send(message(MESSAGE.requestFailure));
    }, 10);
    await dead.closed;
    expect(dead.received.filter(({ type }) => type === MESSAGE.globalRequest)).to.have.length(2);
    await openSftp(alive);
    clearInterval(timer);
    const line = await server.log.waitFor(({ message: text }) => text === 'connection closed');
    expect(String(line.fields['reason'])).to.contain('has not answered');
    await alive.close();
  });

  it('logs who logged in, how and from where', async () => {
    await start();
    await sftp(server.login('alice'), ['pwd']);
    const line = await server.log.waitFor(({ message: text }) => text === 'alice logged in');
    expect(line.fields).to.include({ user: 'alice', address: '127.0.0.1' });
    expect(line.fields['method']).to.match(/^publickey ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}$/);
  });

  it('serves 50 sessions at once', async () => {
    await start();
    const file = join(directory(), 'data');
    writeFileSync(file, randomBytes(200_000));
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const user = index % 2 === 0 ? 'alice' : 'bob';
        return sftp(server.login(user), [`put ${file} /f${index}`, `get /f${index} ${file}.${index}`]);
      }),
    );
    for (let index = 0; index < 50; index++) {
      expect(readFileSync(`${file}.${index}`).equals(readFileSync(file)), `file ${index}`).to.equal(true);
    }
  });

  it('ends a channel that is opened and never used when its connection ends', async () => {
    await start();
    const client = await loggedInClient(server.port, 'alice', 'secret');
    await openSession(client);
    const channel = await openSession(client, { number: 1 });
    client.send(
      channelRequest(
        channel,
        'pty-req',
        true,
        string('xterm'),
        uint32(80),
        uint32(24),
        uint32(0),
        uint32(0),
        string(''),
      ),
    );
    await client.take(MESSAGE.channelSuccess);
    await client.close();
    await until('no connection is left', () => server.server.connectionCount === 0);
  });
});
