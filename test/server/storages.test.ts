import { expect } from 'chai';
import { Storages, type Lease, type StoragesOptions } from '../../server/storages.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { captureLog, type CapturedLog } from '../support/captured-log.ts';
import { rejection } from '../support/rejection.ts';
import { until } from '../support/until.ts';

/** Openings and closings in their order, and doors that a test opens when it likes. */
class Opener {
  readonly events: string[] = [];
  open: (name: string) => Promise<void> = async () => {};
  dispose: (name: string) => Promise<void> = async () => {};

  readonly storage = async ({ name }: { name: string }): Promise<VfsBackend> => {
    this.events.push(`open ${name}`);
    await this.open(name);
    const backend = new MemoryBackend();
    const dispose = backend.dispose.bind(backend);
    backend.dispose = async () => {
      await this.dispose(name);
      this.events.push(`close ${name}`);
      await dispose();
    };
    return backend;
  };
}

const owner = (name: string): { name: string; uid: number; gid: number } => ({ name, uid: 1, gid: 1 });

describe('the pool of open storages', () => {
  let opener: Opener;
  let log: CapturedLog;
  let storages: Storages;

  const make = (options: Partial<StoragesOptions> = {}): void => {
    opener = new Opener();
    log = captureLog();
    storages = new Storages({ open: opener.storage, idleMilliseconds: 60_000, openMax: 2, log, ...options });
  };
  const leaseAll = (...names: string[]): Promise<Lease[]> =>
    Promise.all(names.map((name) => storages.lease(owner(name))));

  beforeEach(() => make());
  afterEach(() => storages.dispose());

  it('opens a storage once for all who ask at the same time', async () => {
    const leases = await leaseAll('alice', 'alice', 'alice');
    expect(new Set(leases.map(({ backend }) => backend)).size).to.equal(1);
    expect(opener.events).to.deep.equal(['open alice']);
    expect(storages.isHeld('alice')).to.equal(true);
    expect(storages.isHeld('bob')).to.equal(false);
  });

  it('closes a storage some time after its last lease, not after an earlier one', async () => {
    make({ idleMilliseconds: 20 });
    const [a, b] = (await leaseAll('alice', 'alice')) as [Lease, Lease];
    a.release();
    a.release();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(opener.events).to.deep.equal(['open alice']);
    b.release();
    await until('alice is closed', () => opener.events.includes('close alice'));
    expect(storages.isHeld('alice')).to.equal(false);
  });

  it('keeps a storage open that is leased again in time', async () => {
    make({ idleMilliseconds: 30 });
    const [first] = (await leaseAll('alice')) as [Lease];
    first.release();
    const [second] = (await leaseAll('alice')) as [Lease];
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(second.backend).to.equal(first.backend);
    expect(opener.events).to.deep.equal(['open alice']);
  });

  it('closes idle storages beyond the limit, the one longest idle first, and none in use', async () => {
    const [a, b] = (await leaseAll('a', 'b')) as [Lease, Lease];
    await leaseAll('c');
    expect(opener.events).to.deep.equal(['open a', 'open b', 'open c']);
    b.release();
    await until('b is closed', () => opener.events.includes('close b'));
    a.release();
    await leaseAll('d');
    await until('a is closed', () => opener.events.includes('close a'));
    expect(storages.names).to.deep.equal(['c', 'd']);
  });

  it('tells all who waited why a storage cannot be opened, and tries again for the next', async () => {
    opener.open = async (name) => {
      throw new Error(`${name} is broken`);
    };
    const failures = await Promise.all(
      ['alice', 'alice'].map((name) => rejection(storages.lease(owner(name)))),
    );
    expect(failures.map(({ message }) => message)).to.deep.equal(['alice is broken', 'alice is broken']);
    expect(storages.isHeld('alice')).to.equal(false);
    opener.open = async () => {};
    await leaseAll('alice', 'bob');
    expect(opener.events).to.deep.equal(['open alice', 'open alice', 'open bob']);
  });

  it('opens a storage again only when its closing has ended', async () => {
    make({ idleMilliseconds: 0 });
    let finish: () => void = () => {};
    opener.dispose = () => new Promise((resolve) => (finish = resolve));
    const [lease] = (await leaseAll('alice')) as [Lease];
    lease.release();
    await until(
      'alice is being closed',
      () => storages.names.length === 1 && opener.events.length === 1 && storages.isHeld('alice'),
    );
    await new Promise((resolve) => setTimeout(resolve, 10));
    const again = storages.lease(owner('alice'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(opener.events).to.deep.equal(['open alice']);
    finish();
    opener.dispose = async () => {};
    await again;
    expect(opener.events).to.deep.equal(['open alice', 'close alice', 'open alice']);
  });

  it('logs a storage that cannot be closed properly, and goes on', async () => {
    opener.dispose = async () => {
      throw new Error('disk full');
    };
    const [lease] = (await leaseAll('alice')) as [Lease];
    lease.release();
    await storages.dispose();
    expect(log.alarms.map(({ message }) => message)).to.deep.equal([
      'a storage could not be closed properly',
    ]);
  });

  it('closes everything at the end, what is in use and what is being opened too, and opens nothing after', async () => {
    await leaseAll('alice');
    const bob = storages.lease(owner('bob'));
    await storages.dispose();
    await bob;
    expect(opener.events.filter((event) => event.startsWith('close')).sort()).to.deep.equal([
      'close alice',
      'close bob',
    ]);
    expect((await rejection(storages.lease(owner('alice')))).message).to.contain('shutting down');
  });
});
