import { expect } from 'chai';
import * as fc from 'fast-check';
import { OPEN_FLAG, PACKET } from '../../../server/sftp/protocol.ts';
import { quota } from '../../../vfs/middleware/quota.ts';
import { attrs, handleIn, packet, str, u32, u64, type SftpClient } from '../../support/sftp-client.ts';
import { beginSession, openSession } from '../../support/sftp-session.ts';

const { READ, WRITE, CREAT } = OPEN_FLAG;

/** So that no accidental size makes a copy endless. */
const SMALL = quota({ bytes: 1024 * 1024, inodes: 100, fileSize: 1024 * 1024 });

/** After the type and the id: a request of each kind, right in every field. */
async function templates(client: SftpClient): Promise<[type: number, body: Buffer][]> {
  const file = str(await client.open('/file', READ | WRITE | CREAT));
  const other = str(await client.open('/other', READ | WRITE | CREAT));
  const directory = str(handleIn(await client.ask(PACKET.OPENDIR, str('/'))));
  const change = attrs({ size: 10, owner: [1, 2], permissions: 0o600, times: [3, 4] });
  const two = [str('/file'), str('/new')];
  const plain: [number, Uint8Array[]][] = [
    [PACKET.OPEN, [str('/file'), u32(READ), attrs()]],
    [PACKET.READ, [file, u64(0), u32(100)]],
    [PACKET.WRITE, [file, u64(0), str('data')]],
    [PACKET.LSTAT, [str('/file')]],
    [PACKET.FSTAT, [file]],
    [PACKET.SETSTAT, [str('/file'), change]],
    [PACKET.FSETSTAT, [file, change]],
    [PACKET.OPENDIR, [str('/')]],
    [PACKET.READDIR, [directory]],
    [PACKET.REMOVE, [str('/new')]],
    [PACKET.MKDIR, [str('/dir'), attrs({ permissions: 0o755 })]],
    [PACKET.RMDIR, [str('/dir')]],
    [PACKET.REALPATH, [str('./x/..')]],
    [PACKET.STAT, [str('/file')]],
    [PACKET.RENAME, two],
    [PACKET.READLINK, [str('/link')]],
    [PACKET.SYMLINK, two],
    [PACKET.CLOSE, [other]],
  ];
  const extended: [string, Uint8Array[]][] = [
    ['posix-rename@openssh.com', two],
    ['statvfs@openssh.com', [str('/')]],
    ['fstatvfs@openssh.com', [file]],
    ['hardlink@openssh.com', two],
    ['fsync@openssh.com', [file]],
    ['lsetstat@openssh.com', [str('/file'), attrs({ times: [1, 2] })]],
    ['limits@openssh.com', []],
    ['expand-path@openssh.com', [str('~/x')]],
    ['copy-data', [file, u64(0), u64(0), other, u64(0)]],
    ['home-directory', [str('alice')]],
    ['users-groups-by-id@openssh.com', [str(u32(1)), str(u32(2))]],
  ];
  return [
    ...plain.map(([type, fields]): [number, Buffer] => [type, Buffer.concat(fields)]),
    ...extended.map(([name, fields]): [number, Buffer] => [
      PACKET.EXTENDED,
      Buffer.concat([str(name), ...fields]),
    ]),
  ];
}

/** What is done to the bytes of a request. */
interface Mutation {
  readonly template: number;
  /** Instead of its own. */
  readonly type: number | undefined;
  readonly changes: readonly (readonly [at: number, byte: number])[];
  /** Of the length, in thousandths. */
  readonly keep: number;
  readonly append: Uint8Array;
}

const anyMutation: fc.Arbitrary<Mutation> = fc.record({
  template: fc.nat(28),
  type: fc.option(fc.integer({ min: 2, max: 255 }), { nil: undefined, freq: 5 }),
  changes: fc.array(fc.tuple(fc.nat(80), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff))), {
    maxLength: 4,
  }),
  keep: fc.oneof({ weight: 3, arbitrary: fc.constant(1000) }, fc.nat(1000)),
  append: fc.oneof(
    { weight: 3, arbitrary: fc.constant(new Uint8Array(0)) },
    fc.uint8Array({ maxLength: 20 }),
  ),
});

function mutated(body: Buffer, { changes, keep, append }: Mutation): Buffer {
  const bytes = Buffer.from(body.subarray(0, Math.ceil((body.length * keep) / 1000)));
  for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
  return Buffer.concat([bytes, append]);
}

describe('a hostile SFTP client', () => {
  it('gets one answer to each request, whatever is in it, and the session goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMutation, { minLength: 1, maxLength: 30 }), async (mutations) => {
        const { client, done } = await openSession({ layers: [SMALL] });
        const right = await templates(client);
        const packets = mutations.map((mutation, id) => {
          const [type, body] = right[mutation.template % right.length] as [number, Buffer];
          return packet(mutation.type ?? type, u32(id), mutated(body, mutation));
        });
        client.send(Buffer.concat(packets));
        const replies = await client.take(packets.length);
        const ids = replies.map(({ id }) => id).toSorted((a, b) => a - b);
        expect(ids).to.deep.equal(packets.map((_, id) => id));
        expect((await client.ask(PACKET.STAT, str('/'))).type).to.equal(PACKET.ATTRS);
        client.finish();
        await done;
      }),
      { numRuns: 300 },
    );
  }).timeout(60_000);

  it('comes to an end with any bytes at all', async () => {
    const start = fc.constantFrom(Buffer.alloc(0), packet(PACKET.INIT, u32(3)));
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }),
        async (first, chunks) => {
          const { client, done, log } = beginSession({ layers: [SMALL] });
          client.send(first, ...chunks);
          client.finish();
          await client.closed();
          await done;
          expect(log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
          expect(log.alarms.length).to.be.at.most(2);
        },
      ),
      { numRuns: 300 },
    );
  }).timeout(60_000);
});
