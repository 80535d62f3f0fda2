import { expect } from 'chai';
import { createNamedLimit } from '../../server/limits.ts';

describe('a limit by name', () => {
  it('gives so many places to each name and takes them back once', () => {
    const limit = createNamedLimit(2);
    const first = limit.take('alice');
    expect(limit.take('alice')).to.be.a('function');
    expect(limit.take('alice')).to.equal(undefined);
    expect(limit.take('bob')).to.be.a('function');
    first?.();
    first?.();
    expect(limit.take('alice')).to.be.a('function');
    expect(limit.take('alice')).to.equal(undefined);
  });
});
