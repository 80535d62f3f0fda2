import { expect } from 'chai';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { stack, type Layer } from '../../../vfs/layer.ts';
import * as restrictions from '../../../vfs/middleware/restrictions.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { clockMoves, outcomeOf, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { layered, mkdirs, names, open, put, text } from './steps.ts';

const TIME = { seconds: 1, nanoseconds: 0 };

/** Things to do, by name, on a store with /f, /g, /d (empty), /full/x and the symlink /l to /f. */
const DEEDS: Readonly<Record<string, (backend: VfsBackend) => Promise<unknown>>> = {
  'make a symlink': (backend) => backend.symlink('f', at('/new'), {}),
  'read a symlink': (backend) => backend.readlink(at('/l'), {}),
  'resolve a symlink': (backend) => backend.resolve(at('/l'), 'follow', {}),
  'make a hard link': (backend) => backend.link(at('/f'), at('/new'), {}),
  'change a mode': (backend) => backend.setstat(at('/f'), { mode: 0o600 }, {}),
  'change an owner': (backend) => backend.setstat(at('/f'), { uid: 5 }, {}),
  'change a group with the size': (backend) => backend.setstat(at('/f'), { gid: 5, size: 3 }, {}),
  'change the mode of an open file': async (backend) =>
    backend.fsetstat(await open(backend, '/f', { access: 'r' }), { mode: 0 }, {}),
  'change a time': (backend) => backend.setstat(at('/f'), { mtime: TIME }, {}),
  'change a time of an open file': async (backend) =>
    backend.fsetstat(await open(backend, '/f', { access: 'r' }), { atime: TIME }, {}),
  'change a size': (backend) => backend.setstat(at('/f'), { size: 3 }, {}),
  'rename to a free name': (backend) => backend.rename(at('/f'), at('/new'), { replace: false }, {}),
  'rename to a free name, as POSIX does': (backend) =>
    backend.rename(at('/f'), at('/new'), { replace: true }, {}),
  'rename over a file': (backend) => backend.rename(at('/f'), at('/g'), { replace: true }, {}),
  'rename a directory over an empty one': (backend) =>
    backend.rename(at('/full'), at('/d'), { replace: true }, {}),
  'remove a file': (backend) => backend.unlink(at('/f'), {}),
  'remove a directory': (backend) => backend.rmdir(at('/d'), {}),
  list: (backend) => backend.readdir(at('/'), { limit: 10 }, {}),
  'read a file': (backend) => text(backend, '/f'),
  'copy a file': async (backend) => {
    const from = await open(backend, '/f', { access: 'r' });
    const to = await open(backend, '/copy', { access: 'w', create: 'exclusive' });
    await backend.copyRange(from, 0, 100, to, 0, {});
  },
  'make a file': (backend) => put(backend, '/new', 'content'),
  'make a directory': (backend) => backend.mkdir(at('/new'), 0o755, {}),
  look: (backend) => backend.lstat(at('/f'), {}),
};

/** What each layer refuses, and how; it lets everything else be done. */
const REFUSED: readonly (readonly [keyof typeof restrictions, () => Layer, string, readonly string[]])[] = [
  ['denySymlinks', restrictions.denySymlinks, 'ENOTSUP', ['make a symlink', 'read a symlink']],
  ['denyHardLinks', restrictions.denyHardLinks, 'ENOTSUP', ['make a hard link']],
  [
    'denyPermissionChanges',
    restrictions.denyPermissionChanges,
    'EPERM',
    ['change a mode', 'change an owner', 'change a group with the size', 'change the mode of an open file'],
  ],
  [
    'denyTimesChanges',
    restrictions.denyTimesChanges,
    'EPERM',
    ['change a time', 'change a time of an open file'],
  ],
  [
    'denyRename',
    restrictions.denyRename,
    'EPERM',
    [
      'rename to a free name',
      'rename to a free name, as POSIX does',
      'rename over a file',
      'rename a directory over an empty one',
    ],
  ],
  [
    'denyDelete',
    restrictions.denyDelete,
    'EPERM',
    ['rename over a file', 'rename a directory over an empty one', 'remove a file', 'remove a directory'],
  ],
  ['denyList', restrictions.denyList, 'EPERM', ['list']],
  ['denyRead', restrictions.denyRead, 'EPERM', ['read a file', 'copy a file']],
];

async function planted(layer: Layer): Promise<{ below: VfsBackend; above: VfsBackend }> {
  const both = layered(layer);
  await put(both.below, '/f', 'content');
  await put(both.below, '/g', 'other');
  await mkdirs(both.below, '/d', '/full', '/full/x');
  await both.below.symlink('f', at('/l'), {});
  return both;
}

