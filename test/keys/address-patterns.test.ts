import { expect } from 'chai';
import { addressMatches } from '../../keys/address-patterns.ts';

describe('address patterns of from=', () => {
  const cases: readonly (readonly [patterns: string, address: string, matches: boolean])[] = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['10.0.0.0/8,!10.1.2.3', '10.1.2.3', false],
    ['!10.1.2.3', '10.1.2.4', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['2001:db8::/32', '2001:DB8:1::2', true],
    ['2001:db8:0::1', '2001:db8::1', true],
    ['fe80::1', 'fe80::1%eth0', true],
    ['192.168.1.?', '192.168.1.7', true],
    ['192.168.1.?', '192.168.1.17', false],
    ['192.168.*', '192.168.1.17', true],
    ['192.168.1.7', '192x168x1x7', false],
    ['*', '::1', true],
    ['host.example.org', '10.0.0.1', false],
    ['(.*)', '10.0.0.1', false],
  ];
  for (const [patterns, address, expected] of cases) {
    it(`${patterns} ${expected ? 'lets in' : 'keeps out'} ${address}`, () => {
      expect(addressMatches(patterns.split(','), address)).to.equal(expected);
    });
  }
});
