import { expect } from 'chai';
import * as fc from 'fast-check';
import { MESSAGE } from '../../server/ssh/messages.ts';
import { boolean, message, string, uint32 } from '../../server/ssh/wire.ts';
import {
  channelOpen,
  loggedInClient,
  openSession,
  openSftp,
  rawClient,
  requestLoginService,
  type RawClient,
} from '../support/raw-client.ts';
import { rawSocket } from '../support/raw-socket.ts';
import { testServer, type TestServer } from '../support/server.ts';

const RUNS = 60;

/** Messages that are nearly right: the types that mean something, with fields of the kinds that they have. */
const field = fc.oneof(
  fc.constantFrom(0, 1, 2, 2 ** 15, 2 ** 21, 2 ** 31, 2 ** 32 - 1).map((value) => uint32(value)),
  fc.boolean().map((value) => boolean(value)),
  fc
    .constantFrom(
      'session',
      'sftp',
      'subsystem',
      'exec',
      'alice',
      'ssh-connection',
      'publickey',
      'password',
      '',
    )
    .map((text) => string(text)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => string(bytes)),
  fc.uint8Array({ maxLength: 8 }),
);
const nearlyRight = fc
  .tuple(fc.constantFrom(...Object.values(MESSAGE)), fc.array(field, { maxLength: 6 }))
  .map(([type, fields]) => message(type, ...fields));
const anything = fc.uint8Array({ minLength: 1, maxLength: 500 });
const messages = fc.array(fc.oneof({ weight: 4, arbitrary: nearlyRight }, anything), {
  minLength: 1,
  maxLength: 20,
});

describe('a client that says things at random', function () {
  this.timeout(120_000);
  const server = testServer({ accounts: { alice: { password: 'secret' } }, config: { authAttempts: 1000 } });

  /** The server is as it was: it lets a person in, serves a file system, and has nothing to complain of. */
  const expectUnharmed = async ({ port, log }: TestServer): Promise<void> => {
    const client = await loggedInClient(port, 'alice', 'secret');
    await openSftp(client);
    await client.close();
    expect(log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  };

  const sayAll = async (client: RawClient, list: readonly Uint8Array[]): Promise<void> => {
    for (const payload of list) client.send(payload);
    // Answered at the latest when all before it is dealt with, unless the connection is over by then.
    client.send(channelOpen({ type: 'x11' }));
    await Promise.race([
      client.closed,
      client.take(MESSAGE.channelOpenFailure).catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, 50)),
    ]);
    await client.close();
  };

  it('before the login harms nobody and is never let in', async () => {
    await fc.assert(
      fc.asyncProperty(messages, async (list) => {
        const client = await rawClient(server().port);
        await requestLoginService(client);
        await sayAll(client, list);
        expect(client.received.filter(({ type }) => type === MESSAGE.userAuthSuccess)).to.deep.equal([]);
      }),
      { numRuns: RUNS },
    );
    await expectUnharmed(server());
  });

  it('after the login harms nobody', async () => {
    await fc.assert(
      fc.asyncProperty(messages, async (list) => {
        const client = await loggedInClient(server().port, 'alice', 'secret');
        await openSession(client);
        await openSftp(client, { number: 1 });
        await sayAll(client, list);
      }),
      { numRuns: RUNS },
    );
    await expectUnharmed(server());
  });

  it('in place of packets harms nobody', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 2000 }),
        fc.boolean(),
        async (bytes, keyed) => {
          if (keyed) {
            const client = await rawClient(server().port);
            client.sendRaw(bytes);
            await client.close();
            return;
          }
          const { socket, closed } = await rawSocket(server().port);
          socket.write(Buffer.concat([Buffer.from('SSH-2.0-random\r\n'), bytes]));
          await new Promise((resolve) => setTimeout(resolve, 5));
          socket.destroy();
          await closed;
        },
      ),
      { numRuns: RUNS },
    );
    await expectUnharmed(server());
  });
});
