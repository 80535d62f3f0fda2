import { expect } from 'chai';
import { PayloadPool, sharedMemory } from '../../../server/sftp/payload-pool.ts';
import { DATA_MAX } from '../../../server/sftp/protocol.ts';

describe('the memory for what sessions read and write', () => {
  it('gives out what came back last, once', () => {
    const pool = new PayloadPool();
    const first = pool.take(1000);
    pool.giveBack(first);
    pool.giveBack(first);
    expect(pool.take(2000).buffer).to.equal(first.buffer);
    expect(pool.take(2000).buffer).not.to.equal(first.buffer);
  });

  it('leaves alone what it has not given out', () => {
    const memory = sharedMemory();
    const pool = new PayloadPool(memory);
    pool.giveBack(Buffer.alloc(DATA_MAX));
    pool.giveBack(Buffer.from(memory, 0, 1000));
    const taken = Array.from({ length: 200 }, () => pool.take(DATA_MAX));
    expect(
      new Set(taken.map(({ buffer, byteOffset }) => (buffer === memory ? byteOffset : buffer))).size,
    ).to.equal(200);
  });

  it('gives out places in shared memory that do not meet, and memory of its own when there are none left', () => {
    const memory = sharedMemory();
    const pool = new PayloadPool(memory);
    const taken = Array.from({ length: 400 }, (_, index) => pool.take(index % 2 === 0 ? 100 : DATA_MAX));
    const shared = taken.filter(({ buffer }) => buffer === memory);
    expect(shared.length).to.be.within(100, 200);
    for (const [index, buffer] of taken.entries()) buffer.fill(index % 251);
    for (const [index, buffer] of taken.entries()) {
      expect(
        buffer.every((byte) => byte === index % 251),
        `buffer ${index}`,
      ).to.equal(true);
    }
    for (const buffer of taken) pool.giveBack(buffer);
    const again = Array.from({ length: 400 }, (_, index) => pool.take(index % 2 === 0 ? 100 : DATA_MAX));
    expect(again.filter(({ buffer }) => buffer === memory).length).to.equal(shared.length);
  });
});
