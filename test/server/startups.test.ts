import { expect } from 'chai';
import { Startups, type Startup } from '../../server/startups.ts';

describe('connections that have not logged in', () => {
  const evicted: string[] = [];
  let startups: Startups;
  const enter = (name: string, address = '192.0.2.1'): Startup =>
    startups.enter(address, () => evicted.push(name));

  beforeEach(() => {
    evicted.length = 0;
    startups = new Startups(3);
  });

  it('are not touched up to the limit', () => {
    for (const name of ['a', 'b', 'c']) enter(name);
    expect(evicted).to.deep.equal([]);
    expect(startups.size).to.equal(3);
  });

  it('beyond the limit lose the one that has stood still for longest, never the newcomer', () => {
    const a = enter('a');
    for (const name of ['b', 'c']) enter(name);
    a.advance('keyed');
    for (const name of ['d', 'e']) enter(name);
    expect(evicted).to.deep.equal(['b', 'c']);
  });

  it('keep those that try to log in over those that do not', () => {
    enter('a').advance('authenticating');
    for (const name of ['b', 'c', 'd', 'e', 'f']) enter(name);
    expect(evicted).to.deep.equal(['b', 'c', 'd']);
  });

  it('lose one of the address that has most of them', () => {
    enter('lonely', '198.51.100.7');
    for (const name of ['b', 'c', 'd', 'e']) enter(name).advance('authenticating');
    expect(evicted).to.deep.equal(['b', 'c']);
  });

  it('make room when they leave, and leave once', () => {
    const a = enter('a');
    for (const name of ['b', 'c']) enter(name);
    a.leave();
    a.leave();
    a.advance('keyed');
    enter('d');
    expect(evicted).to.deep.equal([]);
    expect(startups.size).to.equal(3);
  });
});
