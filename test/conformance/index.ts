import { expect } from 'chai';
import type { Suite, ConformanceOptions, Factory } from './suite.ts';
import { makeSuite } from './suite.ts';
import { aborted } from './aborted.ts';
import { attributes } from './attributes.ts';
import { badInput } from './bad-input.ts';
import { concurrency } from './concurrency.ts';
import { copyRange } from './copy-range.ts';
import { directories } from './directories.ts';
import { dispose } from './dispose.ts';
import { errors } from './errors.ts';
import { excluded } from './excluded.ts';
import { handles } from './handles.ts';
import { hardLinks } from './hard-links.ts';
import { inodes } from './inodes.ts';
import { limits } from './limits.ts';
import { limitsRaced } from './limits-raced.ts';
import { locks } from './locks.ts';
import { names } from './names.ts';
import { opening } from './opening.ts';
import { persistence } from './persistence.ts';
import { readsAndWrites } from './reads-and-writes.ts';
import { renames } from './renames.ts';
import { resolution } from './resolution.ts';
import { sizes } from './sizes.ts';
import { statfs } from './statfs.ts';
import { storedBytes } from './stored-bytes.ts';
import { symlinks } from './symlinks.ts';
import { times } from './times.ts';
import { xattrs } from './xattrs.ts';

export { LARGE_CROWD, SLOW_CROWD } from './suite.ts';
export type { ConformanceOptions, Factory, Ids, Subject } from './suite.ts';

const SECTIONS: readonly ((suite: Suite) => void)[] = [
  readsAndWrites,
  opening,
  sizes,
  storedBytes,
  copyRange,
  directories,
  renames,
  hardLinks,
  symlinks,
  resolution,
  names,
  attributes,
  times,
  handles,
  limits,
  limitsRaced,
  statfs,
  inodes,
  xattrs,
  locks,
  concurrency,
  errors,
  badInput,
  aborted,
  dispose,
  excluded,
  persistence,
];

/** The contract of vfs/backend.ts as tests, on a new storage of the factory for each of them. */
export function describeConformance(name: string, factory: Factory, options: ConformanceOptions): void {
  describe(`${name} keeps the contract`, function () {
    const suite = makeSuite(factory, options);
    const faults: string[] = [];
    beforeEach(() => suite.begin());
    afterEach(async function () {
      faults.push(...(await suite.end()).map((fault) => `${this.currentTest?.title}: ${fault}`));
    });
    for (const section of SECTIONS) section(suite);
    const deviations = new Set(Object.keys(options.deviations ?? {}));
    leaveOut(this, deviations);
    it('the tests that are left out are tests of this suite', () => {
      expect([...deviations]).to.deep.equal([]);
    });
    it('every storage of these tests was found sound after it was closed', () => {
      expect(faults).to.deep.equal([]);
    });
  });
}

/** Takes tests out of a suite, and from the titles those that were found. */
function leaveOut(suite: Mocha.Suite, titles: Set<string>): void {
  suite.tests = suite.tests.filter(({ title }) => !titles.delete(title));
  for (const inner of suite.suites) leaveOut(inner, titles);
}
