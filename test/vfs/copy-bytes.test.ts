import { expect } from 'chai';
import { copyBytes } from '../../vfs/copy-bytes.ts';
import { pattern } from '../conformance/expectations.ts';

describe('copying bytes', () => {
  for (const [memory, of] of Object.entries({
    'memory of its own': (size: number) => new Uint8Array(size),
    'shared memory': (size: number) => new Uint8Array(new SharedArrayBuffer(size)),
  })) {
    it(`into ${memory} and out of it changes what was meant, wherever it lies`, () => {
      for (const [from, length, at] of [
        [0, 100, 0],
        [3, 50, 8],
        [1, 97, 2],
        [5, 0, 10],
        [0, 1, 99],
      ] as const) {
        const source = of(100);
        source.set(pattern(100));
        const target = of(100);
        copyBytes(source.subarray(from, from + length), target, at);
        const expected = new Uint8Array(100);
        expected.set(pattern(100).subarray(from, from + length), at);
        expect([...target]).to.deep.equal([...expected]);
      }
    });
  }
});
