import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { checkStorage, SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import { randomSource } from '../conformance/expectations.ts';
import { startClientServer, type StartedClientServer } from '../support/client-server.ts';
import { mixedLoad, type MixedLoad } from '../support/mixed-load.ts';
import { childrenOf } from '../support/processes.ts';
import { ssh2Session, type Ssh2Session } from '../support/ssh2-session.ts';

const ROUNDS = 100;
/** Of so many rounds, one kills the whole server, the others a worker. */
const SERVER_EVERY = 5;
const WORKERS = 3;
const SOONEST_MILLISECONDS = 30;
const LATEST_MILLISECONDS = 250;
const SEED = 20_261_125;
/** The first two share a storage. */
const USERS = ['alice', 'alice', 'bob'] as const;

describe(`a server whose processes are killed at random moments, ${ROUNDS} times`, function () {
  // On a machine of its own it is done in a quarter of this.
  this.timeout(360_000);
  let server: StartedClientServer;

  before(async () => {
    server = await startClientServer({ alice: {}, bob: {} }, '--workers', String(WORKERS));
  });
  after(async () => {
    await server.stop();
  });

  it('loses nothing that was acknowledged, and its storages pass their check with the right quota', async () => {
    const below = randomSource(SEED);
    const moment = (): number => SOONEST_MILLISECONDS + below(LATEST_MILLISECONDS - SOONEST_MILLISECONDS);
    const loads = USERS.map((user, index) => ({ user, load: mixedLoad(`work-${index}`, below) }));
    const sessions = new Map<MixedLoad, Ssh2Session>();
    for (const [index, { user, load }] of loads.entries()) {
      sessions.set(load, await ssh2Session(server.login(user)));
      await sessions.get(load)?.makeDirectory(`work-${index}`);
    }
    let acknowledged = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const running = loads.map(({ load }) => load.run(sessions.get(load) as Ssh2Session));
      await delay(moment());
      if (round % SERVER_EVERY === 0) {
        await server.process().kill();
        for (const count of await Promise.all(running)) acknowledged += count;
        for (const user of new Set(USERS)) await expectSound(user);
        await server.restart();
      } else {
        const workers = childrenOf(server.process().pid);
        const victim = workers[round % workers.length];
        if (victim !== undefined) process.kill(victim, 'SIGKILL');
        await delay(SOONEST_MILLISECONDS);
        for (const session of sessions.values()) session.end();
        for (const count of await Promise.all(running)) acknowledged += count;
      }
      for (const { user, load } of loads) {
        const session = await ssh2Session(server.login(user));
        sessions.set(load, session);
        expect(await load.verify(session), `round ${round}, ${user}`).to.deep.equal([]);
      }
    }
    expect(acknowledged).to.be.greaterThan(ROUNDS);
    for (const session of sessions.values()) session.end();
    expect(await server.process().stop()).to.equal(0);
    for (const user of new Set(USERS)) {
      const stored = loads.reduce((sum, { user: other, load }) => sum + (other === user ? load.bytes : 0), 0);
      expect(await expectSound(user)).to.equal(stored);
    }
  });

  /** Nobody has the storage open. Answers the bytes that count against the quota. */
  async function expectSound(user: string): Promise<number> {
    const file = join(server.data, 'storage', `${user}.db`);
    expect(checkStorage(file)).to.deep.equal([]);
    const backend = await SqliteBackend.open(file);
    try {
      const { bytesTotal, bytesFree } = await backend.statfs({});
      return bytesTotal - bytesFree;
    } finally {
      await backend.dispose();
    }
  }
});
