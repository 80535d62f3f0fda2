import { expect } from 'chai';
import * as fc from 'fast-check';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import {
  connectBackend,
  serveBackend,
  SocketChannel,
  type WireValue,
} from '../../../../vfs/backends/remote/index.ts';
import { Packer, unpack } from '../../../../vfs/backends/remote/message-pack.ts';
import { KIND } from '../../../../vfs/backends/remote/messages.ts';
import { VfsError } from '../../../../vfs/errors.ts';
import { ROOT, type VfsPath } from '../../../../vfs/path.ts';
import { OP_NAMES } from '../../../../vfs/ops.ts';
import { refused } from '../../../conformance/expectations.ts';
import { connectedSockets } from '../../../support/channels.ts';

const HELLO: WireValue = [KIND.hello, 'anyfs-vfs', 1];
const NO_CONTEXT: WireValue = [null, null, null, null];
const call = (id: number, op: string, args: WireValue, context: WireValue = NO_CONTEXT): WireValue => [
  KIND.call,
  id,
  op,
  args,
  context,
  null,
];
const STAT = call(1, 'lstat', ['/']);

/** A message as it goes over the wire. */
function frame(head: WireValue, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const packed = new Packer().pack(head);
  return Buffer.concat([lengths(packed.length, payload.length), packed, payload]);
}

function lengths(head: number, payload: number): Buffer {
  const start = Buffer.alloc(8);
  start.writeUInt32BE(head, 0);
  start.writeUInt32BE(payload, 4);
  return start;
}

/** The heads of all messages that arrive until the other end closes. */
async function heads(socket: Socket): Promise<WireValue[][]> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  const bytes = Buffer.concat(chunks);
  const all: WireValue[][] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    all.push(unpack(bytes.subarray(at + 8, end)) as WireValue[]);
    at = end + bytes.readUInt32BE(at + 4);
  }
  return all;
}

/** Serves a storage, and says all this to it; answers what it said. It must have closed the connection. */
async function say(memory: MemoryBackend, ...bytes: readonly Uint8Array[]): Promise<WireValue[][]> {
  const [near, far] = await connectedSockets();
  const served = serveBackend(memory, new SocketChannel(far));
  const said = heads(near);
  near.on('error', () => {});
  for (const part of bytes) near.write(part);
  const all = await said;
  await served.ended;
  return all;
}

/** What a peer says after its hello, and what it is told. */
const AGAINST_THE_PROTOCOL: Readonly<Record<string, readonly [bytes: Uint8Array, reason: RegExp]>> = {
  'a message longer than any': [lengths(16 * 2 ** 20 + 1, 0), /a message of 16777217 bytes/],
  'a payload longer than any': [lengths(5, 2 ** 32 - 1), /a payload of 4294967295 bytes/],
  'a message that is no list': [frame('hello'), /no list/],
  'a message of no kind': [frame([]), /an unknown message/],
  'a message of a kind of the server': [frame([KIND.result, 1, null]), /an unknown message/],
  'a message of an unknown kind': [frame([99, 1]), /an unknown message/],
  'a second hello': [frame(HELLO), /an unknown message/],
  'an unknown operation': [frame(call(1, 'format', [])), /was expected/],
  'a name of every object': [frame(call(1, 'constructor', [])), /was expected/],
  'a number that is none': [frame([KIND.call, -1, 'lstat', ['/'], NO_CONTEXT, null]), /a whole number/],
  'too few arguments': [frame(call(1, 'rename', ['/a'])), /was expected/],
  'too many arguments': [frame(call(1, 'lstat', ['/a', '/b'])), /was expected/],
  'arguments that are no list': [frame(call(1, 'lstat', '/a')), /a list was expected/],
  'an argument of a wrong type': [frame(call(1, 'lstat', [5])), /text was expected/],
  'a handle of a wrong type': [frame(call(1, 'fstat', ['1'])), /a number was expected/],
  'an object that is none': [frame(call(1, 'setstat', ['/a', null])), /a list was expected/],
  'an object with a field too many': [frame(call(1, 'rename', ['/a', '/b', [true, 1]])), /a list of 1/],
  'an unknown word': [frame(call(1, 'resolve', ['/a', 'somehow'])), /follow or keep was expected/],
  'a context of a wrong type': [frame(call(1, 'lstat', ['/'], [1, 2])), /a list of 4/],
  'limits of a wrong type': [
    frame(call(1, 'lstat', ['/'], [['a', null, null], null, null, null])),
    /a number was expected/,
  ],
  'bytes with a call that has none': [frame(STAT, Buffer.alloc(3)), /bytes that belong to nothing/],
};

