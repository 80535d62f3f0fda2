import { expect } from 'chai';
import * as fc from 'fast-check';
import { Packer, unpack } from '../../../../vfs/backends/remote/message-pack.ts';
import type { WireValue } from '../../../../vfs/backends/remote/wire-value.ts';
import { VfsError } from '../../../../vfs/errors.ts';

const hex = (value: WireValue): string => new Packer().pack(value).toString('hex');
const read = (text: string): WireValue => unpack(Buffer.from(text, 'hex'));

/** Values and their bytes, as the specification of MessagePack has them. */
const SAME: readonly (readonly [WireValue, string])[] = [
  [null, 'c0'],
  [false, 'c2'],
  [true, 'c3'],
  [0, '00'],
  [127, '7f'],
  [-1, 'ff'],
  [-32, 'e0'],
  [0xffff_ffff, 'ceffffffff'],
  [-33, 'd3ffffffffffffffdf'],
  [2 ** 53 - 1, 'd3001fffffffffffff'],
  [-(2 ** 53 - 1), 'd3ffe0000000000001'],
  [0.5, 'cb3fe0000000000000'],
  [Infinity, 'cb7ff0000000000000'],
  [-0, 'cb8000000000000000'],
  ['', 'a0'],
  ['abc', 'a3616263'],
  ['ü', 'a2c3bc'],
  ['x'.repeat(32), `d920${'78'.repeat(32)}`],
  ['x'.repeat(256), `da0100${'78'.repeat(256)}`],
  ['x'.repeat(65536), `db00010000${'78'.repeat(65536)}`],
  [Buffer.from('0102', 'hex'), 'c4020102'],
  [Buffer.alloc(256), `c50100${'00'.repeat(256)}`],
  [Buffer.alloc(65536), `c600010000${'00'.repeat(65536)}`],
  [[], '90'],
  [[1, ['a', null]], '920192a161c0'],
  [Array<null>(16).fill(null), `dc0010${'c0'.repeat(16)}`],
  [Array<null>(65536).fill(null), `dd00010000${'c0'.repeat(65536)}`],
];

/** What others may write and we do not. */
const READ_ONLY: readonly (readonly [WireValue, string])[] = [
  [200, 'ccc8'],
  [0x1234, 'cd1234'],
  [5, 'cf0000000000000005'],
  [-128, 'd080'],
  [-2, 'd1fffe'],
  [-2, 'd2fffffffe'],
  [0.5, 'ca3f000000'],
];

const REFUSED: Readonly<Record<string, string>> = {
  nothing: '',
  'bytes after the value': 'c0c0',
  'a kind that is never used': 'c1',
  'a map': '80',
  'a long map': 'de0000',
  'an extension': 'd40100',
  'a string that is cut off': 'a361',
  'a long string that is not there': 'dbffffffff61',
  'bytes that are not there': 'c6ffffffff',
  'a list that is not there': 'ddffffffff',
  'a list that is cut off': '9201',
  'a length that is cut off': 'da00',
  'a number that is cut off': 'cb3fe0',
  'an integer beyond 2^53 - 1': 'cf0020000000000000',
  'a string that is no UTF-8': 'a2c328',
  'an overlong form': 'a2c080',
  'a surrogate': 'a3eda080',
  'lists without end in one another': '91'.repeat(1000),
};

describe('the packing of messages', () => {
  for (const [value, bytes] of SAME) {
    const shown = bytes.slice(0, 24);
    it(`writes and reads ${shown}`, () => {
      expect(hex(value)).to.equal(bytes);
      expect(read(bytes)).to.deep.equal(value);
    });
  }

  for (const [value, bytes] of READ_ONLY) {
    it(`reads ${bytes}`, () => expect(read(bytes)).to.equal(value));
  }

  for (const [what, bytes] of Object.entries(REFUSED)) {
    it(`refuses ${what}`, () => {
      expect(() => read(bytes)).to.throw(VfsError, 'EINVAL');
    });
  }

  it('writes text with lone surrogates as bytes, which is what it stands for', () => {
    expect(hex('a\udcff')).to.equal('c40261ff');
  });

  it('leaves room before a value where it is asked to', () => {
    expect(new Packer().pack('abc', 8).subarray(8).toString('hex')).to.equal('a3616263');
  });

  it('reads back whatever it writes', () => {
    const leaf = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.maxSafeInteger(),
      fc.integer({ min: -300, max: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
    );
    const { value } = fc.letrec<{ value: WireValue }>((tie) => ({
      value: fc.oneof({ depthSize: 'small', maxDepth: 5 }, leaf, fc.array(tie('value'), { maxLength: 20 })),
    }));
    const packer = new Packer();
    fc.assert(
      fc.property(value, (given) => {
        expect(bytesAsBuffers(unpack(Buffer.from(packer.pack(given))))).to.deep.equal(bytesAsBuffers(given));
      }),
      { numRuns: 300 },
    );
  });

  it('answers any bytes with a value or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          unpack(Buffer.from(bytes));
        } catch (error) {
          expect(error).to.be.instanceOf(VfsError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Chai tells a Buffer from the Uint8Array with the same bytes. */
function bytesAsBuffers(value: WireValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Array.isArray(value) ? value.map((item: WireValue) => bytesAsBuffers(item)) : value;
}
