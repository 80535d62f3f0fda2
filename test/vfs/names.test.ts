import { expect } from 'chai';
import * as fc from 'fast-check';
import { VfsError } from '../../vfs/errors.ts';
import {
  byteLength,
  canonicalText,
  compareBytes,
  compareNames,
  decodeText,
  encodeText,
} from '../../vfs/names.ts';

/** Bytes of all kinds: plain, valid UTF-8, cut and broken sequences. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => new TextEncoder().encode(text)),
  fc
    .tuple(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }),
      fc.nat(),
      fc.integer({ min: 0x80, max: 0xff }),
    )
    .map(([text, at, byte]) => {
      const encoded = new TextEncoder().encode(text);
      encoded[at % encoded.length] = byte;
      return encoded;
    }),
);

const TABLE: readonly (readonly [string, readonly number[], string])[] = [
  ['nothing', [], ''],
  ['ASCII', [0x61, 0x2f, 0x7f], 'a/\x7f'],
  ['two, three and four bytes', [0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], 'ä€😀'],
  ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
  ['a lone continuation', [0x80], '\udc80'],
  ['a cut sequence', [0x61, 0xe2, 0x82], 'a\udce2\udc82'],
  ['an overlong slash', [0xc0, 0xaf], '\udcc0\udcaf'],
  ['an overlong NUL', [0xe0, 0x80, 0x80], '\udce0\udc80\udc80'],
  ['an encoded surrogate', [0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
  ['beyond the last code point', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
  ['the last code point', [0xf4, 0x8f, 0xbf, 0xbf], '\u{10ffff}'],
  ['bytes that are never in UTF-8', [0xfe, 0xff], '\udcfe\udcff'],
];

describe('names as text', () => {
  it('have bytes of their own, however many are encoded', () => {
    const texts = Array.from({ length: 5000 }, (_, index) => 'x'.repeat(index % 300) + index);
    const encoded = texts.map((text) => encodeText(text));
    for (const one of encoded.filter((_, index) => index % 2 === 0)) one.fill(0);
    const odd = (_: unknown, index: number): boolean => index % 2 === 1;
    expect(encoded.filter(odd).map((one) => decodeText(one))).to.deep.equal(texts.filter(odd));
  });

  for (const [what, raw, text] of TABLE) {
    it(`reads ${what} both ways`, () => {
      expect(decodeText(Uint8Array.from(raw))).to.equal(text);
      expect([...encodeText(text)]).to.deep.equal(raw);
      expect(byteLength(text)).to.equal(raw.length);
    });
  }

  it('keeps any bytes, both ways', () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        const text = decodeText(raw);
        expect(encodeText(text)).to.deep.equal(raw);
        expect(canonicalText(text)).to.equal(text);
        expect(byteLength(text)).to.equal(raw.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads valid UTF-8 as everybody does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeText(new TextEncoder().encode(text))).to.equal(text);
        expect(encodeText(text)).to.deep.equal(new TextEncoder().encode(text));
      }),
    );
  });

  it('different bytes are different texts, the same bytes one text', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(decodeText(a) === decodeText(b)).to.equal(Buffer.compare(a, b) === 0);
      }),
      { numRuns: 500 },
    );
    expect(canonicalText('\udcc3\udca4')).to.equal('ä');
    expect(canonicalText('x\udcf0\udc9f\udc98\udc80')).to.equal('x😀');
  });

  it('orders as the bytes are ordered', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const order = Math.sign(Buffer.compare(a, b));
        expect(Math.sign(compareNames(decodeText(a), decodeText(b)))).to.equal(order);
        expect(Math.sign(compareBytes(a, b))).to.equal(order);
      }),
      { numRuns: 2000 },
    );
  });

  it('orders texts that share a beginning as their bytes', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (start, a, b) => {
        const [x, y] = [Buffer.concat([start, a]), Buffer.concat([start, b])];
        expect(Math.sign(compareNames(decodeText(x), decodeText(y)))).to.equal(
          Math.sign(Buffer.compare(x, y)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses text that stands for no bytes', () => {
    for (const text of ['\ud800', 'a\udbffb', '\udc7f', '\udc00', '\udd00', 'x\ud83d']) {
      expect(() => encodeText(text), JSON.stringify(text))
        .to.throw(VfsError)
        .with.property('code', 'EINVAL');
      expect(() => canonicalText(text))
        .to.throw(VfsError)
        .with.property('code', 'EINVAL');
    }
  });

  it('counts bytes of any text that stands for some', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.integer({ min: 0xdc80, max: 0xdcff }).map((code) => String.fromCharCode(code)),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 10 }), (units) => {
        const text = units.join('');
        expect(byteLength(text)).to.equal(encodeText(text).length);
      }),
      { numRuns: 1000 },
    );
  });
});
