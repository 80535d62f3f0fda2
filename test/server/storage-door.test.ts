import { existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Account } from '../../server/auth/account.ts';
import { enterStorageDoor, openStorageDoor, type StorageDoor } from '../../server/storage-door.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { ROOT, vfsPath } from '../../vfs/path.ts';
import { captureLog, type CapturedLog } from '../support/captured-log.ts';
import { refused } from '../conformance/expectations.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** What a process says that knows no better, or worse, and what the log has of it. */
const SAYS: Readonly<Record<string, readonly [said: string | Buffer, logged: RegExp | undefined]>> = {
  'a name that does not end': ['a'.repeat(300), /no name of an account/],
  'the name of nobody': ['nobody\n', /no such account/],
  'bytes that are no text': [Buffer.from([0xff, 0xfe, 0x00, 0x0a]), /no such account/],
  'a path for a name': ['../accounts\n', /no such account/],
  'another protocol': ['GET / HTTP/1.1\r\n\r\n', /no such account/],
  'a frame longer than any': [Buffer.from('alice\n\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'), undefined],
  'a frame that is no message': [Buffer.from('alice\n\0\0\0\x01\0\0\0\0\xc1', 'latin1'), undefined],
};

describe('the door to the storages of a process', () => {
  const temporary = temporaryDirectory();
  const path = (): string => join(temporary(), 'door.sock');
  let memory: MemoryBackend;
  let log: CapturedLog;
  let leases: number;
  let opening: Promise<void> | undefined;
  let lost: Promise<void> | undefined;
  let door: StorageDoor;

  beforeEach(async () => {
    memory = new MemoryBackend();
    log = captureLog();
    leases = 0;
    opening = undefined;
    lost = undefined;
    door = await openStorageDoor({
      path: path(),
      accounts: { find: (name) => (name === 'alice' ? ({ name } as Account) : undefined) },
      storages: {
        lease: async () => {
          leases += 1;
          await opening;
          const backend = lost === undefined ? memory : Object.assign(memory, { ended: lost });
          return { backend, release: () => (leases -= 1) };
        },
      },
      log,
      data: temporary(),
    });
  });

  afterEach(() => door.close());

  it('is open to its owner alone, and gives each guest the storage until it goes', async () => {
    expect(statSync(path()).mode & 0o777).to.equal(0o600);
    const [one, other] = [await enterStorageDoor(path(), 'alice'), await enterStorageDoor(path(), 'alice')];
    await one.mkdir(vfsPath('/made'), 0o755, {});
    expect((await other.lstat(vfsPath('/made'), {})).type).to.equal('directory');
    expect(leases).to.equal(2);
    await one.dispose();
    await other.dispose();
    await door.close();
    expect(leases).to.equal(0);
    expect(log.alarms).to.deep.equal([]);
  });

  it('ends the connections of guests whose storage is lost, so that they ask for it again', async () => {
    let lose = (): void => {};
    lost = new Promise((resolve) => (lose = resolve));
    const guest = await enterStorageDoor(path(), 'alice');
    expect((await guest.lstat(ROOT, {})).type).to.equal('directory');
    lose();
    await guest.ended;
    await until('the lease is given back', () => leases === 0);
  });

  for (const [what, [said, logged]] of Object.entries(SAYS)) {
    it(`ends the connection of one who says ${what}, and no other`, async () => {
      const guest = await enterStorageDoor(path(), 'alice');
      const socket = connect(path());
      socket.on('error', () => {});
      socket.resume();
      socket.write(said);
      await new Promise((resolve) => socket.once('close', resolve));
      expect((await guest.lstat(ROOT, {})).type).to.equal('directory');
      await (await enterStorageDoor(path(), 'alice')).dispose();
      await guest.dispose();
      await door.close();
      expect(leases).to.equal(0);
      const errors = log.alarms.map(({ fields }) => (fields['error'] as Error).message);
      if (logged === undefined) expect(errors).to.deep.equal([]);
      else
        expect(errors)
          .to.have.lengthOf(1)
          .and.satisfy(([text]: string[]) => logged.test(text ?? ''));
    });
  }

  it('gives up on one who says nothing as soon as it closes', async () => {
    const socket = connect(path());
    await new Promise((resolve) => socket.once('connect', resolve));
    // Accepted in the order of the connections.
    await (await enterStorageDoor(path(), 'alice')).dispose();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const before = performance.now();
    await door.close();
    await closed;
    expect(performance.now() - before).to.be.lessThan(3000);
    expect(existsSync(path())).to.equal(false);
  });

  it('is left by one who does not want to wait for the storage any longer, which is given back', async () => {
    let open = (): void => {};
    opening = new Promise((resolve) => (open = resolve));
    const abort = new AbortController();
    const entering = refused(enterStorageDoor(path(), 'alice', abort.signal), 'EIO');
    await until('the storage is asked for', () => leases === 1);
    abort.abort(new Error('no longer'));
    await entering;
    expect((await rejection(enterStorageDoor(path(), 'alice', abort.signal))).message).to.equal('no longer');
    open();
    await until('it is given back', () => leases === 0);
  });
});
