import { expect } from 'chai';
import { duplexPair } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DATA_MAX, OPEN_FLAG, PACKET, STATUS } from '../../../server/sftp/protocol.ts';
import { serveSftp } from '../../../server/sftp/session.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { override, stack, type Layer } from '../../../vfs/layer.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { captureLog } from '../../support/captured-log.ts';
import { handleIn, packet, SftpClient, statusCode, str, u32, u64 } from '../../support/sftp-client.ts';
import { openSession } from '../../support/sftp-session.ts';
import { until } from '../../support/until.ts';

const { READ, WRITE, CREAT } = OPEN_FLAG;
const MIB = 1024 * 1024;

/** Holds reads back until they are let go. */
function gatedReads() {
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const counter = { started: 0 };
  const layer: Layer = override((next) => ({
    read: async (call) => {
      counter.started++;
      await gate;
      return next(call);
    },
  }));
  return { layer, counter, letGo: () => letGo() };
}

/** Lets what can happen now happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}

describe('the flow of an SFTP session', () => {
  it('takes 64 requests at a time, and answers all of 10,000 that are sent at once', async () => {
    const { layer, counter, letGo } = gatedReads();
    const { client } = await openSession({ layers: [layer] });
    const handle = str(await client.open('/file', READ | WRITE | CREAT));
    client.send(
      Buffer.concat(
        Array.from({ length: 10_000 }, (_, index) => packet(PACKET.READ, u32(index), handle, u64(0), u32(1))),
      ),
    );
    await settle();
    expect(counter.started).to.equal(64);
    letGo();
    const replies = await client.take(10_000);
    expect(replies.map(({ id }) => id)).to.deep.equal(Array.from({ length: 10_000 }, (_, index) => index));
  });

  it('takes reads for 8 MiB at a time, and one more', async () => {
    const { layer, counter, letGo } = gatedReads();
    const { client } = await openSession({ layers: [layer] });
    const handle = str(await client.open('/file', READ | WRITE | CREAT));
    client.send(
      Buffer.concat(
        Array.from({ length: 64 }, (_, index) =>
          packet(PACKET.READ, u32(index), handle, u64(0), u32(0xffffffff)),
        ),
      ),
    );
    await settle();
    expect(counter.started).to.equal(Math.ceil((8 * MIB) / DATA_MAX));
    letGo();
    await client.take(64);
  });

  it('holds no more than 8 MiB of writes that a store is slow to take', async () => {
    let taken = 0;
    const stuck = override(() => ({
      write: ({ args }) => ((taken += args[2].length), new Promise(() => undefined)),
    }));
    const { client } = await openSession({ layers: [stuck] });
    const handle = str(await client.open('/file', READ | WRITE | CREAT));
    const bytes = packet(PACKET.WRITE, u32(1), handle, u64(0), str(Buffer.alloc(DATA_MAX)));
    for (let count = 0; count < 200; count++) client.send(bytes);
    await settle();
    expect(taken).to.be.within(7 * MIB, 8 * MIB + DATA_MAX);
  });

  it('does not go on for a client that does not read, and goes on once it does', async () => {
    let reads = 0;
    const counting = override((next) => ({ read: (call) => (reads++, next(call)) }));
    const [channel, far] = duplexPair({ highWaterMark: 64 * 1024 });
    const done = serveSftp(channel, {
      mount: stack(new MemoryBackend(), resolvePaths(), counting),
      account: { name: 'alice', uid: 10_000, gid: 10_000 },
      names: { user: () => undefined, group: () => undefined },
      sessionId: 'test',
      umask: 0o022,
      handlesMax: 10,
      log: captureLog(),
    });
    const client = new SftpClient(far);
    await client.init();
    const handle = await client.open('/file', READ | WRITE | CREAT);
    await client.write(handle, 0, Buffer.alloc(DATA_MAX, 7));
    far.pause();
    const request = packet(PACKET.READ, u32(1), str(handle), u64(0), u32(DATA_MAX));
    client.send(...Array.from({ length: 2000 }, () => request));
    await settle();
    const before = reads;
    expect(before).to.be.lessThan(70);
    expect(channel.writableLength).to.be.lessThan(10 * MIB);
    await settle();
    expect(reads).to.equal(before);
    far.resume();
    await client.take(2000);
    expect(reads).to.equal(2000);
    client.finish();
    await done;
  });

  it('ends for a client that goes away without reading', async () => {
    const { client, channel, done } = await openSession();
    const handle = await client.open('/file', READ | WRITE | CREAT);
    await client.write(handle, 0, Buffer.alloc(DATA_MAX, 7));
    const writes = channel.write.bind(channel);
    let refused = false;
    channel.write = ((bytes: Uint8Array) => (writes(bytes), (refused = true), false)) as typeof channel.write;
    const request = packet(PACKET.READ, u32(1), str(handle), u64(0), u32(DATA_MAX));
    client.send(...Array.from({ length: 100 }, () => request));
    await until('a write was refused', () => refused);
    channel.destroy();
    await done;
  });

  it('writes the answers to many requests together, and a long one in full blocks', async () => {
    const { client, channel } = await openSession();
    const handle = await client.open('/file', READ | WRITE | CREAT);
    await client.write(handle, 0, Buffer.alloc(DATA_MAX, 7));
    const sizes: number[] = [];
    const write = channel.write.bind(channel);
    channel.write = ((bytes: Uint8Array) => (sizes.push(bytes.length), write(bytes))) as typeof channel.write;
    client.send(
      Buffer.concat(Array.from({ length: 60 }, (_, id) => packet(PACKET.STAT, u32(id), str('/file')))),
    );
    await client.take(60);
    expect(sizes.length).to.be.at.most(2);
    sizes.length = 0;
    await client.read(handle, 0, DATA_MAX);
    expect(sizes.slice(0, -1).filter((size) => size % (32 * 1024) !== 0)).to.deep.equal([]);
    expect(sizes.length).to.be.at.most(3);
    sizes.length = 0;
    client.send(
      Buffer.concat(
        Array.from({ length: 8 }, (_, id) =>
          packet(PACKET.READ, u32(id), str(handle), u64(0), u32(32 * 1024)),
        ),
      ),
    );
    await client.take(8);
    expect(sizes.slice(0, -1).filter((size) => size % (32 * 1024) !== 0)).to.deep.equal([]);
  });

  it('takes many small writes in few turns of the event loop', async () => {
    const { client } = await openSession();
    const handle = str(await client.open('/file', WRITE | CREAT));
    const data = str(Buffer.alloc(100));
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    client.send(
      Buffer.concat(
        Array.from({ length: 1000 }, (_, id) => packet(PACKET.WRITE, u32(id), handle, u64(id * 100), data)),
      ),
    );
    const replies = await client.take(1000);
    counting = false;
    expect(replies.every((reply) => statusCode(reply) === STATUS.OK)).to.equal(true);
    expect(turns).to.be.lessThan(100);
  });

  it('leaves turns of the event loop to others while a client asks much', async () => {
    let calls = 0;
    const counted = override((next) => ({ lstat: (call) => (calls++, next(call)) }));
    const { client } = await openSession({ layers: [counted], highWaterMark: 4 * MIB });
    const perTurn: number[] = [];
    let counting = true;
    const count = (): void => {
      perTurn.push(calls);
      calls = 0;
      if (counting) setImmediate(count);
    };
    client.send(
      Buffer.concat(Array.from({ length: 5000 }, (_, id) => packet(PACKET.STAT, u32(id), str('/')))),
    );
    setImmediate(count);
    await client.take(5000);
    counting = false;
    perTurn.push(calls);
    expect(perTurn.length).to.be.at.least(10);
    expect(Math.max(...perTurn)).to.be.at.most(300);
  });

  it('opens no more than the limit for a client that pipelines 100,000 OPENs', async function () {
    this.timeout(60_000);
    const { client } = await openSession({ handlesMax: 100 });
    await client.close(await client.open('/file', WRITE | CREAT));
    const open = (id: number): Buffer => packet(PACKET.OPEN, u32(id), str('/file'), u32(READ), u32(0));
    client.send(Buffer.concat(Array.from({ length: 100_000 }, (_, id) => open(id))));
    const replies = await client.take(100_000);
    const opened = replies.filter(({ type }) => type === PACKET.HANDLE);
    expect(opened).to.have.lengthOf(100);
    expect(new Set(opened.map((reply) => handleIn(reply).toString('hex'))).size).to.equal(100);
  });
});
