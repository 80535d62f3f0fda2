import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { CIPHERS, MACS } from '../../../server/ssh/algorithms.ts';
import { MESSAGE } from '../../../server/ssh/messages.ts';
import { Sealer, type InPlaceCipher } from '../../../server/ssh/sealing.ts';
import { Slabs } from '../../../server/ssh/slabs.ts';
import { messageReader } from '../../../server/ssh/wire.ts';

interface CipherInfo {
  readonly keyLen: number;
  readonly ivLen: number;
  readonly authLen: number;
}

const load = createRequire(import.meta.url);
const { createCipher, createDecipher, CIPHER_INFO, MAC_INFO } = load('ssh2/lib/protocol/crypto.js') as {
  readonly createCipher: (config: object) => InPlaceCipher;
  readonly createDecipher: (config: object) => { decrypt(data: Buffer, start: number, end: number): void };
  readonly CIPHER_INFO: Record<string, CipherInfo>;
  readonly MAC_INFO: Record<string, { readonly len: number }>;
};

/** A cipher and what comes out of the matching decipher. */
function pair(
  cipher: string,
  mac: string,
): { sealer: Sealer; open: (bytes: Buffer) => void; payloads: Buffer[]; slabs: Slabs } {
  const cipherInfo = CIPHER_INFO[cipher] as CipherInfo;
  const macInfo = MAC_INFO[mac];
  const [key, iv, macKey] = [
    randomBytes(cipherInfo.keyLen),
    randomBytes(cipherInfo.ivLen),
    randomBytes(macInfo?.len ?? 0),
  ];
  const payloads: Buffer[] = [];
  const outbound = {
    onWrite: () => {},
    seqno: 7,
    cipherInfo,
    cipherKey: key,
    cipherIV: Buffer.from(iv),
    macInfo,
    macKey,
  };
  const inbound = {
    onPayload: (payload: Buffer) => void payloads.push(Buffer.from(payload)),
    seqno: 7,
    decipherInfo: cipherInfo,
    decipherKey: Buffer.from(key),
    decipherIV: Buffer.from(iv),
    macInfo,
    macKey,
  };
  const slabs = new Slabs(2);
  const decipher = createDecipher({ inbound });
  return {
    slabs,
    payloads,
    sealer: new Sealer(createCipher({ outbound }), slabs),
    open: (bytes) => decipher.decrypt(Buffer.from(bytes), 0, bytes.length),
  };
}

describe('sealing the data of a channel', () => {
  const suites = CIPHERS.flatMap((cipher) =>
    (CIPHER_INFO[cipher] as CipherInfo).authLen > 0 ? [[cipher, '']] : MACS.map((mac) => [cipher, mac]),
  );
  for (const [cipher = '', mac = ''] of suites) {
    it(`makes packets that the other side opens, of every length, with ${cipher} ${mac}`, () => {
      const { sealer, open, payloads } = pair(cipher, mac);
      for (const [length, packet] of [
        [1, 32_768],
        [28, 32_768],
        [32_768, 32_768],
        [32_769, 32_768],
        [255 * 1024 + 13, 32_768],
        [5000, 1024],
        [300_000, 1024],
        ...Array.from({ length: 40 }, (_, index) => [100 + index, 32_768] as const),
      ] as const) {
        payloads.length = 0;
        const bytes = randomBytes(length);
        const { bytes: sealed, release } = sealer.seal(9, bytes, packet);
        open(sealed);
        release?.();
        const parts = payloads.map((payload) => {
          const fields = messageReader(payload);
          expect([payload[0], fields.uint32()]).to.deep.equal([MESSAGE.channelData, 9]);
          const part = fields.bytes();
          expect(part.length).to.be.at.most(packet);
          expect(fields.rest()).to.have.length(0);
          return part;
        });
        expect(parts).to.have.length(Math.ceil(length / packet));
        expect(Buffer.concat(parts).equals(bytes)).to.equal(true);
      }
    });
  }

  it('uses no buffer again before it is released, and each released one once', () => {
    const slabs = new Slabs(2);
    const [a, b] = [slabs.borrow(100_000), slabs.borrow(200_000)];
    expect(a.bytes.buffer).not.to.equal(b.bytes.buffer);
    a.release?.();
    a.release?.();
    const [c, d] = [slabs.borrow(50_000), slabs.borrow(50_000)];
    expect(c.bytes.buffer).to.equal(a.bytes.buffer);
    expect(d.bytes.buffer).not.to.equal(a.bytes.buffer);
    expect(d.bytes.buffer).not.to.equal(b.bytes.buffer);
  });

  it('borrows no slab for what is small or larger than one', () => {
    const slabs = new Slabs();
    for (const size of [0, 10, 10_000, 1_000_000]) {
      const { bytes, release } = slabs.borrow(size);
      expect(bytes).to.have.length(size);
      expect(release).to.equal(undefined);
    }
  });
});
