import { expect } from 'chai';
import { KnownNames } from '../../../../vfs/backends/sqlite/known-names.ts';

describe('the names that a store knows', () => {
  let known: KnownNames;
  beforeEach(() => {
    known = new KnownNames();
  });

  it('are told apart by directory, and from those of which nothing is known', () => {
    known.set(1, 'a', 7);
    known.set(2, 'a', 8);
    known.set(1, 'free', 0);
    expect([known.get(1, 'a'), known.get(2, 'a'), known.get(1, 'free')]).to.deep.equal([7, 8, 0]);
    expect([known.get(1, 'b'), known.get(3, 'a')]).to.deep.equal([undefined, undefined]);
  });

  it('are one however their bytes are written as text', () => {
    const bytesOfE = '\udcc3\udca9';
    known.set(1, 'é', 0);
    known.set(1, bytesOfE, 7);
    expect(known.get(1, 'é')).to.equal(7);
    expect(known.get(1, bytesOfE)).to.equal(7);
  });

  it('are forgotten when they are many, and all at once', () => {
    for (let index = 0; index < 4096; index++) known.set(index % 3, `name ${index}`, index + 1);
    expect(known.get(0, 'name 0')).to.equal(1);
    known.set(0, 'name 0', 5);
    expect(known.get(1, 'name 1'), 'making room').to.equal(undefined);
    expect(known.get(0, 'name 0')).to.equal(5);
    known.clear();
    expect(known.get(0, 'name 0')).to.equal(undefined);
  });
});
