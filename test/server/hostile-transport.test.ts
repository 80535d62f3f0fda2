import type { Socket } from 'node:net';
import { expect } from 'chai';
import { MESSAGE } from '../../server/ssh/messages.ts';
import { message, string, uint32 } from '../../server/ssh/wire.ts';
import { rawClient, requestLoginService } from '../support/raw-client.ts';
import { rawSocket } from '../support/raw-socket.ts';
import { testServer } from '../support/server.ts';

/** A packet as before the first key exchange, with whatever a test wants in its head. */
function plainPacket(
  payload: Uint8Array,
  { length, padding }: { length?: number; padding?: number } = {},
): Buffer {
  const fill = 8 - ((5 + payload.length) % 8) + 8;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length ?? 1 + payload.length + fill);
  head[4] = padding ?? fill;
  return Buffer.concat([head, payload, Buffer.alloc(fill)]);
}

const GREETING = Buffer.from('SSH-2.0-test\r\n');

describe('a client that breaks the rules of the transport', () => {
  const server = testServer({
    accounts: { alice: { password: 'secret' } },
    config: { loginGraceSeconds: 1 },
  });

  /** The line that told of the last connection, and no alarm. */
  const closingLine = async (connection: string): Promise<string> => {
    const { log } = server();
    const line = await log.waitFor(
      ({ message: text, fields }) => text === 'connection closed' && fields['connection'] === connection,
    );
    expect(log.alarms).to.deep.equal([]);
    return String(line.fields['reason']);
  };

  let number = 0;
  const nextConnection = (): string => `c${(number += 1)}`;

  const beginnings: Record<string, Buffer> = {
    'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    'a TLS hello': Buffer.from('16030100', 'hex'),
    '1 MiB without a line break': Buffer.alloc(1024 * 1024, 'SSH-2.0-'),
    zeros: Buffer.alloc(100),
    'an SSH 1 client': Buffer.from('SSH-1.5-old\r\n'),
  };
  for (const [name, bytes] of Object.entries(beginnings)) {
    it(`is closed at once, with one line in the log, after ${name}`, async () => {
      const connection = nextConnection();
      const { socket, closed, received } = await rawSocket(server().port);
      socket.write(bytes);
      expect(await closed).to.be.lessThan(900);
      expect(received().toString('latin1')).to.match(
        /^SSH-2\.0-AnyFS_\S+\r\nInvalid SSH identification string\.\r\n$/,
      );
      expect(await closingLine(connection)).to.match(/^not an SSH client: it began with "/);
      const lines = server().log.lines.filter(({ fields }) => fields['connection'] === connection);
      expect(lines).to.have.length(1);
    });
  }

  for (const length of [0, 1, 7, 2 ** 31, 2 ** 32 - 1, 35_001, 13]) {
    it(`is closed after a packet whose length says ${length}`, async () => {
      const connection = nextConnection();
      const { socket, closed } = await rawSocket(server().port);
      socket.write(Buffer.concat([GREETING, plainPacket(Buffer.alloc(100), { length })]));
      expect(await closed).to.be.lessThan(900);
      expect(await closingLine(connection)).to.contain('protocol error');
    });
  }

  it('is closed after a packet with more padding than packet', async () => {
    const connection = nextConnection();
    const { socket, closed } = await rawSocket(server().port);
    socket.write(Buffer.concat([GREETING, plainPacket(Buffer.alloc(16), { padding: 255 })]));
    expect(await closed).to.be.lessThan(900);
    expect(await closingLine(connection)).to.contain('protocol error');
  });

  const premature = {
    'a login': message(MESSAGE.userAuthRequest, string('alice'), string('ssh-connection'), string('none')),
    'a channel': message(MESSAGE.channelOpen, string('session'), uint32(0), uint32(1), uint32(32768)),
    'its own USERAUTH_SUCCESS': message(MESSAGE.userAuthSuccess),
    'a key exchange message': Uint8Array.of(30, 0, 0, 0, 0),
    'a truncated KEXINIT': Uint8Array.of(20, 1, 2, 3),
  };
  for (const [name, payload] of Object.entries(premature)) {
    it(`is closed after ${name} before keys are agreed on`, async () => {
      const connection = nextConnection();
      const { socket, closed } = await rawSocket(server().port);
      socket.write(Buffer.concat([GREETING, plainPacket(payload)]));
      expect(await closed).to.be.lessThan(900);
      expect(await closingLine(connection)).to.contain('protocol error');
    });
  }

  const stalls: Record<string, (socket: Socket) => void> = {
    'says nothing': () => {},
    'says one byte at a time': (socket) => {
      const timer = setInterval(() => socket.write('x'), 100);
      socket.write('SSH-2.0-');
      socket.once('close', () => clearInterval(timer));
    },
    'stops in the middle of the key exchange': (socket) => socket.write(GREETING),
  };
  for (const [name, stall] of Object.entries(stalls)) {
    it(`is closed when the time to log in is over and it ${name}`, async () => {
      const connection = nextConnection();
      const { socket, closed } = await rawSocket(server().port);
      stall(socket);
      expect(await closed).to.be.within(900, 3000);
      expect(await closingLine(connection)).to.contain('time to log in');
    });
  }

  it('is closed when the time to log in is over though it keeps sending requests', async () => {
    const connection = nextConnection();
    const client = await rawClient(server().port);
    await requestLoginService(client);
    const none = message(MESSAGE.userAuthRequest, string('alice'), string('ssh-connection'), string('none'));
    const timer = setInterval(() => client.send(none), 50);
    await client.closed;
    clearInterval(timer);
    expect(await closingLine(connection)).to.contain('time to log in');
  });

  it('is closed when a packet does not carry its MAC', async () => {
    const connection = nextConnection();
    const client = await rawClient(server().port);
    client.sendRaw(Buffer.alloc(200, 0));
    await client.closed;
    expect(await closingLine(connection)).to.contain('protocol error');
  });

  const early: Record<string, Uint8Array> = {
    'a login before the login service': message(
      MESSAGE.userAuthRequest,
      string('alice'),
      string('ssh-connection'),
      string('none'),
    ),
    'another service': message(MESSAGE.serviceRequest, string('ssh-connection')),
    'a channel': message(MESSAGE.channelOpen, string('session'), uint32(0), uint32(1), uint32(32768)),
    'a global request': message(MESSAGE.globalRequest, string('tcpip-forward'), Uint8Array.of(1)),
    'data for a channel': message(MESSAGE.channelData, uint32(0), string('x')),
    'its own USERAUTH_SUCCESS': message(MESSAGE.userAuthSuccess),
    'its own USERAUTH_PK_OK': message(MESSAGE.userAuthPublicKeyOk),
    'an answer to no question': message(MESSAGE.userAuthInfoResponse, uint32(1), string('x')),
  };
  for (const [name, payload] of Object.entries(early)) {
    it(`is disconnected, and never let in, for ${name} before it has logged in`, async () => {
      const connection = nextConnection();
      const client = await rawClient(server().port);
      if (payload[0] !== MESSAGE.userAuthRequest && payload[0] !== MESSAGE.serviceRequest)
        await requestLoginService(client);
      client.send(payload);
      await client.take(MESSAGE.disconnect);
      await client.closed;
      expect(await closingLine(connection)).not.to.contain('time to log in');
      expect(client.received.map(({ type }) => type)).to.deep.equal([MESSAGE.extInfo]);
    });
  }

  it('disturbs nobody: a client that obeys is let in', async () => {
    nextConnection();
    const client = await rawClient(server().port);
    await requestLoginService(client);
    const request = [
      string('alice'),
      string('ssh-connection'),
      string('password'),
      Uint8Array.of(0),
      string('secret'),
    ];
    client.send(message(MESSAGE.userAuthRequest, ...request));
    await client.take(MESSAGE.userAuthSuccess);
    await client.close();
  });
});
