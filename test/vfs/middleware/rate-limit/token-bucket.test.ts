import { expect } from 'chai';
import * as fc from 'fast-check';
import { isVfsError } from '../../../../vfs/errors.ts';
import { TokenBucket } from '../../../../vfs/middleware/rate-limit/token-bucket.ts';

describe('a token bucket', () => {
  const setUp = (rate: { perSecond: number; burst?: number }) => {
    let now = 1000;
    const bucket = new TokenBucket(rate, now);
    const waitFor = (amount: number): number => bucket.waitFor(amount, now);
    return { bucket, waitFor, move: (milliseconds: number) => (now += milliseconds) };
  };

  it('is full at first, and gives what is in it at once', () => {
    const { bucket, waitFor } = setUp({ perSecond: 10, burst: 3 });
    expect(waitFor(3)).to.equal(0);
    bucket.take(3);
    expect(waitFor(1)).to.equal(100);
  });

  it('fills by its rate, up to its burst', () => {
    const { bucket, waitFor, move } = setUp({ perSecond: 10, burst: 3 });
    bucket.take(3);
    move(200);
    expect(waitFor(2)).to.equal(0);
    expect(waitFor(3)).to.equal(100);
    move(1_000_000);
    expect(waitFor(3)).to.equal(0);
    bucket.take(3);
    expect(waitFor(1)).to.equal(100);
  });

  it('gives more than a burst when it is full, and is in debt for it', () => {
    const { bucket, waitFor, move } = setUp({ perSecond: 10, burst: 3 });
    bucket.take(1);
    expect(waitFor(20)).to.equal(100);
    move(100);
    expect(waitFor(20)).to.equal(0);
    bucket.take(20);
    expect(waitFor(1)).to.equal(1800);
  });

  it('takes back what was not used, and never holds more than a burst', () => {
    const { bucket, waitFor } = setUp({ perSecond: 10, burst: 3 });
    bucket.take(20);
    bucket.giveBack(19);
    expect(waitFor(2)).to.equal(0);
    bucket.giveBack(1000);
    bucket.take(3);
    expect(waitFor(1)).to.equal(100);
  });

  it('has a second of its rate as burst, at least 1, where none is given', () => {
    expect(setUp({ perSecond: 7 }).waitFor(7)).to.equal(0);
    const slow = setUp({ perSecond: 0.5 });
    slow.bucket.take(1);
    expect(slow.waitFor(1)).to.equal(2000);
  });

  it('a clock that goes back fills nothing and costs nothing', () => {
    const { bucket, waitFor, move } = setUp({ perSecond: 10, burst: 3 });
    bucket.take(3);
    move(-86_400_000);
    expect(waitFor(1)).to.equal(100);
    move(100);
    expect(waitFor(1)).to.equal(0);
  });

  for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`refuses a rate of ${rate}, and a burst of it`, () => {
      for (const wrong of [{ perSecond: rate }, { perSecond: 1, burst: rate }]) {
        let failure: unknown;
        try {
          setUp(wrong);
        } catch (error) {
          failure = error;
        }
        expect(isVfsError(failure, 'EINVAL')).to.equal(true);
      }
    });
  }

  it('never gives more than burst + time × rate to those that wait as they are told', () => {
    const amounts = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        amounts,
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 }),
        (wanted, pauses) => {
          const { bucket, waitFor, move } = setUp({ perSecond: 20, burst: 8 });
          let taken = 0;
          let elapsed = 0;
          for (const [index, amount] of wanted.entries()) {
            const wait = waitFor(amount) + (pauses[index] ?? 0);
            move(wait);
            elapsed += wait;
            bucket.take(amount);
            taken += amount;
            expect(taken).to.be.at.most(8 + (elapsed / 1000) * 20 + 1e-6);
          }
        },
      ),
    );
  });
});
