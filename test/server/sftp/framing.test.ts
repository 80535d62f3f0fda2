import { expect } from 'chai';
import * as fc from 'fast-check';
import { Framing, type Packet } from '../../../server/sftp/framing.ts';
import { PayloadPool } from '../../../server/sftp/payload-pool.ts';
import { PACKET, PACKET_MAX } from '../../../server/sftp/protocol.ts';
import { isVfsError } from '../../../vfs/errors.ts';
import { packet, str, u32, u64 } from '../../support/sftp-client.ts';

describe('framing of packets (draft-ietf-secsh-filexfer-02, section 3)', () => {
  it('finds the same packets wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(anyPacket(), { maxLength: 12 }), cuts(), (packets, sizes) => {
        const found = readAll(chunksOf(Buffer.concat(packets), sizes));
        expect(found.map(asWhole)).to.deep.equal(packets);
      }),
    );
  });

  it('gives the data of a WRITE a buffer of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), cuts(), (data, sizes) => {
        const bytes = packet(PACKET.WRITE, u32(1), str('handle'), u64(7), str(data));
        const [found] = readAll(chunksOf(bytes, sizes));
        expect(found?.payload).to.deep.equal(Buffer.from(data));
        expect(found?.payload?.buffer).not.to.equal(found?.body.buffer);
      }),
    );
  });

  it('leaves a WRITE whole where the length of its data is not what is left', () => {
    for (const wrong of [0, 2, 4, 1000, 0xffffffff]) {
      const bytes = packet(PACKET.WRITE, u32(1), str('handle'), u64(7), u32(wrong), Buffer.from('abc'));
      const [found] = readAll([bytes]);
      expect(found?.payload).to.equal(undefined);
      expect(found?.body).to.deep.equal(bytes.subarray(5));
    }
  });

  it('takes a packet of 256 KiB, a byte at a time as well', () => {
    const largest = packet(PACKET.STAT, Buffer.alloc(PACKET_MAX - 1, 0x61));
    const framing = new Framing(new PayloadPool());
    const found: Packet[] = [];
    for (const byte of largest) {
      framing.push(Buffer.of(byte));
      const next = framing.next();
      if (next !== undefined) found.push(next);
    }
    expect(found.map(asWhole)).to.deep.equal([largest]);
  });

  for (const length of [0, PACKET_MAX + 1, 0x7fffffff, 0xffffffff]) {
    it(`refuses a length of ${length} as soon as it is known`, () => {
      const framing = new Framing(new PayloadPool());
      framing.push(u32(length) as Buffer);
      expect(() => framing.next()).to.satisfy((next: () => void) => throwsInvalid(next));
    });
  }

  it('waits for what is missing, and knows that it does', () => {
    const framing = new Framing(new PayloadPool());
    const bytes = packet(PACKET.STAT, u32(1), str('/path'));
    expect(framing.midPacket).to.equal(false);
    framing.push(bytes.subarray(0, 7));
    expect(framing.next()).to.equal(undefined);
    expect(framing.midPacket).to.equal(true);
    framing.push(bytes.subarray(7));
    expect(framing.next()?.body).to.deep.equal(bytes.subarray(5));
    expect(framing.midPacket).to.equal(false);
  });
});

function anyPacket(): fc.Arbitrary<Buffer> {
  const other = fc
    .tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 300 }))
    .map(([type, body]) => packet(type, body));
  const write = fc
    .tuple(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 3000 }))
    .map(([handle, data]) => packet(PACKET.WRITE, u32(1), str(handle), u64(0), str(data)));
  const brokenWrite = fc.uint8Array({ maxLength: 60 }).map((body) => packet(PACKET.WRITE, body));
  return fc.oneof(other, write, brokenWrite);
}

function cuts(): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 20 });
}

/** The bytes in chunks of these sizes, over and over. */
function chunksOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function readAll(chunks: readonly Buffer[]): Packet[] {
  const framing = new Framing(new PayloadPool());
  const found: Packet[] = [];
  for (const chunk of chunks) {
    framing.push(chunk);
    for (let next = framing.next(); next !== undefined; next = framing.next()) {
      found.push({ ...next, body: Buffer.from(next.body) });
    }
  }
  return found;
}

function asWhole({ type, body, payload }: Packet): Buffer {
  return packet(type, body, ...(payload === undefined ? [] : [payload]));
}

function throwsInvalid(action: () => void): boolean {
  try {
    action();
    return false;
  } catch (error) {
    return isVfsError(error, 'EINVAL');
  }
}
