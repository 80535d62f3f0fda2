import { expect } from 'chai';
import type { CallContext } from '../../vfs/backend.ts';
import { expectBytes, joined, outcomeOf, pattern, randomSource } from './expectations.ts';
import { at, type Suite } from './suite.ts';

const WRITERS = 16;

export function limitsRaced(suite: Suite): void {
  if (!suite.can.limits) return;

  /** One writer: random pieces until one is refused. Answers what was acknowledged. */
  async function writeUntilRefused(path: string, seed: number, ctx: CallContext): Promise<Uint8Array> {
    const random = randomSource(seed);
    const handle = await suite.open(path, { create: 'exclusive' }, ctx);
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = pattern(1 + random(30_000), seed + pieces.length);
      const outcome = await outcomeOf(suite.write(handle, 'end', piece, ctx));
      if (outcome !== 'ok') {
        expect(outcome).to.equal('EDQUOT');
        await suite.close(handle);
        return joined(pieces);
      }
      pieces.push(piece);
    }
  }

  describe('limits, raced', () => {
    it(`${WRITERS} writers at once cannot pass the limit on bytes, and lose nothing that was acknowledged`, async () => {
      const ctx = { limits: { bytes: 3_000_001 } };
      const written = await Promise.all(
        Array.from({ length: WRITERS }, (_, index) => writeUntilRefused(`/w${index}`, index * 1000 + 1, ctx)),
      );
      for (const [index, bytes] of written.entries()) expectBytes(await suite.get(`/w${index}`), bytes);
      const sum = written.reduce((total, { length }) => total + length, 0);
      expect((await suite.usage()).used).to.equal(sum);
      expect(sum).to.be.within(3_000_001 - WRITERS * 30_000, 3_000_001);
      await suite.put('/rest', pattern(3_000_001 - sum), ctx);
      expect(await outcomeOf(suite.put('/more', 'x', ctx))).to.equal('EDQUOT');
    });

    it(`${WRITERS} writers of single bytes stop exactly at the limit`, async () => {
      const ctx = { limits: { bytes: 1000 } };
      const handles = await Promise.all(
        Array.from({ length: WRITERS }, (_, index) => suite.open(`/w${index}`, { create: 'exclusive' })),
      );
      const outcomes = await Promise.all(
        Array.from({ length: 100 }).flatMap(() =>
          handles.map((handle) => outcomeOf(suite.write(handle, 'end', 'x', ctx))),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'ok')).to.have.length(1000);
      expect(outcomes.filter((outcome) => outcome === 'EDQUOT')).to.have.length(600);
      expect((await suite.usage()).used).to.equal(1000);
    });

    it('makers of files, directories and links stop exactly at the limit on inodes', async () => {
      const ctx = { limits: { inodes: 57 } };
      const makers = Array.from({ length: WRITERS }, async (_, maker) => {
        let made = 0;
        for (let turn = 0; turn < 10; turn++)
          made += (await outcomeOf(make(`/m${maker}-${turn}`, turn, ctx))) === 'ok' ? 1 : 0;
        return made;
      });
      const made = (await Promise.all(makers)).reduce((total, count) => total + count, 0);
      expect(made).to.equal(57);
      expect(await suite.names('/')).to.have.length(57);
      expect((await suite.usage()).inodes).to.equal(57);
    });

    it('removers and writers at once leave the counters as a recount finds them', async () => {
      const ctx = { limits: { bytes: 200_000, inodes: 20 } };
      const workers = Array.from({ length: WRITERS }, async (_, worker) => {
        const random = randomSource(worker + 1);
        for (let turn = 0; turn < 40; turn++) {
          const path = `/f${random(30)}`;
          if (random(3) === 0) await outcomeOf(suite.backend.unlink(at(path), {}));
          else await outcomeOf(suite.put(path, pattern(random(20_000)), ctx));
        }
      });
      await Promise.all(workers);
      const files = (await suite.entries('/')).map((entry) => entry.stats);
      const used = files.reduce((total, stats) => total + stats.used, 0);
      expect(files.reduce((total, stats) => total + stats.size, 0)).to.equal(used);
      expect(await suite.usage()).to.deep.equal({ used, inodes: files.length });
      expect(used).to.be.at.most(200_000);
      expect(files.length).to.be.at.most(20);
    });
  });

  async function make(path: string, turn: number, ctx: CallContext): Promise<void> {
    if (turn % 3 === 0) await suite.backend.mkdir(at(path), 0o755, ctx);
    else if (turn % 3 === 1 && suite.can.symlinks) await suite.backend.symlink('x', at(path), ctx);
    else await suite.close(await suite.open(path, { create: 'exclusive' }, ctx));
  }
}
