import { expect } from 'chai';
import * as fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import { VfsError } from '../../../../vfs/errors.ts';
import { OP_NAMES } from '../../../../vfs/ops.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { writeWholeFile } from '../../../support/whole-files.ts';

/** Paths to everything that an operation may stumble over. */
const PATHS = [
  '/', '/file', '/dir', '/dir/file', '/link', '/link/x', '/fifo', '/fifo/x', '/file/x', '/missing', '/missing/x',
  '/..', 'relative', `/${'n'.repeat(256)}`, '/new', '/dir/new', '/\ud800', '/\udcff', '/a\0b', '//', '/dir/',
] as const; // prettier-ignore

describe('errors of a HostBackend', () => {
  const directory = temporaryDirectory();
  let backend: VfsBackend;

  beforeEach(async () => {
    backend = await HostBackend.open(directory(), { filesMax: 5, owners: 'host' });
    await writeWholeFile(backend, '/file', 'content');
    await backend.mkdir('/dir' as never, 0o755, {});
    await writeWholeFile(backend, '/dir/file', 'content');
    await backend.symlink(join(directory(), 'file'), '/link' as never, {});
    execFileSync('mkfifo', [join(directory(), 'fifo')]);
  });

  afterEach(() => backend.dispose());

  /** Neither the folder nor the names by which its descriptors are reached. */
  function expectNoHostPath(error: unknown, what: string): void {
    expect(error, what).to.be.instanceOf(VfsError);
    const text = inspect(error, { depth: 20, showHidden: true }).replaceAll(/^ +at .*$/gm, '');
    expect(text, what).not.to.include(directory());
    expect(text, what).not.to.include('/proc/');
  }

  it('never name a place of the host, whatever is asked', async function () {
    this.timeout(60_000);
    const argument = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...PATHS) },
      fc.constantFrom(0, 1, 2, 3, 2 ** 40, 2 ** 53 - 1, -1, 0o644, 'end', 'follow', undefined),
      fc.record({
        access: fc.constantFrom('r', 'w', 'rw'),
        create: fc.constantFrom(undefined, 'if-missing', 'exclusive'),
        replace: fc.boolean(),
        limit: fc.constantFrom(1, 100),
        size: fc.constantFrom(undefined, 3, 2 ** 52),
        uid: fc.constantFrom(undefined, 0, 5),
        mode: fc.constantFrom(undefined, 0o600),
      }),
      fc.uint8Array({ minLength: 1, maxLength: 5 }),
    );
    const codes = new Set<string>();
    const attempt = async (op: (typeof OP_NAMES)[number], args: readonly unknown[]): Promise<void> => {
      try {
        await (backend[op] as (...given: readonly unknown[]) => Promise<unknown>)(...args, {});
      } catch (error) {
        expectNoHostPath(error, `${op}(${inspect(args)})`);
        codes.add((error as VfsError).code);
      }
    };
    const calls = fc
      .tuple(fc.constantFrom(...OP_NAMES), fc.integer({ min: 1, max: 5 }))
      .chain(([op, arity]) =>
        fc.tuple(fc.constant(op), fc.array(argument, { minLength: arity, maxLength: arity })),
      );
    await fc.assert(
      fc.asyncProperty(calls, ([op, args]) => attempt(op, args)),
      { numRuns: 4000 },
    );
    // Enough kinds to know that the property was put to the test.
    expect([...codes]).to.include.members([
      'ENOENT',
      'ENOTDIR',
      'EISDIR',
      'EACCES',
      'EINVAL',
      'ELOOP',
      'EEXIST',
    ]);
  });

  it('of the opening itself name no place either', async () => {
    for (const root of ['missing', 'file', 'fifo', 'missing/x', 'n'.repeat(256)]) {
      const error = await HostBackend.open(join(directory(), root)).catch((reason: unknown) => reason);
      expectNoHostPath(error, root);
    }
  });

  it('carry the path of the storage that the caller named', async () => {
    const error = (await backend
      .unlink('/dir/missing' as never, {})
      .catch((reason: unknown) => reason)) as VfsError;
    expect(error.message).to.equal("ENOENT: no such file or directory, unlink '/dir/missing'");
    expect(String(error.cause)).to.equal('Error: ENOENT from lstat');
  });
});
