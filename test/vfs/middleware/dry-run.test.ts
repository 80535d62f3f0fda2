import { expect } from 'chai';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { stack } from '../../../vfs/layer.ts';
import { dryRun, type DryRunOptions, type PlannedChange } from '../../../vfs/middleware/dry-run.ts';
import { quota } from '../../../vfs/middleware/quota.ts';
import { denySymlinks } from '../../../vfs/middleware/restrictions.ts';
import { expectBytes, pattern, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { newMachine } from '../../model/machine.ts';
import { mkdirs, names, open, put, text } from './steps.ts';

async function setUp(options: DryRunOptions = {}) {
  const below = new MemoryBackend();
  await mkdirs(below, '/d');
  await put(below, '/f', 'real');
  await put(below, '/d/g', 'deep');
  const layer = dryRun(options);
  const words = (): string[] => layer.plan.map(({ text: said }) => said);
  return { below, layer, words, dry: stack(below, layer) };
}

const treeOf = (backend: VfsBackend): Promise<string[]> => newMachine({ backend }, 'exact').snapshot();

describe('dryRun', () => {
  it('answers from the plan what nothing below has heard of', async () => {
    const { below, dry } = await setUp();
    const before = await treeOf(below);
    await dry.mkdir(at('/a'), 0o750, { owner: { uid: 7, gid: 8 } });
    await put(dry, '/a/b', 'planned');
    expect(await dry.lstat(at('/a'), {})).to.include({ type: 'directory', mode: 0o750, uid: 7, nlink: 2 });
    expect(await dry.lstat(at('/a/b'), {})).to.include({ size: 7, used: 7, nlink: 1 });
    await dry.rename(at('/d'), at('/a/d'), { replace: false }, {});
    await put(dry, '/a/d/g', 'changed');
    await dry.unlink(at('/f'), {});
    expect(await names(dry, '/')).to.deep.equal(['a']);
    expect(await names(dry, '/a', 1)).to.deep.equal(['b', 'd']);
    expect(await text(dry, '/a/d/g')).to.equal('changed');
    expect(await treeOf(below)).to.deep.equal(before);
  });

  it('lists what would be changed, in words and in order', async () => {
    const { dry, words } = await setUp();
    const handle = await open(dry, '/new', { access: 'rw', create: 'exclusive' });
    await dry.write(handle, 0, pattern(1000), {});
    await dry.write(handle, 1000, pattern(24), {});
    await dry.write(handle, 'end', pattern(1024), {});
    await dry.copyRange(handle, 0, 10, handle, 5000, {});
    await dry.fsetstat(handle, { mode: 0o600, mtime: { seconds: 0, nanoseconds: 0 } }, {});
    await dry.close(handle, {});
    await put(dry, '/f', '');
    await mkdirs(dry, '/e');
    await dry.rename(at('/f'), at('/e/f'), { replace: true }, {});
    await dry.link(at('/e/f'), at('/h'), {});
    await dry.rename(at('/e/f'), at('/h'), { replace: true }, {});
    await dry.symlink('nowhere', at('/l'), {});
    await dry.unlink(at('/l'), {});
    expect(words()).to.deep.equal([
      'create /new',
      'write 2 KiB to /new at 0',
      'copy 10 B of /new at 0 to /new at 5000',
      'set mode 0600, mtime 1970-01-01T00:00:00.000Z of /new',
      'cut /f',
      'mkdir /e',
      'rename /f → /e/f',
      'link /e/f → /h',
      'symlink /l → nowhere',
      'unlink /l',
    ]);
  });

  it('tells each change to whoever listens, with the session and the bytes', async () => {
    const told: PlannedChange[] = [];
    const { dry } = await setUp({ onPlan: (change) => told.push(change) });
    await put(dry, '/x', 'twelve bytes', { session: 's1' });
    expect(told.map(({ op, bytes, session }) => [op, bytes, session])).to.deep.equal([
      ['open', 0, 's1'],
      ['write', 12, 's1'],
    ]);
  });

  it('plans nothing for what is refused or changes nothing', async () => {
    const { dry, words } = await setUp();
    await refused(dry.mkdir(at('/d'), 0o755, {}), 'EEXIST');
    await refused(dry.rmdir(at('/d'), {}), 'ENOTEMPTY');
    await refused(dry.unlink(at('/missing'), {}), 'ENOENT');
    await dry.setstat(at('/f'), {}, {});
    await text(dry, '/f');
    await dry.close(await open(dry, '/f', { access: 'rw', create: 'if-missing' }), {});
    expect(words()).to.deep.equal([]);
  });

  it('refuses what the quota would refuse once the plan is carried out, to the byte', async () => {
    const { below, layer } = await setUp();
    const dry = stack(below, quota({ bytes: 20, inodes: 5 }), layer);
    await put(dry, '/a', 'x'.repeat(12));
    await refused(put(dry, '/b', 'y'), 'EDQUOT');
    await dry.unlink(at('/f'), {});
    await put(dry, '/b', 'yyyy');
    expect(await dry.statfs({})).to.include({ bytesFree: 0, inodesFree: 1 });
    await refused(put(dry, '/b', 'yyyyy'), 'EDQUOT');
  });

  it('refuses what the storage below cannot do', async () => {
    const { below } = await setUp();
    const dry = stack(below, dryRun(), denySymlinks());
    await refused(dry.symlink('f', at('/l'), {}), 'ENOTSUP');
    expect(dry.capabilities.symlinks).to.equal(false);
  });

  it('says so where it cannot plan: content beyond its memory, and more changes than it keeps', async () => {
    const { dry } = await setUp({ memory: 1000, changes: 3 });
    const handle = await open(dry, '/new', { access: 'rw', create: 'exclusive' });
    const error = await refused(dry.write(handle, 0, pattern(1001), {}), 'ENOTSUP');
    expect(error.detail).to.equal('a dry run keeps at most 1000 B of content in memory');
    await dry.write(handle, 0, pattern(1000), {});
    expectBytes(await dry.read(handle, 0, 2000, {}), pattern(1000));
    await mkdirs(dry, '/e');
    expect((await refused(dry.mkdir(at('/g'), 0o755, {}), 'ENOTSUP')).detail).to.contain('3 changes');
    expect(await names(dry, '/')).to.deep.equal(['d', 'e', 'f', 'new']);
  });

  it('moves and changes what is larger than its memory, as long as the content stays', async () => {
    const below = new MemoryBackend();
    const handle = await open(below, '/large', { access: 'w', create: 'exclusive' });
    await below.write(handle, 0, pattern(5000), {});
    const dry = stack(below, dryRun({ memory: 100 }));
    await dry.rename(at('/large'), at('/moved'), { replace: false }, {});
    await dry.setstat(at('/moved'), { mode: 0o600 }, {});
    const moved = await open(dry, '/moved', { access: 'rw' });
    expectBytes(await dry.read(moved, 0, 9999, {}), pattern(5000));
    await refused(dry.write(moved, 0, new Uint8Array(1), {}), 'ENOTSUP');
    expectBytes(await dry.read(moved, 0, 9999, {}), pattern(5000));
  });

  it('a plan belongs to its stack: another stack sees the storage', async () => {
    const { below, layer, dry } = await setUp();
    await mkdirs(dry, '/planned');
    expect(await names(stack(below, layer), '/')).to.deep.equal(['d', 'f']);
  });
});
