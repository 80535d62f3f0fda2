import { expect } from 'chai';
import type { CallContext } from '../../vfs/backend.ts';
import { outcomeOf, pattern, randomSource } from './expectations.ts';
import { at, type Suite } from './suite.ts';

/** A change with the question whether it was made. */
interface Change {
  readonly make: (suite: Suite, ctx: CallContext) => Promise<unknown>;
  readonly isMade: (suite: Suite) => Promise<boolean>;
}

const exists = (path: string) => async (suite: Suite) => (await outcomeOf(suite.stat(path))) === 'ok';

const CHANGES: Readonly<Record<string, Change>> = {
  open: {
    make: async (suite, ctx) => suite.close(await suite.open('/new', { create: 'exclusive' }, ctx)),
    isMade: exists('/new'),
  },
  write: {
    make: async (suite, ctx) => {
      const handle = await suite.open('/f');
      try {
        await suite.write(handle, 0, pattern(300_000, 2), ctx);
      } finally {
        await suite.close(handle);
      }
    },
    isMade: async (suite) => {
      const content = await suite.get('/f');
      expect([7, 300_000]).to.include(content.length);
      return content.length > 7;
    },
  },
  setstat: {
    make: (suite, ctx) => suite.backend.setstat(at('/f'), { mode: 0o600, size: 3 }, ctx),
    isMade: async (suite) => {
      const { mode, size } = await suite.stat('/f');
      const isMade = size === 3;
      expect({ mode, size }).to.deep.equal(isMade ? { mode: 0o600, size: 3 } : { mode: 0o644, size: 7 });
      return isMade;
    },
  },
  mkdir: { make: (suite, ctx) => suite.backend.mkdir(at('/new'), 0o755, ctx), isMade: exists('/new') },
  unlink: {
    make: (suite, ctx) => suite.backend.unlink(at('/f'), ctx),
    isMade: async (suite) => !(await exists('/f')(suite)),
  },
  rmdir: {
    make: (suite, ctx) => suite.backend.rmdir(at('/d'), ctx),
    isMade: async (suite) => !(await exists('/d')(suite)),
  },
  rename: {
    make: (suite, ctx) => suite.backend.rename(at('/f'), at('/new'), { replace: true }, ctx),
    isMade: async (suite) => {
      const [from, to] = [await exists('/f')(suite), await exists('/new')(suite)];
      expect(from).not.to.equal(to);
      return to;
    },
  },
};

export function aborted(suite: Suite): void {
  async function plant(): Promise<void> {
    await suite.put('/f', 'content');
    await suite.mkdir('/d');
  }

  /** Either it was finished, or it ended with `EINTR` and has done nothing. */
  async function expectWhole(change: Change, outcome: string): Promise<void> {
    expect(['ok', 'EINTR']).to.include(outcome);
    expect(await change.isMade(suite)).to.equal(outcome === 'ok');
  }

  describe('aborted calls', () => {
    for (const [op, change] of Object.entries(CHANGES)) {
      it(`${op} whose signal has aborted is done or EINTR, and nothing between`, async () => {
        await plant();
        await expectWhole(change, await outcomeOf(change.make(suite, { signal: AbortSignal.abort() })));
      });

      it(`${op} whose signal aborts while others hold it up is done or EINTR`, async () => {
        await plant();
        // Where the directory is removed, they fail.
        const busy = Promise.allSettled(
          Array.from({ length: 10 }, (_, index) => suite.put(`/d/${index}`, pattern(100_000))),
        );
        const controller = new AbortController();
        const outcome = outcomeOf(change.make(suite, { signal: controller.signal }));
        await new Promise((resolve) => setImmediate(resolve));
        controller.abort();
        const ended = await outcome;
        await busy;
        if (op === 'rmdir') expect(['ok', 'EINTR', 'ENOTEMPTY']).to.include(ended);
        else await expectWhole(change, ended);
      });
    }

    it('calls that are aborted at any moment leave a tree that is whole', async () => {
      await suite.mkdir('/d');
      const random = randomSource(7);
      const made = Array.from({ length: 60 }, async (_, index) => {
        const controller = new AbortController();
        const call = suite.backend.mkdir(at(`/d/${index}`), 0o755, { signal: controller.signal });
        if (random(2) === 0) controller.abort();
        else setImmediate(() => controller.abort());
        return (await outcomeOf(call)) === 'ok' ? [String(index)] : [];
      });
      const names = (await Promise.all(made)).flat();
      expect(await suite.names('/d')).to.have.members(names);
      expect((await suite.stat('/d')).nlink).to.equal(suite.directoryLinks(names.length));
    });
  });
}
