import { expect } from 'chai';
import { isZero } from '../../../../vfs/backends/shared/index.ts';

describe('isZero', () => {
  it('finds a byte that is not zero wherever it stands, however the bytes lie in memory', () => {
    const memory = new Uint8Array(64);
    for (let start = 0; start < 10; start++) {
      for (const length of [0, 1, 7, 8, 9, 15, 16, 17, 40]) {
        const bytes = memory.subarray(start, start + length);
        expect(isZero(bytes)).to.equal(true);
        for (let at = 0; at < length; at++) {
          bytes[at] = 1;
          expect(isZero(bytes), `${start} ${length} ${at}`).to.equal(false);
          bytes[at] = 0;
        }
      }
    }
  });
});
