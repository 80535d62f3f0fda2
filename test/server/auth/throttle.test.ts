import { expect } from 'chai';
import { createThrottle, networkOf } from '../../../server/auth/throttle.ts';

describe('the throttle of failed logins', () => {
  let clock = 0;
  const now = (): number => clock;
  const failures = (
    throttle: ReturnType<typeof createThrottle>,
    count: number,
    address = '192.0.2.1',
  ): void => {
    for (let index = 0; index < count; index++) throttle.failed(address);
  };

  beforeEach(() => {
    clock = 1_000_000;
  });

  it('costs nothing at first, then twice as much each time, up to a ceiling', () => {
    const throttle = createThrottle({ free: 3, firstPenalty: 1000, longestPenalty: 10_000 }, now);
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => {
      throttle.failed('192.0.2.1');
      return throttle.wait('192.0.2.1');
    });
    expect(waits).to.deep.equal([0, 0, 0, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('is over when its time is over', () => {
    const throttle = createThrottle({ free: 0, firstPenalty: 1000 }, now);
    throttle.failed('192.0.2.1');
    clock += 999;
    expect(throttle.wait('192.0.2.1')).to.equal(1);
    clock += 1;
    expect(throttle.wait('192.0.2.1')).to.equal(0);
  });

  it('forgets by halves', () => {
    const throttle = createThrottle({ free: 4, halfLife: 60_000, firstPenalty: 1000 }, now);
    failures(throttle, 4);
    clock += 60_000;
    failures(throttle, 2);
    expect(throttle.wait('192.0.2.1')).to.equal(0);
    failures(throttle, 1);
    expect(throttle.wait('192.0.2.1')).to.equal(1000);
  });

  it('leaves other addresses alone', () => {
    const throttle = createThrottle({ free: 0 }, now);
    throttle.failed('192.0.2.1');
    expect(throttle.wait('192.0.2.2')).to.equal(0);
    expect(throttle.wait('::ffff:192.0.2.1')).to.be.greaterThan(0);
  });

  it('counts a /64 of IPv6 as one address', () => {
    const throttle = createThrottle({ free: 1 }, now);
    throttle.failed('2001:db8:0:7::1');
    throttle.failed('2001:db8:0:7:ffff:ffff:ffff:ffff');
    expect(throttle.wait('2001:db8::7:1:2:3:4')).to.be.greaterThan(0);
    expect(throttle.wait('2001:db8:0:8::1')).to.equal(0);
  });

  it('remembers a bounded number of addresses', () => {
    const throttle = createThrottle({ free: 0, addresses: 10 }, now);
    for (let index = 0; index < 100; index++) throttle.failed(`192.0.2.${index}`);
    const remembered = Array.from({ length: 100 }, (_, index) => throttle.wait(`192.0.2.${index}`)).filter(
      (wait) => wait > 0,
    );
    expect(remembered).to.have.length(10);
  });

  for (const [address, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
    ['unknown', 'unknown'],
  ] as const) {
    it(`takes ${address} as ${network}`, () => expect(networkOf(address)).to.equal(network));
  }
});
