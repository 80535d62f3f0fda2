import { expect } from 'chai';
import { MESSAGE } from '../../server/ssh/messages.ts';
import { message, messageReader, string, uint32 } from '../../server/ssh/wire.ts';
import {
  channelData,
  channelOpen,
  channelRequest,
  loggedInClient,
  openSession,
  openSftp,
  type RawClient,
} from '../support/raw-client.ts';
import { buffersInUse } from '../support/heap-in-use.ts';
import { sftp } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { testServer } from '../support/server.ts';

const MEBIBYTE = 1024 * 1024;
const READ_BYTES = 255 * 1024;

function packet(type: number, id: number, ...fields: Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.of(type), uint32(id), ...fields]);
  return Buffer.concat([uint32(body.length), body]);
}

const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

describe('a client that does not read', function () {
  this.timeout(60_000);
  const server = testServer({ accounts: { alice: { password: 'secret' } } });
  let client: RawClient;
  let channel: number;

  /** Opens /big for reading and answers its handle. */
  const openBig = async (): Promise<Buffer> => {
    client.send(channelData(channel, packet(3, 7, string('/big'), uint32(1), uint32(0))));
    const { fields } = await client.take(MESSAGE.channelData);
    fields.uint32();
    const reply = Buffer.from(fields.bytes());
    return Buffer.from(messageReader(reply.subarray(8)).bytes());
  };

  before(async function () {
    requireProgram(this, 'sftp');
    client = await loggedInClient(server().port, 'alice', 'secret');
    channel = await openSftp(client);
    client.send(channelData(channel, packet(3, 0, string('/big'), uint32(0x0a), uint32(0))));
    await client.take(MESSAGE.channelData);
    // SETSTAT of the size: 1 GiB without a byte stored.
    client.send(channelData(channel, packet(9, 1, string('/big'), uint32(1), uint64(1024 * MEBIBYTE))));
    await client.take(MESSAGE.channelData);
    await client.close();
  });

  beforeEach(async () => {
    client = await loggedInClient(server().port, 'alice', 'secret');
  });

  afterEach(() => client.close());

  /** Asks for far more than fits anywhere. */
  const askForMuch = (handle: Buffer, requests: number): void => {
    for (let id = 0; id < requests; id++) {
      const position = uint64((id % 4000) * READ_BYTES);
      client.send(channelData(channel, packet(5, id, string(handle), position, uint32(READ_BYTES))));
    }
  };

  const readsDone = (): number => server().traces.filter(({ op }) => op === 'read').length;

  /** Waits until the server has done nothing more for a while. */
  const untilQuiet = async (): Promise<void> => {
    for (let before = -1; before !== readsDone();) {
      before = readsDone();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  };

  for (const [name, window] of [
    ['with the largest window', 2 ** 32 - 1],
    ['with an ordinary window', 2 * MEBIBYTE],
  ] as const) {
    it(`costs a bounded amount of memory ${name}, and gets everything when it reads again`, async () => {
      channel = await openSftp(client, { window });
      const handle = await openBig();
      client.socket.pause();
      const [held, reads] = [buffersInUse(), readsDone()];
      askForMuch(handle, 2000);
      await untilQuiet();
      // 8 MiB of payload, a copy of it sealed for the socket, and what the test itself has sent.
      expect(buffersInUse() - held).to.be.lessThan(40 * MEBIBYTE);
      expect(readsDone() - reads).to.be.lessThan(200);

      const others = performance.now();
      await sftp(server().login('alice'), ['ls -l /big']);
      expect(performance.now() - others).to.be.lessThan(3000);

      client.socket.resume();
      let bytes = 0;
      const total = 2000 * (READ_BYTES + 13);
      while (bytes < total) {
        const { fields } = await client.take(MESSAGE.channelData);
        fields.uint32();
        const { length } = fields.bytes();
        bytes += length;
        client.send(
          message(
            MESSAGE.channelWindowAdjust,
            uint32(channel),
            uint32(length > 0 && window < 2 ** 31 ? length : 0),
          ),
        );
      }
      expect(bytes).to.equal(total);
    });
  }

  it('keeps no other channel of its connection waiting while one has much to send', async () => {
    const channels = [
      await openSftp(client, { number: 1, window: 2 ** 32 - 1 }),
      await openSftp(client, { number: 2, window: 2 ** 32 - 1 }),
    ];
    const got = new Map<number, number>([
      [1, 0],
      [2, 0],
    ]);
    const handles: Buffer[] = [];
    for (channel of channels) handles.push(await openBig());
    client.socket.pause();
    channels.forEach((number, index) => {
      channel = number;
      askForMuch(handles[index] as Buffer, 400);
    });
    await untilQuiet();
    client.socket.resume();
    let total = 0;
    while (total < 400 * READ_BYTES) {
      const { fields } = await client.take(MESSAGE.channelData);
      const number = fields.uint32();
      const { length } = fields.bytes();
      got.set(number, (got.get(number) ?? 0) + length);
      total += length;
    }
    for (const bytes of got.values()) expect(bytes, JSON.stringify([...got])).to.be.greaterThan(total / 5);
  });

  it('gets no more than its window, to the byte', async () => {
    const window = 100_000;
    channel = await openSession(client, { window });
    client.send(channelRequest(channel, 'subsystem', true, string('sftp')));
    await client.take(MESSAGE.channelSuccess);
    client.send(channelData(channel, Uint8Array.of(0, 0, 0, 5, 1, 0, 0, 0, 3)));
    client.send(channelData(channel, packet(3, 7, string('/big'), uint32(1), uint32(0))));
    let text = Buffer.alloc(0);
    const take = async (): Promise<number> => {
      const { fields } = await client.take(MESSAGE.channelData);
      fields.uint32();
      text = Buffer.concat([text, fields.bytes()]);
      return text.length;
    };
    // VERSION, then the handle.
    while (text.length < 4 || text.length < 4 + text.readUInt32BE(0) + 13) await take();
    const handle = messageReader(text.subarray(4 + text.readUInt32BE(0) + 8)).bytes();
    askForMuch(Buffer.from(handle), 10);
    let got = text.length;
    while (got < window) got = await take();
    await untilQuiet();
    expect(client.received.filter(({ type }) => type === MESSAGE.channelData)).to.deep.equal([]);
    expect(got).to.equal(window);
  });

  it('is cut off when it asks for answers without end', async () => {
    client.socket.pause();
    const question = channelOpen({ type: 'x11' });
    const held = buffersInUse();
    const isCutOff = (): boolean => {
      const line = server().log.lines.findLast(({ message: text }) => text === 'connection closed');
      return String(line?.fields['reason']).includes('does not read its answers');
    };
    while (!isCutOff()) {
      for (let count = 0; count < 5000; count++) client.send(question);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(buffersInUse() - held).to.be.lessThan(200 * MEBIBYTE);
    expect(server().log.lines.filter(({ message: text }) => text === 'refused').length).to.be.at.most(10);
  });
});
