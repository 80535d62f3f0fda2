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
    it(`is ended by the signal ${signal} while it waits for input, within 100 ms`, async () => {
      await start('scp -t file');
      client.send(channelData(channel, Buffer.from('C0644 1000 name\nhalf')));
      await client.take(MESSAGE.channelData);
      const sent = performance.now();
      client.send(channelRequest(channel, 'signal', false, string(signal)));
      expect(await ending()).to.deep.equal(['exit-signal', signal]);
      expect(performance.now() - sent).to.be.below(100);
    });
  }

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
