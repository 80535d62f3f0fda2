import { expect } from 'chai';
import { createThrottle } from '../../../server/auth/throttle.ts';
import type { Answers } from '../../../server/workers/messages.ts';
import { Ledger } from '../../../server/workers/ledger.ts';

describe('what the supervisor counts for all workers', () => {
  let ledger: Ledger;
  let now: number;
  const evicted: string[] = [];
  const ask = (worker: number, kind: keyof Answers, of: string): unknown =>
    ledger.answer(worker, { kind, id: 1, of });
  const enter = (worker: number, connection: string, address = '192.0.2.1'): void =>
    ledger.enter(worker, connection, address, () => evicted.push(connection));

  beforeEach(() => {
    now = 0;
    evicted.length = 0;
    const throttle = createThrottle({ free: 1, firstPenalty: 1000 }, () => now);
    ledger = new Ledger({
      maxStartups: 2,
      sessionsPerAccount: 2,
      shellsPerAccount: 2,
      maxShells: 3,
      throttle,
    });
  });

  it('gives a storage to the first worker that asks, until it is released', () => {
    expect(ask(2, 'claim', 'alice')).to.equal(2);
    expect(ask(1, 'claim', 'alice')).to.equal(2);
    expect(ask(1, 'claim', 'bob')).to.equal(1);
    expect(ledger.storages).to.deep.equal(['alice', 'bob']);
    ledger.note(2, { kind: 'released', storage: 'alice' });
    expect(ask(1, 'claim', 'alice')).to.equal(1);
  });

  it('lets nobody release a storage that another has', () => {
    ask(2, 'claim', 'alice');
    ledger.note(1, { kind: 'released', storage: 'alice' });
    expect(ledger.ownerOf('alice')).to.equal(2);
  });

  it('counts the connections of an account wherever they are', () => {
    expect(ask(1, 'place', 'alice')).to.equal(true);
    expect(ask(2, 'place', 'alice')).to.equal(true);
    expect(ask(1, 'place', 'alice')).to.equal(false);
    expect(ask(1, 'place', 'bob')).to.equal(true);
    ledger.note(2, { kind: 'left', account: 'alice' });
    expect(ask(1, 'place', 'alice')).to.equal(true);
  });

  it('counts shells of an account and of all wherever they are, and forgets those of a worker that is gone', () => {
    expect(ask(1, 'shell', 'alice')).to.equal('taken');
    expect(ask(2, 'shell', 'alice')).to.equal('taken');
    expect(ask(1, 'shell', 'alice')).to.equal('account');
    expect(ask(1, 'shell', 'bob')).to.equal('taken');
    expect(ask(2, 'shell', 'bob')).to.equal('server');
    ledger.note(1, { kind: 'shell-left', account: 'bob' });
    expect(ask(2, 'shell', 'bob')).to.equal('taken');
    ledger.forget(2);
    expect(ask(1, 'shell', 'alice')).to.equal('taken');
    expect(ask(1, 'shell', 'bob')).to.equal('taken');
    // Places of connections are others.
    expect(ask(1, 'place', 'alice')).to.equal(true);
  });

  it('counts wrong passwords of an address wherever they are tried', () => {
    for (const worker of [1, 2]) ledger.note(worker, { kind: 'failed', address: '192.0.2.1' });
    expect(ask(3, 'wait', '192.0.2.1')).to.equal(1000);
    now = 1000;
    expect(ask(3, 'wait', '192.0.2.1')).to.equal(0);
  });

  it('makes room for a newcomer among those of all workers who have not logged in', () => {
    enter(1, 'a');
    enter(2, 'b');
    ledger.note(1, { kind: 'advanced', connection: 'a', stage: 'authenticating' });
    enter(1, 'c');
    expect(evicted).to.deep.equal(['b']);
    ledger.note(1, { kind: 'advanced', connection: 'a', stage: undefined });
    enter(2, 'd');
    expect(evicted).to.deep.equal(['b']);
    expect([ledger.connections(1), ledger.connections(2), ledger.connections()]).to.deep.equal([2, 2, 4]);
    ledger.note(2, { kind: 'ended', connection: 'b' });
    expect(ledger.connections(2)).to.equal(1);
  });

  it('keeps nothing of a worker that is gone but its wrong passwords', () => {
    ask(1, 'claim', 'alice');
    for (const account of ['alice', 'alice']) ask(1, 'place', account);
    enter(1, 'a');
    enter(1, 'b');
    for (let failure = 0; failure < 2; failure++) ledger.note(1, { kind: 'failed', address: '192.0.2.1' });
    ledger.forget(1);
    expect(ledger.storages).to.deep.equal([]);
    expect(ledger.connections()).to.equal(0);
    expect(ask(2, 'place', 'alice')).to.equal(true);
    enter(2, 'c');
    enter(2, 'd');
    expect(evicted).to.deep.equal([]);
    expect(ask(2, 'wait', '192.0.2.1')).to.equal(1000);
  });
});
