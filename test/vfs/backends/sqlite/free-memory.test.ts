import { expect } from 'chai';
import { freeMemory } from '../../../../vfs/backends/sqlite/free-memory.ts';

const MEBIBYTE = 2 ** 20;

describe('memory that is given back at once', () => {
  it('is gone from its bytes, and from the process', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 200; count++) {
      const bytes = Buffer.allocUnsafeSlow(MEBIBYTE);
      freeMemory(bytes);
      expect(bytes.length).to.equal(0);
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(8 * MEBIBYTE);
    }
  });
});
