import { expect } from 'chai';
import * as fc from 'fast-check';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { VfsError } from '../../../../vfs/errors.ts';
import { stack, type Layer } from '../../../../vfs/layer.ts';
import { overlay } from '../../../../vfs/middleware/overlay.ts';
import { commit } from '../../../../vfs/middleware/overlay/commit.ts';
import { diff } from '../../../../vfs/middleware/overlay/diff.ts';
import { discard } from '../../../../vfs/middleware/overlay/discard.ts';
import { mutates } from '../../../../vfs/ops.ts';
import { outcomeOf, refused } from '../../../conformance/expectations.ts';
import { at } from '../../../conformance/suite.ts';
import { newMachine } from '../../../model/machine.ts';
import { BEGINNING, programs, uncountedSteps, type Step } from '../../../model/steps.ts';
import { mkdirs, names, open, put, text } from '../steps.ts';

async function runOn(backend: VfsBackend, program: readonly Step[]): Promise<void> {
  const machine = newMachine({ backend }, 'shared');
  for (const step of program) await machine.perform(step);
  await machine.perform({ do: 'reopen' });
}

/** The whole tree, but for times, numbers and bytes stored. */
const treeOf = (backend: VfsBackend): Promise<string[]> => newMachine({ backend }, 'shared').snapshot();

async function differences(storage: VfsBackend): Promise<string[]> {
  const all: string[] = [];
  for await (const { kind, path, from } of diff(storage))
    all.push(`${kind} ${path}${from === undefined ? '' : ` from ${from}`}`);
  return all.sort();
}

async function overFilled(...between: readonly Layer[]): Promise<{ lower: VfsBackend; storage: VfsBackend }> {
  const lower = new MemoryBackend();
  await runOn(lower, BEGINNING);
  return { lower, storage: await overlay(new MemoryBackend(), stack(lower, ...between)) };
}

/** Fails each change from the `count`th on, until it is told to stop. */
function failing(count: number): Layer & { stop: boolean } {
  let left = count;
  const layer: Layer = (next) => (call) =>
    state.stop || !mutates(call) || left-- > 0
      ? next(call)
      : Promise.reject(new VfsError('EIO', { op: call.op }));
  const state = Object.assign(layer, { stop: false });
  return state;
}

/** Without files of a terabyte, of which every byte would be read. */
const someProgram = programs(40).map((program) => uncountedSteps(program).map(nearer));

function nearer(step: Step): Step {
  return JSON.parse(JSON.stringify(step), (_, value: unknown) =>
    typeof value === 'number' && value >= 2 ** 33 ? 300_000 : value,
  ) as Step;
}

describe('commit', () => {
  it('makes the lower store what the overlay shows, whatever was done, and leaves no difference', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(someProgram, async (program) => {
        const { lower, storage } = await overFilled();
        await runOn(storage, program);
        const wanted = await treeOf(storage);
        await commit(storage);
        expect(await treeOf(lower)).to.deep.equal(wanted);
        expect(await treeOf(storage)).to.deep.equal(wanted);
        expect(await differences(storage)).to.deep.equal([]);
        const { inodesTotal, inodesFree } = await storage.statfs({ limits: { inodes: 1000 } });
        expect(inodesTotal - inodesFree).to.equal(0);
      }),
      { numRuns: 80 },
    );
  });

  it('that fails on the way changes nothing that is seen, and another one does the rest', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(someProgram, fc.integer({ min: 0, max: 30 }), async (program, count) => {
        const between = failing(count);
        const { lower, storage } = await overFilled(between);
        await runOn(storage, program);
        const wanted = await treeOf(storage);
        await outcomeOf(commit(storage));
        expect(await contentOf(storage)).to.deep.equal(withoutLinks(wanted));
        between.stop = true;
        await commit(storage);
        expect(await contentOf(lower)).to.deep.equal(withoutLinks(wanted));
      }),
      { numRuns: 80 },
    );
  });

  it('keeps the times and owners of what it puts into the lower store', async () => {
    const { lower, storage } = await overFilled();
    const mtime = { seconds: 5, nanoseconds: 6 };
    await mkdirs(storage, '/new');
    await put(storage, '/new/f', 'content');
    for (const path of ['/new/f', '/new', '/a/b', '/'])
      await storage.setstat(at(path), { uid: 7, gid: 8, mode: 0o700, mtime }, {});
    await commit(storage);
    for (const path of ['/new/f', '/new', '/a/b', '/'])
      expect(await lower.lstat(at(path), {})).to.deep.include({ uid: 7, gid: 8, mode: 0o700, mtime });
  });

  it('is EBUSY while a file is open', async () => {
    const { storage } = await overFilled();
    const handle = await open(storage, '/c', { access: 'r' });
    await refused(commit(storage), 'EBUSY');
    await refused(discard(storage), 'EBUSY');
    await storage.close(handle, {});
    await commit(storage);
  });

  it('and the others refuse a storage that is no overlay', async () => {
    const storage = new MemoryBackend();
    expect(() => commit(storage))
      .to.throw(VfsError)
      .with.property('code', 'EINVAL');
  });
});

describe('discard', () => {
  it('shows the lower store again, whatever was done', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(someProgram, async (program) => {
        const { lower, storage } = await overFilled();
        const wanted = await newMachine({ backend: lower }, 'uncounted').snapshot();
        await runOn(storage, program);
        await discard(storage);
        expect(await newMachine({ backend: storage }, 'uncounted').snapshot()).to.deep.equal(wanted);
        expect(await differences(storage)).to.deep.equal([]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('diff', () => {
  it('tells what was made, changed, moved and removed', async () => {
    const { storage } = await overFilled();
    expect(await differences(storage)).to.deep.equal([]);
    await storage.rename(at('/a'), at('/moved'), { replace: false }, {});
    await put(storage, '/moved/a/a', 'changed');
    await storage.unlink(at('/ä'), {});
    await mkdirs(storage, '/made', '/made/below');
    await put(storage, '/made/below/f', 'new');
    await storage.setstat(at('/b'), { mode: 0o700 }, {});
    expect(await differences(storage)).to.deep.equal([
      'changed /b',
      'changed /moved/a/a',
      'made /made',
      'made /made/below',
      'made /made/below/f',
      'moved /moved from /a',
      'removed /a',
      'removed /ä',
    ]);
  });

  it('tells nothing of what was only looked at or opened', async () => {
    const { storage } = await overFilled();
    await names(storage, '/a');
    await text(storage, '/c');
    await storage.close(await open(storage, '/c', { access: 'rw' }), {});
    expect(await differences(storage)).to.deep.equal([]);
  });
});

const withoutLinks = (tree: readonly string[]): string[] =>
  tree.map((line) => line.replace(/"nlink":\d+/, ''));

/** A tree of which the names of one file may have become files of their own, without a draft that could not be removed. */
async function contentOf(backend: VfsBackend): Promise<string[]> {
  return withoutLinks(await treeOf(backend)).filter((line) => !line.includes('.anyfs-draft-'));
}
