import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MESSAGE } from '../../server/ssh/messages.ts';
import { sftp } from '../support/login.ts';
import { channelData, loggedInClient, openSftp } from '../support/raw-client.ts';
import { requireProgram } from '../support/require-program.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MEBIBYTE = 1024 * 1024;

const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('new keys in the middle of a transfer', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let server: TestServer;

  before(function () {
    requireProgram(this, 'sftp');
  });

  afterEach(() => server.stop());

  const start = async (rekeyBytes?: number): Promise<void> => {
    server = await startTestServer({
      accounts: { alice: { password: 'secret' } },
      ...(rekeyBytes === undefined ? {} : { transportLimits: { rekeyBytes } }),
    });
  };

  const exchanges = (): number =>
    server.log.lines.filter(({ message }) => message === 'keys exchanged').length;

  /** There and back again, 24 MiB each way. */
  const roundTrip = async (args: readonly string[]): Promise<void> => {
    const [source, target] = [join(directory(), 'source'), join(directory(), 'target')];
    writeFileSync(source, randomBytes(24 * MEBIBYTE));
    await sftp(server.login('alice'), [`put ${source} /file`, `get /file ${target}`], { args });
    expect(digest(target)).to.equal(digest(source));
    expect(server.log.alarms).to.deep.equal([]);
  };

  for (const cipher of ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes128-ctr']) {
    const args = ['-o', `Ciphers=${cipher}`];

    it(`every MiB by the client's wish leaves the bytes as they are with ${cipher}`, async () => {
      await start();
      await roundTrip([...args, '-o', 'RekeyLimit=1M']);
      expect(exchanges()).to.be.greaterThan(20);
    });

    it(`every MiB by the server's wish leaves the bytes as they are with ${cipher}`, async () => {
      await start(MEBIBYTE);
      await roundTrip(args);
      expect(exchanges()).to.be.greaterThan(20);
    });

    it(`every MiB by the wish of both leaves the bytes as they are with ${cipher}`, async () => {
      await start(MEBIBYTE);
      await roundTrip([...args, '-o', 'RekeyLimit=1M']);
      expect(exchanges()).to.be.greaterThan(20);
    });
  }

  it('are not exchanged without need', async () => {
    await start();
    await roundTrip([]);
    expect(exchanges()).to.equal(1);
  });

  it('are exchanged when they are old', async () => {
    server = await startTestServer({
      accounts: { alice: { password: 'secret' } },
      transportLimits: { rekeyMilliseconds: 50 },
    });
    const client = await loggedInClient(server.port, 'alice', 'secret');
    const channel = await openSftp(client);
    await new Promise((resolve) => setTimeout(resolve, 60));
    // FSTAT of no handle: any request will do.
    client.send(channelData(channel, Buffer.from('0000000908000000010000000000', 'hex').subarray(0, 13)));
    await client.take(MESSAGE.channelData);
    await server.log.waitFor((line) => line.message === 'keys exchanged' && exchanges() > 1);
    await client.close();
  });

  it('at the wish of an idle client change nothing', async () => {
    await start();
    const client = await loggedInClient(server.port, 'alice', 'secret');
    for (let count = 2; count < 6; count++) {
      client.rekey();
      await server.log.waitFor(() => exchanges() === count);
    }
    await openSftp(client);
    await client.close();
  });
});
