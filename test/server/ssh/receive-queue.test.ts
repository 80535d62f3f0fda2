import { expect } from 'chai';
import * as fc from 'fast-check';
import { ReceiveQueue } from '../../../server/ssh/receive-queue.ts';

function drain(queue: ReceiveQueue): Buffer[] {
  const chunks: Buffer[] = [];
  for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) chunks.push(chunk);
  return chunks;
}

describe('the queue of what a channel has received', () => {
  it('gathers single bytes, each of which would cost a hundred by itself', () => {
    const queue = new ReceiveQueue();
    for (let index = 0; index < 100_000; index++) queue.push(Buffer.of(index & 0xff));
    const chunks = drain(queue);
    expect(chunks.length).to.be.lessThan(10);
    expect(
      Buffer.concat(chunks).equals(Buffer.from(Array.from({ length: 100_000 }, (_, index) => index & 0xff))),
    ).to.equal(true);
  });

  it('keeps large chunks as they are, without a copy', () => {
    const queue = new ReceiveQueue();
    const large = Buffer.alloc(32 * 1024, 1);
    queue.push(Buffer.of(1));
    queue.push(large);
    queue.push(Buffer.of(2));
    const chunks = drain(queue);
    expect(chunks.map(({ length }) => length)).to.deep.equal([1, large.length, 1]);
    expect(chunks[1]).to.equal(large);
  });

  it('gives back the same bytes in the same order, however they are pushed and taken', () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 4000 }).map((length) => ({ push: length })),
      fc.constant({ push: 0 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new ReceiveQueue();
        const pushed: Buffer[] = [];
        const taken: Buffer[] = [];
        steps.forEach(({ push }, index) => {
          const chunk = Buffer.alloc(push, index);
          if (push > 0) pushed.push(chunk);
          if (push > 0) queue.push(chunk);
          else taken.push(queue.shift() ?? Buffer.alloc(0));
        });
        taken.push(...drain(queue));
        expect(queue.empty).to.equal(true);
        expect(Buffer.concat(taken).equals(Buffer.concat(pushed))).to.equal(true);
      }),
    );
  });
});
