import { expect } from 'chai';
import type { Handle } from '../../../vfs/backend.ts';
import { stack } from '../../../vfs/layer.ts';
import { denyOverwrite } from '../../../vfs/middleware/deny-overwrite.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { outcomeOf, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { layered, mkdirs, names, open, put, text } from './steps.ts';

const BYTES = new TextEncoder().encode('new');

describe('denyOverwrite', () => {
  const setUp = async () => {
    const both = layered(denyOverwrite());
    await put(both.below, '/f', 'content');
    await put(both.below, '/g', 'other');
    await mkdirs(both.below, '/d');
    await both.below.symlink('f', at('/l'), {});
    return both;
  };

  it('lets a new file be written through the handle that made it, in any way', async () => {
    const { above } = await setUp();
    for (const [index, create] of (['if-missing', 'exclusive'] as const).entries()) {
      const handle = await open(above, `/new${index}`, { access: 'rw', create, truncate: true });
      await above.write(handle, 0, BYTES, {});
      await above.write(handle, 'end', BYTES, {});
      await above.fsetstat(handle, { size: 4 }, {});
      await above.copyRange(handle, 0, 2, handle, 4, {});
      await above.close(handle, {});
      expect(await text(above, `/new${index}`)).to.equal('newnne');
    }
  });

  it('refuses every open that could write an existing file, and leaves it', async () => {
    const { above } = await setUp();
    for (const access of ['w', 'rw'] as const) {
      await refused(open(above, '/f', { access }), 'EPERM');
      await refused(open(above, '/f', { access, truncate: true }), 'EPERM');
      await refused(open(above, '/f', { access, create: 'if-missing' }), 'EPERM');
      await refused(open(above, '/f', { access, create: 'if-missing', truncate: true }), 'EPERM');
      await refused(open(above, '/f', { access, create: 'exclusive' }), 'EEXIST');
    }
    expect(await text(above, '/f')).to.equal('content');
  });

  it('answers what open answers where it is not about a file', async () => {
    const { above } = await setUp();
    await refused(open(above, '/d', { access: 'w' }), 'EISDIR');
    await refused(open(above, '/d', { access: 'rw', create: 'if-missing' }), 'EISDIR');
    await refused(open(above, '/l', { access: 'w' }), 'ELOOP');
    await refused(open(above, '/l', { access: 'w', create: 'if-missing' }), 'ELOOP');
    await refused(open(above, '/none', { access: 'w' }), 'ENOENT');
    await refused(open(above, '/none/x', { access: 'w', create: 'if-missing' }), 'ENOENT');
    await refused(open(above, '/f', { access: 'r', truncate: true }), 'EINVAL');
  });

  it('a file that was closed is not new any more', async () => {
    const { above } = await setUp();
    await put(above, '/new', 'once');
    await refused(put(above, '/new', 'twice'), 'EPERM');
    expect(await text(above, '/new')).to.equal('once');
  });

  it('handles from elsewhere cannot write, cut or be copied into', async () => {
    const { below, above } = await setUp();
    const foreign = await open(below, '/f', { access: 'rw' });
    const reader = await open(above, '/g', { access: 'r' });
    for (const handle of [foreign, reader, 99 as Handle]) {
      await refused(above.write(handle, 0, BYTES, {}), 'EBADF');
      await refused(above.fsetstat(handle, { size: 0 }, {}), 'EBADF');
      await refused(above.copyRange(reader, 0, 1, handle, 0, {}), 'EBADF');
    }
    expect(await text(below, '/f')).to.equal('content');
  });

  it('a handle that is closed is forgotten, also by stacks that share the layer', async () => {
    const { below } = await setUp();
    const layer = denyOverwrite();
    const [one, other] = [stack(below, layer), stack(below, layer)];
    const handle = await open(one, '/new', { access: 'w', create: 'exclusive' });
    await refused(other.write(handle, 0, BYTES, {}), 'EBADF');
    await one.close(handle, {});
    await refused(one.write(handle, 0, BYTES, {}), 'EBADF');
  });

  it('sizes cannot be set by path, attributes can', async () => {
    const { above } = await setUp();
    for (const size of [0, 7, 100]) await refused(above.setstat(at('/f'), { size }, {}), 'EPERM');
    await refused(above.setstat(at('/f'), { size: 0, mode: 0o600 }, {}), 'EPERM');
    await above.setstat(at('/f'), { mode: 0o600 }, {});
    const reader = await open(above, '/f', { access: 'r' });
    await above.fsetstat(reader, { mode: 0o640 }, {});
    expect(await above.lstat(at('/f'), {})).to.include({ mode: 0o640, size: 7 });
  });

  it('renames replace nothing', async () => {
    const { above } = await setUp();
    await refused(above.rename(at('/f'), at('/g'), { replace: true }, {}), 'EPERM');
    await above.rename(at('/f'), at('/h'), { replace: true }, {});
    expect(await names(above, '/')).to.deep.equal(['d', 'g', 'h', 'l']);
    expect(await text(above, '/g')).to.equal('other');
  });

  it('under path resolution a symlink leads to what it stands for', async () => {
    const { below } = await setUp();
    const above = stack(below, resolvePaths(), denyOverwrite());
    await refused(put(above, '/l', 'over'), 'EPERM');
    await below.symlink('fresh', at('/m'), {});
    await put(above, '/m', 'made');
    expect(await text(below, '/fresh')).to.equal('made');
  });

  it('of sixteen that race to make a file one writes it', async () => {
    const { above } = await setUp();
    const race = Array.from({ length: 16 }, async (_, index) => {
      const handle = await open(above, '/race', { access: 'w', create: 'if-missing', truncate: true });
      await above.write(handle, 0, new TextEncoder().encode(`by ${index}`), {});
    });
    const outcomes = await Promise.all(race.map((one) => outcomeOf(one)));
    expect(outcomes.filter((outcome) => outcome === 'EPERM')).to.have.length(15);
    expect(await text(above, '/race')).to.equal(`by ${outcomes.indexOf('ok')}`);
  });
});