describe('a hostile peer of a backend over a Unix socket', () => {
  const memory = new MemoryBackend();
  const file = '/f' as VfsPath;

  for (const [what, [bytes, reason]] of Object.entries(AGAINST_THE_PROTOCOL)) {
    it(`with ${what} loses its connection, is told why, and disturbs nobody`, async () => {
      const [near, far] = await connectedSockets();
      serveBackend(memory, new SocketChannel(far));
      const other = await connectBackend(new SocketChannel(near));
      const said = await say(memory, frame(HELLO), frame(STAT), bytes, frame(STAT));
      expect(said[0]?.[0]).to.equal(KIND.hello);
      const last = said.at(-1) ?? [];
      expect(last[0], JSON.stringify(said)).to.equal(KIND.refused);
      expect(last[1]).to.match(reason);
      expect((await other.lstat(ROOT, {})).type).to.equal('directory');
      await other.dispose();
    });
  }

  for (const [what, bytes] of Object.entries({
    'another protocol': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    'a call before the hello': frame(STAT),
    'a hello of another version': frame([KIND.hello, 'anyfs-vfs', 2]),
    'a hello of something else': frame([KIND.hello, 'nfs', 1]),
  })) {
    it(`with ${what} is not served`, async () => {
      const said = await say(memory, bytes);
      expect(said.map(([kind]) => kind)).to.deep.equal([KIND.refused]);
    });
  }

  for (const length of [1, 7, 8, 20]) {
    it(`that stops ${length} bytes into a message leaves nothing open`, async () => {
      const [near, far] = await connectedSockets();
      const closed: unknown[] = [];
      const store = new MemoryBackend();
      const served = serveBackend(store, new SocketChannel(far), {
        onFailure: (error) => closed.push(error),
      });
      near.resume();
      near.write(frame(HELLO));
      near.write(frame(call(1, 'open', ['/f', ['rw', 'if-missing', null], 0o644])));
      near.end(frame(call(2, 'write', [1, 0, null]), Buffer.alloc(10)).subarray(0, length));
      await served.ended;
      expect(closed).to.deep.equal([]);
      expect((await store.lstat(file, {})).size).to.equal(0);
    });
  }

  it('with handles of others gets EBADF, and its connection stays', async () => {
    const handle = await memory.open(file, { access: 'rw', create: 'if-missing' }, 0o644, {});
    const [near, far] = await connectedSockets();
    serveBackend(memory, new SocketChannel(far));
    const remote = await connectBackend(new SocketChannel(near));
    for (const foreign of [handle, handle + 1, -1, 2 ** 53, 0.5] as (typeof handle)[])
      await refused(remote.fstat(foreign, {}), 'EBADF');
    await remote.lstat(ROOT, {});
    await remote.dispose();
    await memory.fstat(handle, {});
  });

  it('with more calls at once than it was told loses its connection', async () => {
    const slow = Object.assign(Object.create(memory) as MemoryBackend, { sync: () => new Promise(() => {}) });
    const [near, far] = await connectedSockets();
    serveBackend(slow, new SocketChannel(far));
    const said = heads(near);
    near.write(frame(HELLO));
    for (let id = 0; id < 1025; id++) near.write(frame(call(id, 'sync', [])));
    expect((await said).at(-1)).to.deep.equal([KIND.refused, 'protocol error: too many calls at once']);
  });

  it('that says anything at all is answered or refused, and nothing but its connection ends', async () => {
    const value = fc.letrec<{ value: WireValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constant(null),
        fc.boolean(),
        fc.integer({ min: -2, max: 9 }),
        fc.constantFrom('/', '/f', 'r', 'rw', 'if-missing', 'end', 'keep'),
        fc.uint8Array({ maxLength: 5 }),
        fc.array(tie('value'), { maxLength: 5 }),
      ),
    })).value;
    const message = fc.tuple(
      fc.constantFrom(KIND.call, KIND.call, KIND.call, KIND.abort, KIND.end, 77),
      fc.integer({ min: 0, max: 50 }),
      fc.constantFrom(...OP_NAMES),
      fc.array(value, { maxLength: 4 }),
      fc.constant(NO_CONTEXT),
      fc.constant(null),
    );
    const garbage = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    const parts = fc.array(
      fc.oneof(
        message.map((head) => frame(head)),
        garbage,
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(parts, async (all) => {
        const [near, far] = await connectedSockets();
        const served = serveBackend(memory, new SocketChannel(far));
        near.on('error', () => {});
        near.resume();
        near.write(frame(HELLO));
        for (const part of all) near.write(part);
        near.end();
        await served.ended;
      }),
      { numRuns: 150 },
    );
    expect((await memory.lstat(ROOT, {})).type).to.equal('directory');
  });
});

describe('a hostile server of a backend over a Unix socket', () => {
  const welcome: WireValue = [KIND.hello, 1, Array<boolean>(10).fill(true), [10, 10, 1000, 1000]];
  const SAYS: Readonly<Record<string, Buffer>> = {
    'an answer to no call': frame([KIND.result, 77, null]),
    'a result of a wrong type': frame([KIND.result, 1, 'nothing of the kind']),
    'an error of no code': frame([KIND.failure, 1, ['EWHAT', null, null, 'x']]),
    'nothing that is a message': Buffer.from('220 ready\r\n'),
    'its end': Buffer.alloc(0),
  };

  for (const [what, bytes] of Object.entries(SAYS)) {
    it(`that says ${what} makes calls fail and nothing else`, async () => {
      const [near, far] = await connectedSockets();
      far.on('error', () => {});
      far.resume();
      far.write(frame(welcome));
      const remote = await connectBackend(new SocketChannel(near));
      const failure = refused(remote.lstat(ROOT, {}), 'EIO');
      far.end(bytes);
      expect(await failure).to.be.instanceOf(VfsError);
      await remote.ended;
    });
  }

  it('that speaks something else is no storage', async () => {
    const [near, far] = await connectedSockets();
    far.on('error', () => {});
    far.end('220 ready\r\n');
    await refused(connectBackend(new SocketChannel(near)), 'EIO');
  });
});
