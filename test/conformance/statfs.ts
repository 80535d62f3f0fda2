import { expect } from 'chai';
import type { Limits } from '../../vfs/backend.ts';
import { pattern } from './expectations.ts';
import type { Suite } from './suite.ts';

export function statfs(suite: Suite): void {
  describe('statfs', () => {
    it('tells totals, what is free, and the longest name, without limits too', async () => {
      await suite.put('/f', pattern(1000));
      const state = await suite.backend.statfs({});
      expect(state).to.include({ nameMax: 255, readOnly: false });
      expect(state.bytesFree).to.be.within(1, state.bytesTotal);
      expect(state.inodesFree).to.be.within(1, state.inodesTotal);
      for (const value of Object.values(state)) expect(value).not.to.equal(Number.POSITIVE_INFINITY);
    });

    if (!suite.can.limits) return;
    const through = (limits: Limits) => suite.backend.statfs({ limits });

    it('shows limits that are tighter as the totals, and the rest of them as free', async () => {
      await suite.put('/f', pattern(1000));
      await suite.mkdir('/d');
      const state = await through({ bytes: 5000, inodes: 10 });
      expect(state).to.include({ bytesTotal: 5000, bytesFree: 4000, inodesTotal: 10, inodesFree: 8 });
    });

    it('shows one limit without the other', async () => {
      await suite.put('/f', pattern(1000));
      const plain = await suite.backend.statfs({});
      const bytes = await through({ bytes: 5000 });
      expect(bytes).to.include({ bytesTotal: 5000, bytesFree: 4000, inodesTotal: plain.inodesTotal });
      const inodes = await through({ inodes: 10 });
      expect(inodes).to.include({ inodesTotal: 10, inodesFree: 9 });
      expect(inodes.bytesTotal).to.be.above(5000);
    });

    it('never shows more than there is', async () => {
      const plain = await suite.backend.statfs({});
      const wide = await through({ bytes: Number.MAX_SAFE_INTEGER, inodes: Number.MAX_SAFE_INTEGER });
      expect(wide.inodesTotal).to.equal(plain.inodesTotal);
      expect(wide.bytesTotal).to.be.at.most(Number.MAX_SAFE_INTEGER);
      expect(wide.bytesFree).to.be.at.most(wide.bytesTotal);
    });

    it('below what is used nothing is free, and nothing negative', async () => {
      await suite.put('/f', pattern(1000));
      await suite.put('/g', '');
      const state = await through({ bytes: 500, inodes: 1 });
      expect(state).to.include({ bytesTotal: 500, bytesFree: 0, inodesTotal: 1, inodesFree: 0 });
    });

    it('what it shows as free can be written, and not a byte more', async () => {
      const limits = { bytes: 10_000 };
      await suite.put('/f', pattern(1234), { limits });
      const { bytesFree } = await through(limits);
      await suite.put('/g', pattern(bytesFree), { limits });
      expect((await through(limits)).bytesFree).to.equal(0);
    });
  });
}
