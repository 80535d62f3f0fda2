import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import ssh2 from 'ssh2';
import { startClientServer, type StartedClientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { rawSocket } from '../support/raw-socket.ts';
import { rejection } from '../support/rejection.ts';
import { ssh2Session, type Ssh2Session } from '../support/ssh2-session.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;
const QUOTA_MIB = 2;

describe('a server of several processes', function () {
  this.timeout(60_000);
  let server: StartedClientServer;
  const sessions: Ssh2Session[] = [];

  const begin = async (...flags: string[]): Promise<void> => {
    const quota = { flags: ['--quota', `${QUOTA_MIB}MiB`] };
    server = await startClientServer({ alice: {}, bob: {}, small: quota }, '--workers', '2', ...flags);
  };
  const logIn = async (user: string): Promise<Ssh2Session> => {
    const session = await ssh2Session(server.login(user));
    sessions.push(session);
    return session;
  };
  const workers = (): number[] => childrenOf(server.process().pid);
  /** The numbers of the workers that took logins, in order. */
  const tookLogins = (user: string): string[] =>
    [
      ...server
        .process()
        .log()
        .matchAll(new RegExp(`${user} logged in  worker=(\\d)`, 'g')),
    ].map(([, number = '']) => number);
  /** The process of a worker; forked in the order of their numbers. */
  const workerOf = (number: string): number => workers().sort((a, b) => a - b)[Number(number) - 1] ?? 0;

  afterEach(async () => {
    for (const session of sessions.splice(0)) session.end();
    await server.stop();
  });

  it('spreads sessions of one user over them, which see the same files', async () => {
    await begin();
    const [one, other] = [await logIn('alice'), await logIn('alice')];
    expect(tookLogins('alice').sort()).to.deep.equal(['1', '2']);
    const content = noise(3 * MIB);
    await one.put('from-one', content);
    expect((await other.get('from-one')).equals(content)).to.equal(true);
    await other.put('from-other', content);
    await other.rename('from-one', 'renamed');
    expect((await one.names('.')).sort()).to.deep.equal(['from-other', 'renamed']);
    expect((await one.get('from-other')).equals(content)).to.equal(true);
    expect((await rejection(other.get('from-one'))).message).to.match(/No such file/i);
    for (const name of ['worker-1.sock', 'worker-2.sock', 'control.sock']) {
      expect(statSync(join(server.data, name)).mode & 0o777, name).to.equal(0o600);
    }
  });

  it('does not let 16 sessions over 2 processes pass a quota by a byte', async () => {
    await begin();
    const racers = await Promise.all(Array.from({ length: 16 }, () => logIn('small')));
    expect(new Set(tookLogins('small'))).to.deep.equal(new Set(['1', '2']));
    const size = 150_001;
    const outcomes = await Promise.all(
      racers.map(async (session, index) => {
        const stored: string[] = [];
        for (let file = 0; file < 4; file++) {
          const name = `${index}-${file}`;
          try {
            await session.put(name, noise(size));
            stored.push(name);
          } catch (error) {
            expect((error as Error).message).to.match(/quota|no space|failure/i);
          }
        }
        return stored;
      }),
    );
    const whole = outcomes.flat();
    expect(whole.length * size).to.be.at.most(QUOTA_MIB * MIB);
    // Parts of files that were refused fill what is left: no more, and nearly no less.
    const [reader] = racers as [Ssh2Session];
    const names = await reader.names('.');
    let stored = 0;
    for (const name of names) stored += (await reader.get(name)).length;
    expect(names).to.include.members(whole);
    expect(stored)
      .to.be.at.most(QUOTA_MIB * MIB)
      .and.greaterThan(QUOTA_MIB * MIB - size);
  });

  it('replaces a worker that dies: its sessions end, others go on, and reach its storages again', async () => {
    await begin();
    const [owner, guest, stranger] = [await logIn('alice'), await logIn('alice'), await logIn('bob')];
    await owner.put('kept', noise(1000));
    await guest.put('kept too', noise(1000));
    await stranger.put('file', noise(1000));
    const [ofOwner = '', ofGuest = ''] = tookLogins('alice');
    const before = workers();
    process.kill(workerOf(ofOwner), 'SIGKILL');
    await owner.ended;
    const failure = await guest.put('lost?', noise(1000)).catch((error: unknown) => error as Error);
    if (failure instanceof Error) expect(failure.message).to.match(/failure/i);
    expect((await guest.names('.')).filter((name) => name !== 'lost?').sort()).to.deep.equal([
      'kept',
      'kept too',
    ]);
    await guest.put('after', noise(1000));
    if (tookLogins('bob')[0] === ofGuest) expect(await stranger.names('.')).to.deep.equal(['file']);
    await until('another worker is there', () => workers().length === 2);
    expect(workers().filter((pid) => before.includes(pid))).to.have.lengthOf(1);
    await until('it takes clients', async () => {
      await (await logIn('alice')).put('new', noise(1000));
      return tookLogins('alice').lastIndexOf(ofOwner) > 0;
    });
    expect(server.process().log()).to.match(/error a worker process has ended.* how=SIGKILL/);
  });

  it('ends all of them with itself, when it is told to and when it is killed', async () => {
    await begin();
    const [one, other] = [await logIn('alice'), await logIn('alice')];
    const content = noise(MIB);
    await Promise.all([one.put('one', content), other.put('other', content)]);
    const first = workers();
    expect(await server.process().stop()).to.equal(0);
    await Promise.all([one.ended, other.ended]);
    expect(first.filter(isAlive)).to.deep.equal([]);
    expect(readdirSync(server.data).filter((name) => name.startsWith('worker-'))).to.deep.equal([]);
    expect(existsSync(join(server.data, 'storage/alice.db-wal'))).to.equal(false);

    await server.restart();
    const second = workers();
    expect(second).to.have.lengthOf(2);
    await server.process().kill();
    await until('its workers have ended', () => !second.some(isAlive));
    await server.restart();
    const again = await logIn('alice');
    expect((await again.get('one')).equals(content)).to.equal(true);
    expect((await again.get('other')).equals(content)).to.equal(true);
  });

  it('begins on the data of one that was killed only when its last worker has ended', async () => {
    await begin();
    const [survivor = 0] = workers();
    // One that is too busy to see that its supervisor is gone.
    process.kill(survivor, 'SIGSTOP');
    const { pid } = server.process();
    let restarted: Promise<void>;
    try {
      process.kill(pid, 'SIGKILL');
      await until('the supervisor has ended', () => !isAlive(pid));
      restarted = server.restart();
      expect(await Promise.race([restarted.then(() => 'started'), delay(1000, 'waiting')])).to.equal(
        'waiting',
      );
    } finally {
      process.kill(survivor, 'SIGCONT');
    }
    await restarted;
    expect(isAlive(survivor)).to.equal(false);
  });

  it('holds limits that are for the whole server: connections of an account, those that have not logged in', async () => {
    await begin('--sessions-per-account', '2', '--max-startups', '3');
    const [one, other] = [await logIn('alice'), await logIn('alice')];
    expect((await rejection(logIn('alice'))).message).to.match(/Too many connections of alice|lost/);
    one.end();
    await one.ended;
    await until('a place is free', () =>
      logIn('alice').then(
        () => true,
        () => false,
      ),
    );
    expect(await other.names('.')).to.deep.equal([]);
    const silent = [];
    for (let index = 0; index < 5; index++) silent.push(await rawSocket(server.process().port));
    await Promise.all(silent.slice(0, 2).map(({ closed }) => closed));
    const left = silent.filter(({ socket }) => !socket.destroyed);
    expect(left).to.have.lengthOf(3);
    for (const { socket } of left) socket.destroy();
  });

  it('counts wrong passwords of an address together', async () => {
    await begin();
    const failures = /a login failed  worker=(\d)/g;
    for (let failure = 0; failure < 11; failure++) await wrongPassword();
    const log = server.process().log();
    expect(log.match(failures)).to.have.lengthOf(11);
    expect(new Set(log.match(failures))).to.have.property('size', 2);
    // Ten are free; wherever the next one comes, it is not looked at.
    await Promise.all([wrongPassword(), wrongPassword()]);
    expect(server.process().log().match(failures)).to.have.lengthOf(11);
  });

  /** Tries once, and waits until the server has had enough. */
  async function wrongPassword(): Promise<void> {
    const { host, port } = server.login('alice');
    const client = new ssh2.Client();
    const refused = new Promise<void>((resolve) => client.on('error', () => resolve()));
    client.connect({ host, port, username: 'alice', password: 'wrong' });
    try {
      await refused;
    } finally {
      client.end();
    }
  }
});
