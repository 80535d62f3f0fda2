import { expect } from 'chai';
import { SpareBuffers } from '../../vfs/spare-buffers.ts';

describe('buffers that are used again', () => {
  it('have the size asked for, and come back', () => {
    const spare = new SpareBuffers(100, 2);
    const buffer = spare.take();
    expect(buffer.length).to.equal(100);
    spare.giveBack(buffer);
    expect(spare.take()).to.equal(buffer);
    expect(spare.take()).not.to.equal(buffer);
  });

  it('are no more than are to be kept, and of no other size', () => {
    const spare = new SpareBuffers(100, 2);
    const given = [spare.take(), spare.take(), spare.take()];
    for (const buffer of [new Uint8Array(99), ...given]) spare.giveBack(buffer);
    const taken = [spare.take(), spare.take(), spare.take()];
    expect(taken.map((buffer) => given.indexOf(buffer))).to.deep.equal([1, 0, -1]);
  });

  it('can all be let go of', () => {
    const spare = new SpareBuffers(100, 2);
    const buffer = spare.take();
    spare.giveBack(buffer);
    spare.clear();
    expect(spare.take()).not.to.equal(buffer);
  });
});
