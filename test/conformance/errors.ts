import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Handle, OpName, VfsBackend } from '../../vfs/backend.ts';
import type { VfsErrorCode } from '../../vfs/errors.ts';
import { VfsError } from '../../vfs/errors.ts';
import { OP_NAMES } from '../../vfs/ops.ts';
import { outcomeOf, refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

/** One way to each code that the contract names for the core; the sections have all ways. */
const WAYS: Partial<Record<VfsErrorCode, (suite: Suite) => Promise<unknown>>> = {
  ENOENT: (suite) => suite.stat('/missing'),
  EEXIST: (suite) => suite.mkdir('/d'),
  ENOTDIR: (suite) => suite.stat('/f/x'),
  EISDIR: (suite) => suite.backend.unlink(at('/d'), {}),
  ENOTEMPTY: (suite) => suite.backend.rmdir(at('/full'), {}),
  EINVAL: (suite) => suite.backend.readdir(at('/'), { limit: 0 }, {}),
  EFBIG: (suite) => suite.backend.setstat(at('/f'), { size: 2 ** 53 }, {}),
  ENAMETOOLONG: (suite) => suite.stat(`/${'x'.repeat(256)}`),
  EBADF: (suite) => suite.backend.fstat(0 as Handle, {}),
  EBUSY: (suite) => suite.backend.rmdir(at('/'), {}),
};

const ABLE: Partial<Record<VfsErrorCode, (suite: Suite) => false | Promise<unknown>>> = {
  EPERM: (suite) => suite.can.hardLinks && suite.backend.link(at('/d'), at('/e'), {}),
  EDQUOT: (suite) => suite.can.limits && suite.backend.mkdir(at('/e'), 0o755, { limits: { inodes: 0 } }),
  ESTALE: (suite) => suite.can.inodes && suite.backend.statInode(2 ** 40, {}),
  ENOTSUP: (suite) => suite.can.symlinks && suite.backend.setstat(at('/l'), { mode: 0o600 }, {}),
  ELOOP: (suite) => suite.can.symlinks && suite.backend.resolve(at('/loop'), 'follow', {}),
};

export function errors(suite: Suite): void {
  async function plant(): Promise<void> {
    await suite.put('/f', 'content');
    await suite.mkdir('/d', '/full', '/full/x');
    if (!suite.can.symlinks) return;
    await suite.backend.symlink('f', at('/l'), {});
    await suite.backend.symlink('loop', at('/loop'), {});
  }

  const steadyEntries = async () =>
    (await suite.entries('/')).map(({ name, stats }) => ({ name, stats: suite.steady(stats) }));

  describe('errors', () => {
    for (const [code, way] of Object.entries({ ...WAYS, ...ABLE })) {
      it(`${code} names the operation`, async () => {
        await plant();
        const promise = way(suite);
        if (promise === false) return;
        const error = await refused(promise, code as VfsErrorCode);
        expect(OP_NAMES).to.include(error.op);
      });
    }

    it('name the path that was asked for', async () => {
      await plant();
      expect((await refused(suite.stat('/missing'), 'ENOENT')).path).to.equal('/missing');
      expect((await refused(suite.stat('/d/x/y'), 'ENOENT')).message).to.equal(
        "ENOENT: no such file or directory, lstat '/d/x/y'",
      );
    });

    it('a refusal changes nothing', async () => {
      await plant();
      const before = await steadyEntries();
      for (const way of Object.values({ ...WAYS, ...ABLE })) {
        const promise = way(suite);
        if (promise !== false) expect(await outcomeOf(promise)).not.to.equal('ok');
      }
      expect(await steadyEntries()).to.deep.equal(before);
    });

    it('whatever the arguments, nothing but a VfsError comes out', async function () {
      this.timeout(60_000);
      await plant();
      const handle = await suite.open('/f');
      const argument = junk(handle);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...OP_NAMES),
          fc.array(argument, { minLength: 5, maxLength: 6 }),
          async (op, args) => {
            await onlyVfsErrors(suite.backend, op, args);
          },
        ),
        { numRuns: 1500 },
      );
    });

    it('goes on working after all of that', async () => {
      await plant();
      await suite.put('/f', 'still here');
      expect(await suite.text('/f')).to.equal('still here');
    });
  });
}

/** Values of the right kind and of every wrong one. */
function junk(handle: Handle): fc.Arbitrary<unknown> {
  const path = fc.constantFrom(
    '/',
    '/f',
    '/d',
    '/full',
    '/l',
    '/loop',
    '/missing',
    '/f/x',
    '/d/new',
    '',
    'x',
    '/..',
    '/a/',
  );
  const small = fc.constantFrom(
    0,
    1,
    -1,
    0.5,
    1e6,
    2 ** 31,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number(handle),
  );
  const flags = fc.record(
    {
      access: fc.constantFrom('r', 'w', 'rw', 'x'),
      create: fc.constantFrom(undefined, 'if-missing', 'exclusive'),
      truncate: fc.boolean(),
      replace: fc.boolean(),
      limit: fc.integer({ min: -1, max: 5 }),
      size: fc.constantFrom(undefined, 0, 5, -1),
    },
    { noNullPrototype: true },
  );
  return fc.oneof(
    path,
    small,
    flags,
    fc.string({ maxLength: 5 }),
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(undefined, null, true, 'end'),
  );
}

async function onlyVfsErrors(backend: VfsBackend, op: OpName, args: readonly unknown[]): Promise<void> {
  const method = backend[op] as (...given: readonly unknown[]) => unknown;
  const arity =
    { copyRange: 5, setxattr: 4, open: 3, read: 3, write: 3, rename: 3, getxattr: 2 }[op as 'open'] ?? 2;
  let result: unknown;
  try {
    result = method.call(backend, ...args.slice(0, arity), {});
  } catch (error) {
    throw new Error(`${op} threw instead of rejecting`, { cause: error });
  }
  expect(result).to.be.instanceOf(Promise);
  try {
    await result;
  } catch (error) {
    expect(error, `${op}(${JSON.stringify(args)})`).to.be.instanceOf(VfsError);
  }
}
