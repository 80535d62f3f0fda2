import { expect } from 'chai';
import * as fc from 'fast-check';
import { Channel, RECEIVE_PACKET, RECEIVE_WINDOW } from '../../../server/ssh/channel.ts';
import { MESSAGE } from '../../../server/ssh/messages.ts';
import { messageReader } from '../../../server/ssh/wire.ts';

const OURS = 3;
const THEIRS = 7;

/** A connection that writes down what a channel sends. */
class Recorder {
  congested = false;
  /** In order: data as `data:…`, stderr as `stderr:…`, other messages by their names. */
  readonly sent: string[] = [];
  readonly packets: number[] = [];
  granted = 0;

  send(payload: Uint8Array): void {
    const fields = messageReader(payload);
    expect(fields.uint32()).to.equal(THEIRS);
    const name = Object.entries(MESSAGE).find(([, type]) => type === payload[0])?.[0] ?? '';
    if (name === 'channelWindowAdjust') this.granted += fields.uint32();
    else if (name === 'channelExtendedData') this.sent.push(`stderr${fields.uint32()}:${fields.text()}`);
    else if (name === 'channelRequest')
      this.sent.push(`${fields.text()} ${fields.boolean()} ${fields.uint32()}`);
    else this.sent.push(name);
  }

  sendChannelData(channel: number, bytes: Uint8Array, packet: number): void {
    expect(channel).to.equal(THEIRS);
    this.packets.push(bytes.length);
    expect(packet).to.equal(1024);
    this.sent.push(`data:${Buffer.from(bytes).toString()}`);
  }
}

describe('a channel', () => {
  let link: Recorder;
  let gone: number;

  const open = (window = 100_000): Channel => {
    link = new Recorder();
    gone = 0;
    return new Channel({ local: OURS, remote: THEIRS, window, packet: 1024 }, link, () => (gone += 1));
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('opens its window again for what its reader has taken, and for nothing else', async () => {
    const channel = open();
    channel.stream.on('data', () => {});
    channel.stream.pause();
    for (let sent = 0; sent < RECEIVE_WINDOW; sent += RECEIVE_PACKET)
      channel.receive(Buffer.alloc(RECEIVE_PACKET));
    await turn();
    expect(link.granted).to.equal(0);
    expect(() => channel.receive(Buffer.alloc(1))).to.throw('window');
    channel.stream.resume();
    await turn();
    expect(link.granted).to.equal(RECEIVE_WINDOW);
    channel.receive(Buffer.alloc(RECEIVE_PACKET));
  });

  it('never lets more than its window be on the way, however its reader stops and goes', async () => {
    const step = fc.constantFrom('send', 'send', 'send', 'pause', 'resume', 'turn');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 300 }), async (steps) => {
        const channel = open();
        let sent = 0;
        let read = 0;
        channel.stream.on('data', (chunk: Buffer) => (read += chunk.length));
        for (const what of steps) {
          const room = RECEIVE_WINDOW + link.granted - sent;
          if (what === 'send' && room >= RECEIVE_PACKET) {
            channel.receive(Buffer.alloc(RECEIVE_PACKET));
            sent += RECEIVE_PACKET;
          } else if (what === 'pause') channel.stream.pause();
          else if (what === 'resume') channel.stream.resume();
          else if (what === 'turn') await turn();
          // What the stream itself holds is at most one chunk.
          expect(link.granted).to.be.at.most(read + RECEIVE_PACKET);
        }
        channel.stream.resume();
        await turn();
        expect(read).to.equal(sent);
      }),
      { numRuns: 50 },
    );
  });

  it('sends output and stderr in the order of the writes, within the window', async () => {
    const channel = open(10);
    channel.stream.write('abcdef');
    channel.stderr.write('123456');
    channel.stream.write('ghi');
    channel.stderr.write('789');
    expect(link.sent).to.deep.equal(['data:abcdef', 'stderr1:1234']);
    channel.grant(3);
    await turn();
    channel.grant(100);
    await turn();
    expect(link.sent).to.deep.equal([
      'data:abcdef',
      'stderr1:1234',
      'stderr1:56',
      'data:g',
      'data:hi',
      'stderr1:789',
    ]);
  });

  it('tells a writer that it is done only when the bytes have gone', async () => {
    const channel = open(4);
    let done = 0;
    channel.stream.write('abcd', () => (done += 1));
    channel.stream.write('efgh', () => (done += 1));
    await turn();
    expect(done).to.equal(1);
    channel.grant(2);
    await turn();
    expect(done).to.equal(1);
    channel.grant(2);
    await turn();
    expect(done).to.equal(2);
  });

  it('waits while its connection is congested', async () => {
    const channel = open();
    link.congested = true;
    channel.stream.write('abc');
    await turn();
    expect(link.sent).to.deep.equal([]);
    link.congested = false;
    channel.pump();
    expect(link.sent).to.deep.equal(['data:abc']);
  });

  it('gathers small writes that had to wait into one message', async () => {
    const channel = open();
    link.congested = true;
    for (const letter of 'abcdefgh') channel.stream.write(letter);
    link.congested = false;
    channel.pump();
    await turn();
    expect(link.sent).to.deep.equal(['data:a', 'data:bcdefgh']);
  });

  it('ends with output, EOF, exit status and CLOSE, in this order, and says nothing after', async () => {
    const channel = open();
    channel.stderr.write('sorry');
    channel.stream.write('out');
    await channel.finish(3);
    channel.reply(true);
    channel.stream.write('late');
    channel.receiveClose();
    await turn();
    expect(link.sent).to.deep.equal([
      'stderr1:sorry',
      'data:out',
      'channelEof',
      'exit-status false 3',
      'channelClose',
    ]);
    expect(gone).to.be.greaterThan(0);
  });

  it('answers the client’s CLOSE with its own, once, and lets what has come be read', async () => {
    const channel = open(0);
    let written = false;
    channel.stream.write('never', () => (written = true));
    channel.receive(Buffer.from('hello'));
    channel.receiveClose();
    expect(link.sent).to.deep.equal(['channelClose']);
    expect(gone).to.equal(1);
    const chunks: Buffer[] = [];
    for await (const chunk of channel.stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).to.equal('hello');
    expect(written).to.equal(true);
    await channel.finish(0);
    expect(link.sent).to.deep.equal(['channelClose']);
  });

  it('gives the end of input to its reader after all that came before', async () => {
    const channel = open();
    channel.receive(Buffer.from('a'));
    channel.receive(Buffer.from('b'));
    channel.receiveEof();
    const chunks: Buffer[] = [];
    for await (const chunk of channel.stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).to.equal('ab');
    expect(() => channel.receive(Buffer.from('c'))).to.throw('after the end');
  });

  it('lets go of everybody who waits when its connection is gone', async () => {
    const channel = open(0);
    const closed = new Promise((resolve) => channel.stream.once('close', resolve));
    const finished = channel.finish(0);
    channel.stderr.write('x');
    channel.abandon();
    await Promise.all([closed, finished]);
    expect(link.sent).to.deep.equal([]);
    expect(gone).to.be.greaterThan(0);
  });

  it('survives that its program destroys it with an error', async () => {
    const channel = open();
    channel.stream.destroy(new Error('the program failed'));
    await turn();
    channel.receive(Buffer.from('x'));
    channel.grant(5);
    await channel.finish(1);
    expect(link.sent).to.deep.equal(['channelClose']);
  });
});
