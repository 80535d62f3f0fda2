import { expect } from 'chai';
import { DISCONNECT, MESSAGE, OPEN_FAILURE } from '../../server/ssh/messages.ts';
import { boolean, message, string, uint32 } from '../../server/ssh/wire.ts';
import {
  channelData,
  channelOpen,
  channelRequest,
  loggedInClient,
  openSession,
  openSftp,
  type RawClient,
} from '../support/raw-client.ts';
import { testServer } from '../support/server.ts';

const WINDOW = 2 * 1024 * 1024;
const PACKET = 32 * 1024;

describe('a client that breaks the rules of channels', () => {
  const server = testServer({
    accounts: { alice: { password: 'secret' } },
    config: { channelsPerConnection: 3 },
  });
  let client: RawClient;

  beforeEach(async () => {
    client = await loggedInClient(server().port, 'alice', 'secret');
  });

  afterEach(async () => {
    await client.close();
    const other = await loggedInClient(server().port, 'alice', 'secret');
    await openSftp(other);
    await other.close();
    expect(server().log.alarms.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  const refusal = async (): Promise<number> => {
    const { fields } = await client.take(MESSAGE.channelOpenFailure);
    fields.uint32();
    return fields.uint32();
  };

  const disconnect = async (): Promise<string> => {
    const { fields } = await client.take(MESSAGE.disconnect);
    expect(fields.uint32()).to.equal(DISCONNECT.protocolError);
    await client.closed;
    return fields.text();
  };

  for (const packet of [0, 1, 1023]) {
    it(`is refused a channel with a maximum packet size of ${packet}`, async () => {
      client.send(channelOpen({ packet }));
      expect(await refusal()).to.equal(OPEN_FAILURE.prohibited);
    });
  }

  it('is served with a window of 0 that it opens later, byte by byte', async () => {
    const channel = await openSession(client, { window: 0 });
    client.send(channelRequest(channel, 'subsystem', true, string('sftp')));
    await client.take(MESSAGE.channelSuccess);
    client.send(channelData(channel, Uint8Array.of(0, 0, 0, 5, 1, 0, 0, 0, 3)));
    let text = '';
    for (let taken = 0; taken < 9; taken++) {
      client.send(message(MESSAGE.channelWindowAdjust, uint32(channel), uint32(1)));
      const { fields } = await client.take(MESSAGE.channelData);
      fields.uint32();
      const bytes = fields.bytes();
      expect(bytes).to.have.length(1);
      text += Buffer.from(bytes).toString('hex');
    }
    expect(text).to.match(/^000001..02000000030*$/);
  });

  it('is disconnected when it opens its window beyond 2^32 - 1', async () => {
    const channel = await openSession(client, { window: 2 ** 32 - 1 });
    client.send(message(MESSAGE.channelWindowAdjust, uint32(channel), uint32(1)));
    expect(await disconnect()).to.contain('window');
  });

  for (const type of [
    'direct-tcpip',
    'x11',
    'forwarded-tcpip',
    'direct-streamlocal@openssh.com',
    'tun@openssh.com',
    '',
  ]) {
    it(`is refused a channel of the kind ${JSON.stringify(type)}`, async () => {
      client.send(channelOpen({ type }));
      expect(await refusal()).to.equal(OPEN_FAILURE.prohibited);
    });
  }

  for (const type of ['tcpip-forward', 'streamlocal-forward@openssh.com', 'anything@example.org']) {
    it(`is refused the global request ${type}`, async () => {
      client.send(
        message(MESSAGE.globalRequest, string(type), boolean(true), string('127.0.0.1'), uint32(0)),
      );
      await client.take(MESSAGE.requestFailure);
    });
  }

  it('gets no more channels than the limit, and another once one is closed', async () => {
    const channels = [await openSession(client), await openSession(client), await openSession(client)];
    client.send(channelOpen({ number: 9 }));
    expect(await refusal()).to.equal(OPEN_FAILURE.resourceShortage);
    client.send(message(MESSAGE.channelClose, uint32(channels[0] as number)));
    await client.take(MESSAGE.channelClose);
    await openSession(client);
  });

  it('gets no session after it wanted no more', async () => {
    client.send(message(MESSAGE.globalRequest, string('no-more-sessions@openssh.com'), boolean(true)));
    await client.take(MESSAGE.requestSuccess);
    client.send(channelOpen({}));
    expect(await refusal()).to.equal(OPEN_FAILURE.prohibited);
  });

  it('is disconnected when it sends more than its window', async () => {
    // Nothing reads a channel without a program, so its window stays as it was.
    const channel = await openSession(client);
    for (let sent = 0; sent < WINDOW; sent += PACKET) client.send(channelData(channel, Buffer.alloc(PACKET)));
    client.send(channelData(channel, Buffer.alloc(1)));
    expect(await disconnect()).to.contain('window');
  });

  it('is disconnected when it sends more than a packet may hold', async () => {
    const channel = await openSession(client);
    client.send(channelData(channel, Buffer.alloc(PACKET + 1)));
    expect(await disconnect()).to.contain('packet size');
  });

  it('is disconnected for data after the end of its input', async () => {
    const channel = await openSession(client);
    client.send(message(MESSAGE.channelEof, uint32(channel)));
    client.send(channelData(channel, Buffer.alloc(1)));
    expect(await disconnect()).to.contain('after the end');
  });

  it('is disconnected for data on a channel that is closed', async () => {
    const channel = await openSession(client);
    client.send(message(MESSAGE.channelClose, uint32(channel)));
    await client.take(MESSAGE.channelClose);
    client.send(channelData(channel, Buffer.alloc(1)));
    expect(await disconnect()).to.contain('not open');
  });

  for (const type of [
    'channelData',
    'channelEof',
    'channelClose',
    'channelWindowAdjust',
    'channelRequest',
  ] as const) {
    it(`is disconnected for ${type} on a channel that never was`, async () => {
      client.send(message(MESSAGE[type], uint32(4_000_000_000), uint32(0), uint32(0)));
      expect(await disconnect()).to.contain('not open');
    });
  }

  for (const type of [
    'channelSuccess',
    'channelFailure',
    'channelOpenConfirmation',
    'channelOpenFailure',
  ] as const) {
    it(`is disconnected for ${type}, an answer to nothing`, async () => {
      client.send(message(MESSAGE[type], uint32(0), uint32(0)));
      expect(await disconnect()).to.contain('answer to nothing');
    });
  }

  it('is disconnected for a message cut short', async () => {
    client.send(message(MESSAGE.channelOpen, string('session'), uint32(0)));
    expect(await disconnect()).to.contain('cut short');
  });

  it('is told what is unknown and goes on', async () => {
    client.send(Uint8Array.of(192, 1, 2, 3));
    const { fields } = await client.take(MESSAGE.unimplemented);
    expect(fields.uint32()).to.be.greaterThan(0);
    await openSftp(client);
  });

  it('cannot log in again, nor as somebody else', async () => {
    client.send(message(MESSAGE.userAuthRequest, string('root'), string('ssh-connection'), string('none')));
    client.send(message(MESSAGE.userAuthSuccess));
    await openSftp(client);
    expect(client.received.filter(({ type }) => type >= 50 && type < 80)).to.deep.equal([]);
  });

  it('has one program on a channel and no second', async () => {
    const channel = await openSftp(client);
    for (const type of ['shell', 'exec', 'subsystem']) {
      client.send(channelRequest(channel, type, true, string('sftp')));
      await client.take(MESSAGE.channelFailure);
    }
  });

  for (const type of ['x11-req', 'auth-agent-req@openssh.com', 'env', '', '__proto__', 'constructor']) {
    it(`is refused the request ${JSON.stringify(type)} on a channel`, async () => {
      const channel = await openSession(client);
      client.send(channelRequest(channel, type, true, string('A'), string('B')));
      await client.take(MESSAGE.channelFailure);
    });
  }

  it('is refused a subsystem that is none', async () => {
    const channel = await openSession(client);
    client.send(channelRequest(channel, 'subsystem', true, string('netconf')));
    await client.take(MESSAGE.channelFailure);
  });

  it('is told that there is no such program, on stderr, with status 127', async () => {
    const channel = await openSession(client);
    client.send(channelRequest(channel, 'exec', true, string('reboot \udcff')));
    await client.take(MESSAGE.channelSuccess);
    const { fields } = await client.take(MESSAGE.channelExtendedData);
    fields.uint32();
    expect(fields.uint32()).to.equal(1);
    expect(fields.text()).to.equal('bash: reboot: command not found\n');
    await client.take(MESSAGE.channelEof);
    const status = await client.take(MESSAGE.channelRequest);
    status.fields.uint32();
    expect(status.fields.text()).to.equal('exit-status');
    status.fields.boolean();
    expect(status.fields.uint32()).to.equal(127);
    await client.take(MESSAGE.channelClose);
  });
});
