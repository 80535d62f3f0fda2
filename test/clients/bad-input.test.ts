import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { sftp } from '../support/login.ts';
import { openSubsystem, replies, statusCodes } from '../support/raw-subsystem.ts';
import { residentBytes } from '../support/processes.ts';
import { requireProgram } from '../support/require-program.ts';
import { packet, str, u32, u64 } from '../support/sftp-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;
const [INIT, OPEN, WRITE, STAT] = [1, 3, 6, 17];
const HANDLE = 102;
const BEGIN = packet(INIT, u32(3));

/** What a stranger sends in place of SSH. */
const STRANGERS: Readonly<Record<string, Buffer>> = {
  'random bytes': randomBytes(100_000),
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  'a megabyte without a newline': Buffer.alloc(MIB, 'a'),
  'a banner and then garbage': Buffer.concat([Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), randomBytes(5000)]),
  'a packet of 4 GiB': Buffer.concat([
    Buffer.from('SSH-2.0-x\r\n'),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0]),
  ]),
};

/** What a person who is logged in sends in place of SFTP. */
const INTRUDERS: Readonly<Record<string, Buffer>> = {
  'a request before INIT': packet(STAT, u32(1), str('/')),
  'a packet longer than 256 KiB': Buffer.concat([BEGIN, u32(256 * 1024 + 1), Buffer.alloc(300_000)]),
  'a packet of no bytes': Buffer.concat([BEGIN, u32(0)]),
  'random bytes': Buffer.concat([BEGIN, randomBytes(300_000)]),
};

describe('bad input', function () {
  this.timeout(60_000);
  before(function () {
    requireProgram(this, 'sftp');
  });
  const server = clientServer({ alice: {}, mallory: {} });
  const directory = temporaryDirectory();
  const resident = (): number => residentBytes(server().process().pid);

  /** Runs `mischief` while alice puts a large file, and checks that she does not notice. */
  async function whileOthersWork(mischief: () => Promise<void>): Promise<void> {
    const bytes = noise(8 * MIB);
    writeFileSync(join(directory(), 'sent'), bytes);
    const work = sftp(server().login('alice'), ['put sent file', 'get file got', 'rm file'], {
      cwd: directory(),
    });
    await mischief();
    await work;
    expect(readFileSync(join(directory(), 'got')).equals(bytes)).to.equal(true);
    expect(server().process().running()).to.equal(true);
  }

  for (const [what, bytes] of Object.entries(STRANGERS)) {
    it(`before the handshake closes that connection and no other: ${what}`, async () => {
      await whileOthersWork(() => sendUntilClosed(server().login('mallory').port, bytes));
    });
  }

  for (const [what, bytes] of Object.entries(INTRUDERS)) {
    it(`in an SFTP session ends that session and no other: ${what}`, async () => {
      await whileOthersWork(async () => {
        const intruder = await openSubsystem(server().login('mallory'));
        intruder.channel.write(bytes);
        await until('the channel is closed', () => intruder.closed());
        intruder.client.end();
      });
    });
  }

  it('in a request is refused with a status, and the session goes on', async () => {
    const { client, channel, received } = await openSubsystem(server().login('mallory'));
    channel.write(BEGIN);
    channel.write(packet(99, u32(1)));
    channel.write(packet(STAT, u32(2), str('nul\0inside')));
    channel.write(packet(STAT, u32(3), u32(1000)));
    channel.write(packet(STAT, u32(4), str('/missing')));
    const codes = (): number[] => statusCodes(received());
    await until('four answers', () => codes().length === 4);
    const [unsupported, failure, badMessage, missing] = [8, 4, 5, 2];
    expect(codes()[0]).to.equal(unsupported);
    expect(codes()[1]).to.be.oneOf([failure, badMessage, missing]);
    expect(codes().slice(2)).to.deep.equal([badMessage, missing]);
    client.end();
  });

  it('that asks for offsets beyond 2^53 is refused, and nothing is written', async () => {
    const { client, channel, received } = await openSubsystem(server().login('mallory'));
    channel.write(BEGIN);
    const [read, write, create] = [1, 2, 8];
    channel.write(packet(OPEN, u32(1), str('far'), u32(read | write | create), u32(0)));
    await until('a handle', () => replies(received()).some(({ type }) => type === HANDLE));
    const handle =
      replies(received())
        .find(({ type }) => type === HANDLE)
        ?.body.subarray(8) ?? Buffer.alloc(0);
    for (const offset of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      channel.write(packet(WRITE, u32(2), str(handle), u64(offset), str('x')));
    }
    await until('three refusals', () => statusCodes(received()).length === 3);
    expect(new Set(statusCodes(received()))).to.deep.equal(new Set([4]));
    client.end();
    const { stdout } = await sftp(server().login('mallory'), ['ls -l far']);
    expect(stdout).to.match(/ 0 \w+ +\d+ .* far/);
  });

  it('that opens 100,000 files gets the limit of them, and memory stays bounded', async () => {
    const before = resident();
    await whileOthersWork(async () => {
      const { client, channel, received } = await openSubsystem(server().login('mallory'));
      channel.write(BEGIN);
      const [read, create] = [1, 8];
      const opens = 100_000;
      for (let id = 0; id < opens; id++)
        channel.write(packet(OPEN, u32(id), str('many'), u32(read | create), u32(0)));
      await until('an answer to each', () => replies(received()).length === opens + 1, 50_000);
      const handles = replies(received()).filter(({ type }) => type === HANDLE).length;
      expect(handles).to.be.greaterThan(100).and.at.most(1024);
      client.end();
    });
    expect(resident() - before).to.be.lessThan(150 * MIB);
  });
});

function sendUntilClosed(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
  });
}
