import { expect } from 'chai';
import type { Capabilities } from '../../vfs/capabilities.ts';
import { refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

type Refusals = (suite: Suite) => Promise<readonly Promise<unknown>[]>;

/** The operations of each ability that can be missing. */
const OPERATIONS: Partial<Record<keyof Capabilities, Refusals>> = {
  symlinks: async ({ backend }) => [backend.symlink('x', at('/l'), {}), backend.readlink(at('/f'), {})],
  hardLinks: async ({ backend }) => [backend.link(at('/f'), at('/g'), {})],
  inodes: async ({ backend }) => [
    backend.lookup(1, 'f', {}),
    backend.statInode(1, {}),
    backend.pathToInode(at('/f'), {}),
    backend.inodeToPath(1, {}),
  ],
  xattrs: async ({ backend }) => [
    backend.getxattr(at('/f'), 'user.x', {}),
    backend.setxattr(at('/f'), 'user.x', new Uint8Array(1), 'set', {}),
    backend.listxattr(at('/f'), {}),
    backend.removexattr(at('/f'), 'user.x', {}),
  ],
  limits: async (suite) => {
    const { backend } = suite;
    const handle = await suite.open('/f');
    const refused: Promise<unknown>[] = [];
    for (const limits of [{ bytes: 2 ** 40 }, { inodes: 2 ** 20 }]) {
      const ctx = { limits };
      refused.push(
        backend.open(at('/g'), { access: 'w', create: 'if-missing' }, 0o644, ctx),
        backend.mkdir(at('/d'), 0o755, ctx),
        backend.write(handle, 0, new Uint8Array(1), ctx),
        backend.copyRange(handle, 0, 1, handle, 100, ctx),
        backend.statfs(ctx),
      );
    }
    return refused;
  },
  locks: async (suite) => {
    const handle = await suite.open('/f');
    const request = { kind: 'exclusive', start: 0, length: 1, owner: 'x' } as const;
    const { backend } = suite;
    return [
      backend.lock(handle, request, {}),
      backend.tryLock(handle, request, {}),
      backend.unlock(handle, request, {}),
    ];
  },
};

export function excluded(suite: Suite): void {
  describe('abilities', () => {
    it('are those that the backend declares', () => {
      expect(suite.backend.capabilities).to.deep.equal(suite.can);
    });

    for (const [ability, refusals] of Object.entries(OPERATIONS)) {
      if (suite.can[ability as keyof Capabilities]) continue;
      it(`without ${ability}, their operations are refused with ENOTSUP and change nothing`, async () => {
        await suite.put('/f', 'content');
        const before = await suite.entries('/');
        await Promise.all((await refusals(suite)).map((promise) => refused(promise, 'ENOTSUP')));
        expect(await suite.entries('/')).to.deep.equal(before);
        expect(await suite.text('/f')).to.equal('content');
      });
    }
  });
}
