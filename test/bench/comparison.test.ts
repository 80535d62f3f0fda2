import { expect } from 'chai';
import { compare } from '../../bench/compare.ts';
import type { Measurement } from '../../bench/measure.ts';
import { readOptions } from '../../bench/options.ts';
import { table } from '../../bench/report.ts';
import { median, pairedRatios, spread } from '../../bench/statistics.ts';

const MIB = 2 ** 20;

describe('what a benchmark makes of its measurements', () => {
  it('takes the middle of an odd number and the mean of the two in the middle of an even one', () => {
    expect(median([5, 1, 3])).to.equal(3);
    expect(median([4, 1, 3, 2])).to.equal(2.5);
    expect(median([10, 9])).to.equal(9.5);
  });

  it('knows how far apart the extremes are', () => {
    expect(spread([2, 2, 2])).to.equal(0);
    expect(spread([1, 2, 3])).to.equal(1);
  });

  it('divides what was measured in the same round', () => {
    expect(pairedRatios([2, 9], [1, 3])).to.deep.equal([2, 3]);
  });

  it('says how many times as fast as the reference, from paired runs', () => {
    const [ours, theirs] = rows([2, 4, 8], [4, 8, 16]);
    expect(ours).to.include({ speedRatio: 2, cpuRatio: 0.5, spread: 0, trusted: true, rate: '256 MiB/s' });
    expect(theirs).to.include({
      speedRatio: undefined,
      cpuRatio: undefined,
      trusted: true,
      rate: '128 MiB/s',
    });
    expect(ours?.serverSecondsPerGib).to.equal(4);
  });

  it('does not trust pairs that differ by more than a quarter of their median', () => {
    expect(rows([10, 10], [10, 12])[0]?.trusted).to.equal(true);
    expect(rows([10, 10], [10, 14])[0]?.trusted).to.equal(false);
    expect(table(rows([10, 10], [10, 14]))).to.match(/too noisy to trust/);
  });

  it('refuses a command line that it does not understand', () => {
    const read = (...args: string[]) => readOptions(args, '/tmp');
    expect(read('--size', '64MiB', '--only', 'put,get')).to.deep.include({
      size: 64 * MIB,
      only: ['put', 'get'],
    });
    expect(read().peers.at(-1)).to.equal('openssh');
    expect(() => read('--size', '64MB')).to.throw(/--size/);
    expect(() => read('--rounds', '0')).to.throw(/--rounds/);
    expect(() => read('--only', 'put,gte')).to.throw(/gte/);
    expect(() => read('--peers', 'constructor')).to.throw(/constructor/);
  });
});

/** Rows for runs of a GiB that took these seconds: ours, then the reference's. CPU is as much as time. */
function rows(ours: readonly number[], reference: readonly number[]): ReturnType<typeof compare> {
  const runs = (times: readonly number[]): Measurement[] =>
    times.map((seconds) => ({ seconds, serverSeconds: seconds, peakBytes: MIB, othersCores: 0 }));
  const step = { name: 'put', bytes: 1024 * MIB, files: 1, commands: () => [] };
  const measurements = new Map([
    ['anyfs', runs(ours)],
    ['openssh', runs(reference)],
  ]);
  return compare({ step, measurements }, 'openssh');
}
