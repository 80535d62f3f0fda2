import { expect } from 'chai';
import { pattern } from './expectations.ts';
import { at, type Suite } from './suite.ts';

const CHUNK = 131_072;

type Step = { readonly write: number; readonly length: number } | { readonly size: number };

/** What is done to a new file, and the bytes stored after each step. */
const CASES: Readonly<Record<string, readonly (readonly [Step, number])[]>> = {
  'bytes in a row cost what they are': [
    [{ write: 0, length: 10 }, 10],
    [{ write: 10, length: CHUNK }, CHUNK + 10],
    [{ write: CHUNK + 10, length: 2 * CHUNK }, 3 * CHUNK + 10],
  ],
  'a chunk that is written to is stored up to the end of the write': [
    [{ write: 1000, length: 1 }, 1001],
    [{ write: 5 * CHUNK + 7, length: 3 }, 1001 + 10],
    [{ write: 0, length: 500 }, 1001 + 10],
    [{ write: 5 * CHUNK - 1, length: 2 }, 1001 + CHUNK + 10],
  ],
  'a partly filled chunk keeps its stored length when the file grows past it': [
    [{ write: 0, length: 100 }, 100],
    [{ write: 2 * CHUNK, length: 1 }, 101],
    [{ size: 9 * CHUNK }, 101],
    [{ write: 200, length: 1 }, 202],
  ],
  'overwriting takes nothing more': [
    [{ write: 0, length: 2 * CHUNK }, 2 * CHUNK],
    [{ write: CHUNK - 5, length: 10 }, 2 * CHUNK],
    [{ write: 0, length: 2 * CHUNK }, 2 * CHUNK],
  ],
  'a cut within a chunk stores that chunk up to the cut': [
    [{ write: 0, length: 2 * CHUNK + 50 }, 2 * CHUNK + 50],
    [{ size: 2 * CHUNK + 20 }, 2 * CHUNK + 20],
    [{ size: 2 * CHUNK }, 2 * CHUNK],
    [{ size: CHUNK + 1 }, CHUNK + 1],
    [{ size: CHUNK }, CHUNK],
    [{ size: 1 }, 1],
    [{ size: 0 }, 0],
  ],
  'a cut behind what is stored of a chunk takes nothing off it': [
    [{ write: 0, length: 100 }, 100],
    [{ size: CHUNK }, 100],
    [{ size: 200 }, 100],
    [{ size: 50 }, 50],
  ],
  'growing by a change of size is free': [
    [{ size: 2 ** 40 }, 0],
    [{ write: 2 ** 39, length: 1 }, 1],
    [{ size: 2 ** 39 }, 0],
  ],
};

export function storedBytes(suite: Suite): void {
  if (!suite.can.limits) return roughlyStoredBytes(suite);
  describe('bytes stored', () => {
    for (const [name, steps] of Object.entries(CASES)) {
      it(name, async () => {
        const handle = await suite.open('/f', { create: 'exclusive' });
        for (const [step, used] of steps) {
          await apply(handle, step);
          expect((await suite.stat('/f')).used, JSON.stringify(step)).to.equal(used);
          expect((await suite.usage()).used, JSON.stringify(step)).to.equal(used);
        }
      });
    }

    it('directories and symlinks are free', async () => {
      await suite.mkdir('/d');
      if (suite.can.symlinks) await suite.backend.symlink('x'.repeat(1000), at('/l'), {});
      expect((await suite.usage()).used).to.equal(0);
    });

    it('what is removed is given back', async () => {
      await suite.put('/a', pattern(3 * CHUNK + 1));
      await suite.put('/b', pattern(1000));
      await suite.backend.unlink(at('/a'), {});
      expect(await suite.usage()).to.deep.equal({ used: 1000, inodes: 1 });
      await suite.put('/b', '');
      expect(await suite.usage()).to.deep.equal({ used: 0, inodes: 1 });
    });

    it('the sum over all files is what statfs counts', async () => {
      for (let index = 1; index < 20; index++) await suite.put(`/f${index}`, pattern(index * 9973));
      const stats = (await suite.entries('/')).map((entry) => entry.stats);
      const sum = stats.reduce((total, { used }) => total + used, 0);
      expect(await suite.usage()).to.deep.equal({ used: sum, inodes: 19 });
    });
  });

  async function apply(handle: Awaited<ReturnType<Suite['open']>>, step: Step): Promise<void> {
    if ('size' in step) await suite.backend.fsetstat(handle, { size: step.size }, {});
    else await suite.write(handle, step.write, pattern(step.length));
  }
}

/** For stores that count in units of their own, and keep no sum. */
function roughlyStoredBytes(suite: Suite): void {
  describe('bytes stored, in units of the store', () => {
    it('a file takes about what is in it, and nothing once it is empty', async () => {
      await suite.put('/f', pattern(10 * CHUNK));
      expect((await suite.stat('/f')).used).to.be.within(10 * CHUNK, 11 * CHUNK);
      await suite.put('/f', '');
      expect((await suite.stat('/f')).used).to.equal(0);
    });

    it('a hole takes nothing', async () => {
      if (!suite.can.sparse) return;
      await suite.put('/f', '');
      await suite.backend.setstat(at('/f'), { size: 2 ** 30 }, {});
      expect((await suite.stat('/f')).used).to.equal(0);
      const handle = await suite.open('/f');
      await suite.write(handle, 2 ** 29, 'x');
      expect((await suite.stat('/f')).used).to.be.within(1, CHUNK);
    });
  });
}