describe('restrictions', () => {
  for (const [name, layer, code, refusals] of REFUSED) {
    for (const [what, deed] of Object.entries(DEEDS)) {
      const refuses = refusals.includes(what);
      const follows = name === 'denySymlinks' && what === 'resolve a symlink';
      const wanted = refuses ? code : follows ? 'ELOOP' : 'ok';
      it(`${name} answers ${wanted} to: ${what}`, async () => {
        const { below, above } = await planted(layer());
        const before = await names(below, '/');
        expect(await outcomeOf(deed(above))).to.equal(wanted);
        if (refuses && what !== 'copy a file') expect(await names(below, '/')).to.deep.equal(before);
        if (refuses) expect(await text(below, '/f')).to.equal('content');
      });
    }
  }

  it('take abilities away where an operation is gone', () => {
    const bare = layered().above.capabilities;
    expect(layered(restrictions.denySymlinks()).above.capabilities).to.deep.equal({
      ...bare,
      symlinks: false,
    });
    expect(layered(restrictions.denyHardLinks()).above.capabilities).to.deep.equal({
      ...bare,
      hardLinks: false,
    });
    expect(layered(restrictions.denyRename()).above.capabilities).to.deep.equal(bare);
  });

  it('denySymlinks leaves symlinks that are there already to be seen, moved and removed, under path resolution too', async () => {
    const { below } = await planted(restrictions.denySymlinks());
    const above = stack(below, resolvePaths(), restrictions.denySymlinks());
    expect((await above.lstat(at('/l'), {})).type).to.equal('symlink');
    await refused(text(above, '/l'), 'ELOOP');
    await refused(above.lstat(at('/l'), { follow: true }), 'ELOOP');
    await refused(above.lstat(at('/l/../f'), {}), 'ELOOP');
    expect(await text(above, '/d/../f')).to.equal('content');
    await above.rename(at('/l'), at('/m'), { replace: false }, {});
    await above.unlink(at('/m'), {});
    expect(await names(below, '/')).to.deep.equal(['d', 'f', 'full', 'g']);
  });

  it('denyDelete lets a name be renamed to itself, as POSIX does nothing then', async () => {
    const { above } = await planted(restrictions.denyDelete());
    await above.rename(at('/f'), at('/f'), { replace: true }, {});
    await refused(above.rename(at('/none'), at('/none'), { replace: true }, {}), 'ENOENT');
  });

  it('a change of nothing passes where changes are denied', async () => {
    const { above } = await planted(restrictions.denyPermissionChanges());
    await above.setstat(at('/f'), {}, {});
    await above.setstat(at('/f'), { mode: undefined, uid: undefined }, {});
  });

  it('denyDelete is not passed by sixteen renames racing to one name', async () => {
    const { above } = layered(restrictions.denyDelete());
    const sources = Array.from({ length: 16 }, (_, index) => `/from${index}`);
    for (const source of sources) await put(above, source, source);
    const outcomes = await Promise.all(
      sources.map((source) => outcomeOf(above.rename(at(source), at('/to'), { replace: true }, {}))),
    );
    expect(outcomes.filter((outcome) => outcome === 'ok')).to.have.length(1);
    expect(outcomes.filter((outcome) => outcome === 'EPERM')).to.have.length(15);
    expect(await names(above, '/')).to.have.length(16);
  });

  describe('maxFileSize', () => {
    it('is not passed by writing, appending, cutting up, or copying', async () => {
      const { above } = layered(restrictions.maxFileSize(10));
      await put(above, '/f', '0123456789');
      const handle = await open(above, '/f', { access: 'rw' });
      const one = new Uint8Array(1);
      await refused(above.write(handle, 10, one, {}), 'EFBIG');
      await refused(above.write(handle, 'end', one, {}), 'EFBIG');
      await refused(above.fsetstat(handle, { size: 11 }, {}), 'EFBIG');
      await refused(above.setstat(at('/f'), { size: 11 }, {}), 'EFBIG');
      await refused(above.copyRange(handle, 0, 2, handle, 9, {}), 'EFBIG');
      expect(await text(above, '/f')).to.equal('0123456789');
    });

    it('the tightest of several counts, and of the caller’s own', async () => {
      const { above } = layered(
        restrictions.maxFileSize(10),
        restrictions.maxFileSize(5),
        restrictions.maxFileSize(7),
      );
      await refused(put(above, '/f', '123456'), 'EFBIG');
      await put(above, '/g', '12345');
      await refused(put(above, '/h', '1234', { limits: { fileSize: 3 } }), 'EFBIG');
    });

    it('leaves files that are larger already to be read, cut and removed', async () => {
      const { below, above } = layered(restrictions.maxFileSize(3));
      await put(below, '/f', 'larger');
      expect(await text(above, '/f')).to.equal('larger');
      await above.setstat(at('/f'), { size: 5 }, {});
      await refused(above.setstat(at('/f'), { size: 6 }, {}), 'EFBIG');
      await above.unlink(at('/f'), {});
    });
  });

  it('denyTimesChanges lets times move with what is done', async () => {
    const { above } = layered(restrictions.denyTimesChanges());
    await put(above, '/f', 'one');
    const before = await above.lstat(at('/f'), {});
    await clockMoves();
    await put(above, '/f', 'two');
    expect((await above.lstat(at('/f'), {})).mtime).not.to.deep.equal(before.mtime);
  });
});
