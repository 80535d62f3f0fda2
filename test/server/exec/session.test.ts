import { expect } from 'chai';
import { MESSAGE } from '../../../server/ssh/messages.ts';
import { message, string, uint32 } from '../../../server/ssh/wire.ts';
import {
  channelData,
  channelRequest,
  loggedInClient,
  openSession,
  type RawClient,
} from '../../support/raw-client.ts';
import { testServer } from '../../support/server.ts';
import { until } from '../../support/until.ts';
import type { OpName } from '../../../vfs/backend.ts';
import type { TraceEvent } from '../../../vfs/middleware/tracing.ts';

/** Everything that was opened is closed. */
function noneOpen(traces: readonly TraceEvent[]): boolean {
  const count = (wanted: OpName): number =>
    traces.filter(({ op, outcome }) => op === wanted && outcome === 'ok').length;
  return count('open') === count('close');
}

describe('a command over SSH', () => {
  const server = testServer({ accounts: { alice: { password: 'secret' } } });
  let client: RawClient;
  let channel: number;

  beforeEach(async () => {
    client = await loggedInClient(server().port, 'alice', 'secret');
    channel = await openSession(client);
  });

  afterEach(async () => {
    await client.close();
    expect(server().log.alarms).to.deep.equal([]);
  });

  const start = async (line: string): Promise<void> => {
    client.send(channelRequest(channel, 'exec', true, string(line)));
    await client.take(MESSAGE.channelSuccess);
  };

  const removed = (name: string) => (): boolean =>
    server().traces.some(({ op, paths }) => op === 'unlink' && paths[0] === name);

  /** The request that says how it ended: its type and its first value. */
  const ending = async (): Promise<[string, number | string]> => {
    const { fields } = await client.take(MESSAGE.channelRequest);
    fields.uint32();
    const type = fields.text();
    fields.boolean();
    return [type, type === 'exit-status' ? fields.uint32() : fields.text()];
  };

  it('answers its output, its exit status and the end', async () => {
    await start('echo hello; exit 7');
    const { fields } = await client.take(MESSAGE.channelData);
    fields.uint32();
    expect(fields.text()).to.equal('hello\n');
    expect(await ending()).to.deep.equal(['exit-status', 7]);
    await client.take(MESSAGE.channelClose);
  });

  it('says what is wrong on stderr', async () => {
    await start('cat missing');
    const { fields } = await client.take(MESSAGE.channelExtendedData);
    fields.uint32();
    expect(fields.uint32()).to.equal(1);
    expect(fields.text()).to.equal('cat: missing: No such file or directory\n');
    expect(await ending()).to.deep.equal(['exit-status', 1]);
  });

  for (const signal of ['TERM', 'INT', 'HUP']) {
    it(`is ended by the signal ${signal} while it waits for input`, async () => {
      await start('scp -t file');
      client.send(channelData(channel, Buffer.from('C0644 1000 name\nhalf')));
      await client.take(MESSAGE.channelData);
      client.send(channelRequest(channel, 'signal', false, string(signal)));
      expect(await ending()).to.deep.equal(['exit-signal', signal]);
    });
  }

  describe('that has much to do is ended within 100 ms', () => {
    /** What tells that it works: an operation of the storage, or that it has said something. */
    const BUSY: Readonly<Record<string, OpName | 'said'>> = {
      'sha256sum big': 'read',
      'cat big': 'read',
      'scp -f big': 'read',
      'scp -t new': 'open',
      'tar cf - big': 'read',
      'tail -f big': 'read',
      'rsync --server --sender -logDtpre.iLsfxC . big': 'said',
      'sha256sum big | cat': 'read',
    };
    const ROUNDS = 5;
    const closing = (to: number): Uint8Array => message(MESSAGE.channelClose, uint32(to));

    beforeEach(async () => {
      await start('truncate -s 5G big');
      await ending();
    });

    /** Begins it on a channel with room for nothing but a little output, and waits until it is in the middle of its work. */
    const beginning = async (line: string): Promise<number> => {
      const busy = await openSession(client, { window: 1024 });
      server().traces.length = 0;
      client.send(channelRequest(busy, 'exec', true, string(line)));
      await client.take(MESSAGE.channelSuccess);
      if (line.startsWith('scp -f')) client.send(channelData(busy, Buffer.alloc(3)));
      if (line.startsWith('scp -t')) client.send(channelData(busy, Buffer.from('C0644 1000000 new\nhalf')));
      const sign = BUSY[line];
      if (sign === 'said') await client.take(MESSAGE.channelData);
      else await until(`${line} works`, () => server().traces.some(({ op }) => op === sign));
      return busy;
    };

    for (const line of Object.keys(BUSY)) {
      it(`by a signal, and when its channel is closed: ${line}`, async () => {
        const rounds: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          for (const end of [channelRequest, closing]) {
            const busy = await beginning(line);
            const sent = performance.now();
            client.send(end(busy, 'signal', false, string('TERM')));
            await until('it lets go of what it has open', () => noneOpen(server().traces));
            rounds.push(performance.now() - sent);
            if (end === closing) continue;
            // What was written already still goes first.
            client.send(message(MESSAGE.channelWindowAdjust, uint32(busy), uint32(2 ** 24)));
            expect(await ending()).to.deep.equal(['exit-signal', 'TERM']);
            client.send(closing(busy));
          }
        }
        // The best of them: a machine may be busy with something else for most.
        expect(Math.min(...rounds), `milliseconds ${rounds.join(', ')}`).to.be.below(100);
      });
    }
  });

  it('is ended by the signal TERM while nobody takes its output', async () => {
    await start('scp -t zeros');
    client.send(channelData(channel, Buffer.from('C0644 0 name\n\0')));
    client.send(message(MESSAGE.channelEof, uint32(channel)));
    const put = await openSession(client, { window: 0 });
    await ending();
    client.send(channelRequest(put, 'exec', true, string('scp -f zeros missing missing')));
    await client.take(MESSAGE.channelSuccess);
    client.send(channelData(put, Buffer.from('\0')));
    client.send(channelRequest(put, 'signal', false, string('TERM')));
    // What was written already still goes first.
    client.send(message(MESSAGE.channelWindowAdjust, uint32(put), uint32(1000)));
    expect(await ending()).to.deep.equal(['exit-signal', 'TERM']);
  });

  it('is not ended by a signal that ends no programs', async () => {
    await start('scp -t file');
    client.send(channelRequest(channel, 'signal', false, string('USR1')));
    client.send(channelData(channel, Buffer.from('C0644 0 name\n\0')));
    client.send(message(MESSAGE.channelEof, uint32(channel)));
    expect(await ending()).to.deep.equal(['exit-status', 0]);
  });

  it('is ended when its channel is closed: the upload is gone, and nothing of it stays open', async () => {
    server().traces.length = 0;
    await start('scp -t lost');
    client.send(channelData(channel, Buffer.from('C0644 1000 name\nhalf')));
    await client.take(MESSAGE.channelData);
    client.send(message(MESSAGE.channelClose, uint32(channel)));
    await client.take(MESSAGE.channelClose);
    await until('the file is removed', removed('/lost'));
  });

  it('is ended when the connection is cut', async () => {
    server().traces.length = 0;
    await start('scp -t cut');
    client.send(channelData(channel, Buffer.from('C0644 1000 name\nhalf')));
    await client.take(MESSAGE.channelData);
    await client.close();
    await until('the file is removed', removed('/cut'));
  });
});
