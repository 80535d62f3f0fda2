import { expect } from 'chai';
import { chart } from '../../bench/chart.ts';
import { compare } from '../../bench/compare.ts';
import type { Measurement } from '../../bench/measure.ts';
import { readOptions } from '../../bench/options.ts';
import { caveats, table } from '../../bench/report.ts';
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
    expect(ours).to.include({ ratio: 2, cpuRatio: 0.5, spread: 0, trusted: true, rate: '256 MiB/s' });
    expect(theirs).to.include({
      ratio: undefined,
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
    expect(caveats(rows([10, 10], [10, 14]), [])).to.deep.equal([
      'The machine was too noisy: 1 of 2 rows are not to be trusted.',
    ]);
  });

  it('does not trust what was measured while others kept the cores busy', () => {
    expect(rows([10], [10], 0.1).every(({ trusted }) => trusted)).to.equal(true);
    expect(rows([10], [10], 0.5).some(({ trusted }) => trusted)).to.equal(false);
  });

  it('names what a server does not offer or has failed at', () => {
    const missing = ['put', 'get'].map((step) => ({ step, peer: 'rclone', missing: 'has no scp' }));
    expect(caveats(rows([1], [1]), missing)).to.deep.equal(['rclone has no scp (put, get)']);
  });

  it('draws a bar for each server beside the reference, to the right where it is better', () => {
    const picture = chart(rows([2, 2], [4, 4]), 'openssh');
    expect(picture).to.match(/^<svg [\s\S]*<\/svg>\n$/);
    expect(picture.match(/2\.00×/g)).to.have.lengthOf(1);
    const bars = [...picture.matchAll(/<rect x="([\d.]+)" [^>]*opacity/g)].map(([, x]) => Number(x));
    const worse = [...chart(rows([4], [2]), 'openssh').matchAll(/<rect x="([\d.]+)" [^>]*opacity/g)];
    expect(bars).to.have.lengthOf(1);
    expect(bars[0]).to.be.greaterThan(Number(worse[0]?.[1]));
  });

  it('refuses a command line that it does not understand', () => {
    const read = (...args: string[]) => readOptions(args);
    expect(read('--size', '64MiB', '--only', 'login,list')).to.deep.include({
      size: 64 * MIB,
      only: ['login', 'list'],
    });
    expect(read().peers.at(-1)?.name).to.equal('openssh');
    expect(read('--peers', 'anyfs:--workers 1,anyfs,anyfs').peers).to.deep.equal([
      { label: 'anyfs:--workers 1', name: 'anyfs', flags: ['--workers', '1'] },
      { label: 'anyfs', name: 'anyfs', flags: [] },
      { label: 'anyfs again', name: 'anyfs', flags: [] },
    ]);
    expect(() => read('--size', '64MB')).to.throw(/--size/);
    expect(() => read('--rounds', '0')).to.throw(/--rounds/);
    expect(() => read('--warm-up', '-1')).to.throw(/--warm-up/);
    expect(read('--warm-up', '0').warmUp).to.equal(0);
    expect(() => read('--only', 'login,lsit')).to.throw(/lsit/);
    expect(() => read('--peers', 'constructor')).to.throw(/constructor/);
  });
});

/** Rows for runs of a GiB that took these seconds: ours, then the reference's. CPU is as much as time. */
function rows(
  ours: readonly number[],
  reference: readonly number[],
  othersCores = 0,
): ReturnType<typeof compare> {
  const runs = (times: readonly number[]): Measurement[] =>
    times.map((value) => ({
      value,
      figures: { 'p50 ms': value },
      serverSeconds: value,
      kernelSeconds: 0,
      peakBytes: MIB,
      othersCores,
    }));
  const begin = () => Promise.reject(new Error('not to be run'));
  const step = { name: 'put', bytes: 1024 * MIB, count: 1, unit: 's', begin } as const;
  const measurements = new Map([
    ['anyfs', runs(ours)],
    ['openssh', runs(reference)],
  ]);
  return compare({ step, measurements, missing: new Map() }, 'openssh');
}
