import { expect } from 'chai';
import type { Handle, VfsBackend } from '../../../vfs/backend.ts';
import { stack, type Layer } from '../../../vfs/layer.ts';
import { permissions, type Identity } from '../../../vfs/middleware/permissions.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import type { StatsChange } from '../../../vfs/stats.ts';
import { outcomeOf, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { layered, mkdirs, names, open, put, text } from './steps.ts';

const ALICE: Identity = { uid: 1000, gid: 1000, groups: [2000] };
const TIME = { seconds: 1, nanoseconds: 0 };

/** As `ls -l` would show it: mode, owner, group. */
type Who = readonly [mode: number, uid: number, gid: number];

async function set(backend: VfsBackend, path: string, [mode, uid, gid]: Who): Promise<void> {
  await backend.setstat(at(path), { mode, uid, gid }, {});
}

async function who(backend: VfsBackend, path: string): Promise<Who> {
  const { mode, uid, gid } = await backend.lstat(at(path), {});
  return [mode, uid, gid];
}

describe('permissions', () => {
  /** /d with the file /d/f in it and the empty directory /d/e. */
  const setUp = async (directory: Who = [0o777, 0, 0], file: Who = [0o666, 0, 0], identity = ALICE) => {
    const { below } = layered();
    await mkdirs(below, '/d', '/d/e', '/mine');
    await put(below, '/d/f', 'content');
    await set(below, '/d/f', file);
    await set(below, '/d', directory);
    await set(below, '/mine', [0o755, 1000, 1000]);
    return { below, above: stack(below, resolvePaths(), permissions(identity)) };
  };

  describe('the class that counts', () => {
    const CASES: readonly (readonly [what: string, Who, read: string, write: string])[] = [
      ['the owner by the owner’s bits, though others may more', [0o077, 1000, 1000], 'EACCES', 'EACCES'],
      ['the owner', [0o400, 1000, 0], 'ok', 'EACCES'],
      ['the group by the group’s bits, though others may more', [0o707, 0, 1000], 'EACCES', 'EACCES'],
      ['the group', [0o020, 0, 1000], 'EACCES', 'ok'],
      ['a further group', [0o060, 0, 2000], 'ok', 'ok'],
      ['others', [0o006, 0, 0], 'ok', 'ok'],
      ['others, though owner and group may', [0o770, 0, 0], 'EACCES', 'EACCES'],
    ];
    for (const [what, file, read, write] of CASES) {
      it(`is that of ${what}`, async () => {
        const { above } = await setUp([0o777, 0, 0], file);
        expect(await outcomeOf(open(above, '/d/f', { access: 'r' }))).to.equal(read);
        expect(await outcomeOf(open(above, '/d/f', { access: 'w' }))).to.equal(write);
        const both = read === 'ok' && write === 'ok' ? 'ok' : 'EACCES';
        expect(await outcomeOf(open(above, '/d/f', { access: 'rw' }))).to.equal(both);
      });
    }
  });

  describe('without search permission for a directory', () => {
    const USES: Readonly<Record<string, (backend: VfsBackend, path: string) => Promise<unknown>>> = {
      lstat: (backend, path) => backend.lstat(at(path), {}),
      open: (backend, path) => open(backend, path, { access: 'r' }),
      make: (backend, path) => put(backend, path, ''),
      setstat: (backend, path) => backend.setstat(at(path), { mode: 0o600 }, {}),
      readdir: (backend, path) => backend.readdir(at(path), { limit: 1 }, {}),
      mkdir: (backend, path) => backend.mkdir(at(path), 0o755, {}),
      rmdir: (backend, path) => backend.rmdir(at(path), {}),
      unlink: (backend, path) => backend.unlink(at(path), {}),
      'rename from': (backend, path) => backend.rename(at(path), at('/mine/x'), { replace: true }, {}),
      'rename to': (backend, path) => backend.rename(at('/mine/f'), at(path), { replace: true }, {}),
      'link from': (backend, path) => backend.link(at(path), at('/mine/x'), {}),
      'link to': (backend, path) => backend.link(at('/mine/f'), at(path), {}),
      symlink: (backend, path) => backend.symlink('x', at(path), {}),
      readlink: (backend, path) => backend.readlink(at(path), {}),
      resolve: (backend, path) => backend.resolve(at(path), 'follow', {}),
      pathToInode: (backend, path) => backend.pathToInode(at(path), {}),
      getxattr: (backend, path) => backend.getxattr(at(path), 'user.x', {}),
    };
    for (const [use, call] of Object.entries(USES)) {
      it(`${use} is EACCES for whatever is in it, or is not`, async () => {
        const { above } = await setUp([0o766, 0, 0]);
        await put(above, '/mine/f', '');
        for (const path of ['/d/f', '/d/e', '/d/none', '/d/none/x', '/d/f/x', '/d/e/none/x', '/mine/../d/f'])
          await refused(call(above, path), 'EACCES');
      });
    }

    it('a symlink does not tell what is in it either', async () => {
      const { above } = await setUp([0o766, 0, 0]);
      for (const [index, target] of ['../d/f', '/d/none', '/d/none/x', '/d/f/x/y'].entries()) {
        await above.symlink(target, at(`/mine/l${index}`), {});
        await refused(above.lstat(at(`/mine/l${index}`), { follow: true }), 'EACCES');
        await refused(text(above, `/mine/l${index}`), 'EACCES');
      }
    });

    it('inode numbers do not lead into it', async () => {
      const { below, above } = await setUp([0o766, 0, 0]);
      const [file, directory] = [await below.lstat(at('/d/f'), {}), await below.lstat(at('/d'), {})];
      await refused(above.statInode(file.inode, {}), 'EACCES');
      await refused(above.inodeToPath(file.inode, {}), 'EACCES');
      await refused(above.lookup(directory.inode, 'f', {}), 'EACCES');
      await refused(above.lookup(directory.inode, 'none', {}), 'EACCES');
      expect((await above.statInode(directory.inode, {})).type).to.equal('directory');
    });
  });

  describe('listing', () => {
    const CASES: readonly (readonly [mode: number, outcome: string])[] = [
      [0o005, 'ok'],
      [0o004, 'EACCES'],
      [0o001, 'EACCES'],
      [0o007, 'ok'],
      [0o002, 'EACCES'],
    ];
    for (const [mode, outcome] of CASES) {
      it(`of a directory of mode ${mode.toString(8)} is ${outcome} for others`, async () => {
        const { above } = await setUp([mode, 0, 0]);
        expect(await outcomeOf(names(above, '/d'))).to.equal(outcome);
      });
    }
  });

  describe('changes of attributes', () => {
    const CHANGES: readonly (readonly [change: StatsChange, byOwner: string, byOther: string])[] = [
      [{}, 'ok', 'ok'],
      [{ mode: 0o600 }, 'ok', 'EPERM'],
      [{ mtime: TIME }, 'ok', 'EPERM'],
      [{ atime: TIME }, 'ok', 'EPERM'],
      [{ size: 3 }, 'ok', 'ok'],
      [{ size: 3, mode: 0o600 }, 'ok', 'EPERM'],
      [{ uid: 1001 }, 'EPERM', 'EPERM'],
      [{ uid: 0 }, 'EPERM', 'EPERM'],
      [{ gid: 2000 }, 'ok', 'EPERM'],
      [{ gid: 1000 }, 'ok', 'EPERM'],
      [{ gid: 3000 }, 'EPERM', 'EPERM'],
      [{ uid: 1000, gid: 2000, mode: 0o600 }, 'ok', 'EPERM'],
      [{ uid: -1 }, 'EINVAL', 'EINVAL'],
      [{ mode: 1.5 }, 'EINVAL', 'EINVAL'],
    ];
    for (const [change, byOwner, byOther] of CHANGES) {
      it(`${JSON.stringify(change)} is ${byOwner} for the owner and ${byOther} for one who may write`, async () => {
        for (const [uid, outcome] of [
          [1000, byOwner],
          [1001, byOther],
        ] as const) {
          const { below, above } = await setUp([0o777, 0, 0], [0o666, uid, 0]);
          const before = await below.lstat(at('/d/f'), {});
          expect(await outcomeOf(above.setstat(at('/d/f'), change, {})), 'setstat').to.equal(outcome);
          if (outcome !== 'ok') expect(await below.lstat(at('/d/f'), {})).to.deep.equal(before);
          const handle = await open(above, '/d/f', { access: 'rw' });
          expect(await outcomeOf(above.fsetstat(handle, change, {})), 'fsetstat').to.equal(outcome);
        }
      });
    }

    it('the size of a file needs write permission, by path; a handle has shown that it may', async () => {
      const { below, above } = await setUp([0o777, 0, 0], [0o666, 0, 0]);
      const handle = await open(above, '/d/f', { access: 'w' });
      await set(below, '/d/f', [0o444, 0, 0]);
      await refused(above.setstat(at('/d/f'), { size: 0 }, {}), 'EACCES');
      await above.fsetstat(handle, { size: 1 }, {});
      await above.write(handle, 0, new Uint8Array(3), {});
      expect((await below.lstat(at('/d/f'), {})).size).to.equal(3);
    });

    it('an owner keeps giving its own group, which need not be one of the caller’s', async () => {
      const { below, above } = await setUp([0o777, 0, 0], [0o644, 1000, 7]);
      await above.setstat(at('/d/f'), { uid: 1000, gid: 7, mode: 0o600 }, {});
      expect(await who(below, '/d/f')).to.deep.equal([0o600, 1000, 7]);
    });

    it('set-id bits: kept by their owner, lost with a new group and to others who open for writing or cut', async () => {
      const { below, above } = await setUp([0o777, 0, 0], [0o6755, 1000, 1000]);
      await above.close(await open(above, '/d/f', { access: 'rw' }), {});
      await above.setstat(at('/d/f'), { gid: 1000 }, {});
      expect((await who(below, '/d/f'))[0]).to.equal(0o6755);
      await above.setstat(at('/d/f'), { gid: 2000 }, {});
      expect(await who(below, '/d/f')).to.deep.equal([0o755, 1000, 2000]);
      await above.setstat(at('/d/f'), { gid: 1000, mode: 0o6711 }, {});
      expect(await who(below, '/d/f')).to.deep.equal([0o6711, 1000, 1000]);

      await set(below, '/d/f', [0o6777, 0, 1000]);
      await above.close(await open(above, '/d/f', { access: 'r' }), {});
      expect((await who(below, '/d/f'))[0]).to.equal(0o6777);
      await above.close(await open(above, '/d/f', { access: 'w' }), {});
      expect((await who(below, '/d/f'))[0]).to.equal(0o777);
      await set(below, '/d/f', [0o4666, 0, 0]);
      await above.setstat(at('/d/f'), { size: 1 }, {});
      expect((await who(below, '/d/f'))[0]).to.equal(0o666);
    });

    it('set-group-id cannot be had for a group that is not one’s own', async () => {
      const { below, above } = await setUp([0o777, 0, 0], [0o644, 1000, 7]);
      await above.setstat(at('/d/f'), { mode: 0o2755 }, {});
      expect((await who(below, '/d/f'))[0]).to.equal(0o755);
      await above.setstat(at('/d/f'), { mode: 0o2755, gid: 2000 }, {});
      expect(await who(below, '/d/f')).to.deep.equal([0o2755, 1000, 2000]);
    });
  });

  describe('what is made', () => {
    it('belongs to the caller, whatever the context said', async () => {
      const { below, above } = await setUp();
      const ctx = { owner: { uid: 7, gid: 8 } };
      await above.mkdir(at('/mine/d'), 0o700, ctx);
      await above.symlink('x', at('/mine/l'), ctx);
      await put(above, '/mine/f', '', ctx);
      expect(await who(below, '/mine/d')).to.deep.equal([0o700, 1000, 1000]);
      expect(await who(below, '/mine/l')).to.deep.equal([0o777, 1000, 1000]);
      expect(await who(below, '/mine/f')).to.deep.equal([0o644, 1000, 1000]);
    });

    it('in a set-group-id directory has its group, and directories that bit', async () => {
      const { below, above } = await setUp([0o2777, 0, 7]);
      await above.mkdir(at('/d/d'), 0o700, {});
      await above.symlink('x', at('/d/l'), {});
      await above.open(at('/d/own'), { access: 'w', create: 'exclusive' }, 0o6755, {});
      await above.open(at('/d/plain'), { access: 'w', create: 'exclusive' }, 0o2644, {});
      expect(await who(below, '/d/d')).to.deep.equal([0o2700, 1000, 7]);
      expect(await who(below, '/d/l')).to.deep.equal([0o777, 1000, 7]);
      expect(await who(below, '/d/own')).to.deep.equal([0o4755, 1000, 7]);
      expect(await who(below, '/d/plain')).to.deep.equal([0o2644, 1000, 7]);
    });

    it('may be written by its maker whatever its mode', async () => {
      const { above } = await setUp();
      const handle = await above.open(at('/mine/f'), { access: 'rw', create: 'exclusive' }, 0o000, {});
      await above.write(handle, 0, new Uint8Array(3), {});
      await above.close(handle, {});
      await refused(open(above, '/mine/f', { access: 'r' }), 'EACCES');
    });
  });

  describe('names', () => {
    it('need write and search permission for their directory', async () => {
      for (const mode of [0o005, 0o006, 0o003, 0o007]) {
        const outcome = (mode & 3) === 3 ? 'ok' : 'EACCES';
        const deeds: readonly ((backend: VfsBackend) => Promise<unknown>)[] = [
          (backend) => backend.mkdir(at('/d/new'), 0o755, {}),
          (backend) => backend.symlink('x', at('/d/new'), {}),
          (backend) => put(backend, '/d/new', ''),
          (backend) => backend.link(at('/mine/f'), at('/d/new'), {}),
          (backend) => backend.rename(at('/mine/f'), at('/d/new'), { replace: false }, {}),
          (backend) => backend.rename(at('/d/f'), at('/mine/new'), { replace: false }, {}),
          (backend) => backend.unlink(at('/d/f'), {}),
          (backend) => backend.rmdir(at('/d/e'), {}),
        ];
        for (const deed of deeds) {
          const { above } = await setUp([mode, 0, 0]);
          await put(above, '/mine/f', '');
          expect(await outcomeOf(deed(above)), `${mode} ${String(deed)}`).to.equal(outcome);
        }
      }
    });

    it('in a sticky directory go only by the owner of the thing or of the directory', async () => {
      const CASES = [[0, 0, 'EPERM'], [1000, 0, 'ok'], [0, 1000, 'ok']] as const; // prettier-ignore
      for (const [directory, file, outcome] of CASES) {
        const move = await setUp([0o1777, directory, 0], [0o666, file, 0]);
        expect(await outcomeOf(move.above.rename(at('/d/f'), at('/mine/g'), { replace: true }, {}))).to.equal(
          outcome,
        );
        const over = await setUp([0o1777, directory, 0], [0o666, file, 0]);
        await put(over.above, '/mine/g', '');
        expect(await outcomeOf(over.above.rename(at('/mine/g'), at('/d/f'), { replace: true }, {}))).to.equal(
          outcome,
        );
        const away = await setUp([0o1777, directory, 0], [0o666, file, 0]);
        expect(await outcomeOf(away.above.unlink(at('/d/f'), {}))).to.equal(outcome);
      }
    });

    it('a directory that gets another parent must be writable itself', async () => {
      const { below, above } = await setUp();
      await set(below, '/d/e', [0o755, 0, 0]);
      await refused(above.rename(at('/d/e'), at('/mine/e'), { replace: false }, {}), 'EACCES');
      await above.rename(at('/d/e'), at('/d/e2'), { replace: false }, {});
      await set(below, '/d/e2', [0o777, 0, 0]);
      await above.rename(at('/d/e2'), at('/mine/e'), { replace: false }, {});
    });

    it('a hard link needs the file to be one’s own, or plain, readable and writable', async () => {
      const CASES: readonly (readonly [Who, string])[] = [
        [[0o000, 1000, 0], 'ok'],
        [[0o666, 0, 0], 'ok'],
        [[0o644, 0, 0], 'EPERM'],
        [[0o622, 0, 0], 'EPERM'],
        [[0o4666, 0, 0], 'EPERM'],
        [[0o2676, 0, 0], 'EPERM'],
        [[0o2666, 0, 0], 'ok'],
      ];
      for (const [file, outcome] of CASES) {
        const { above } = await setUp([0o777, 0, 0], file);
        expect(await outcomeOf(above.link(at('/d/f'), at('/mine/g'), {})), String(file)).to.equal(outcome);
      }
    });
  });

  describe('a superuser', () => {
    it('is bound by nothing, and may store any owner', async () => {
      const { below, above } = await setUp([0o000, 5, 5], [0o000, 5, 5], { ...ALICE, superuser: true });
      expect(await text(above, '/d/f')).to.equal('content');
      await above.setstat(at('/d/f'), { uid: 4_000_000_000, gid: 77, mode: 0o6755 }, {});
      expect(await who(below, '/d/f')).to.deep.equal([0o6755, 4_000_000_000, 77]);
      await put(above, '/d/new', '');
      expect(await who(below, '/d/new')).to.deep.equal([0o644, 1000, 1000]);
    });
  });

  describe('while others act', () => {
    /** Does something below just before the `count`th call of the operation. */
    const before = (op: string, count: number, action: () => Promise<void>): Layer => {
      let seen = 0;
      return (next) => async (call) => {
        if (call.op === op && ++seen === count) await action();
        return next(call);
      };
    };

    it('an open that makes a file does not open one that came in between', async () => {
      const { below } = await setUp();
      const plant = async (): Promise<void> => {
        await put(below, '/mine/f', 'a secret');
        await set(below, '/mine/f', [0o600, 0, 0]);
      };
      const above = stack(below, permissions(ALICE), before('open', 1, plant));
      await refused(open(above, '/mine/f', { access: 'rw', create: 'if-missing', truncate: true }), 'EACCES');
      expect(await text(below, '/mine/f')).to.equal('a secret');
    });

    it('an open does not answer another file that was put in its place', async () => {
      const { below } = await setUp();
      await put(below, '/mine/secret', 'a secret');
      await set(below, '/mine/secret', [0o600, 0, 0]);
      const swap = () => below.rename(at('/mine/secret'), at('/d/f'), { replace: true }, {});
      const above = stack(below, permissions(ALICE), before('open', 1, swap));
      await refused(open(above, '/d/f', { access: 'r' }), 'EACCES');
      await put(below, '/mine/other', 'for all');
      const again = () => below.rename(at('/mine/other'), at('/d/e/f'), { replace: true }, {});
      await put(below, '/d/e/f', 'before');
      const patient = stack(below, permissions(ALICE), before('open', 1, again));
      expect(await text(patient, '/d/e/f')).to.equal('for all');
    });

    it('an open of a file that goes away makes none where it may not', async () => {
      const { below } = await setUp([0o755, 0, 0]);
      const above = stack(
        below,
        permissions(ALICE),
        before('open', 1, () => below.unlink(at('/d/f'), {})),
      );
      await refused(open(above, '/d/f', { access: 'w', create: 'if-missing' }), 'EACCES');
      expect(await names(below, '/d')).to.deep.equal(['e']);
    });

    it('a name that comes and goes is opened or made in the end, or refused', async () => {
      const { above } = await setUp();
      const race = Array.from({ length: 50 }, async (_, index) => {
        const handle = await open(above, '/mine/race', { access: 'w', create: 'if-missing' });
        if (index % 2 === 0) await above.unlink(at('/mine/race'), {}).catch(() => undefined);
        await above.close(handle, {});
      });
      for (const one of await Promise.all(race.map((each) => outcomeOf(each)))) expect(one).to.equal('ok');
    });

    it('an inode that is moved while its path is looked for is found all the same', async () => {
      const { below } = await setUp();
      const { inode } = await below.lstat(at('/d/f'), {});
      const move = () => below.rename(at('/d/f'), at('/d/g'), { replace: false }, {});
      const above = stack(below, permissions(ALICE), before('resolve', 1, move));
      expect(await above.inodeToPath(inode, {})).to.equal('/d/g');
    });
  });

  it('what is open and has no name is its owner’s to look at', async () => {
    const { below, above } = await setUp();
    const own = await open(above, '/mine/f', { access: 'rw', create: 'exclusive' });
    const foreign = await open(above, '/d/f', { access: 'r' });
    const [{ inode }, other] = [await above.fstat(own, {}), await above.fstat(foreign, {})];
    for (const path of ['/mine/f', '/d/f']) await below.unlink(at(path), {});
    expect(await above.statInode(inode, {})).to.include({ inode, nlink: 0 });
    await refused(above.statInode(other.inode, {}), 'EACCES');
  });

  it('asks one resolve for a path, two for two, and nothing for an open file', async () => {
    const { below } = await setUp();
    const calls: string[] = [];
    const noting: Layer = (next) => (call) => {
      calls.push(call.op);
      return next(call);
    };
    const above = stack(below, permissions(ALICE), noting);
    const costs = async (action: () => Promise<unknown>): Promise<string[]> => {
      calls.length = 0;
      await action();
      return [...calls];
    };
    let handle = 0 as Handle;
    expect(await costs(() => above.lstat(at('/d/f'), {}))).to.deep.equal(['resolve']);
    expect(await costs(() => above.readdir(at('/d'), { limit: 1 }, {}))).to.deep.equal([
      'resolve',
      'readdir',
    ]);
    expect(await costs(async () => (handle = await open(above, '/d/f', { access: 'rw' })))).to.deep.equal([
      'resolve',
      'open',
      'fstat',
    ]);
    expect(await costs(() => above.read(handle, 0, 1, {}))).to.deep.equal(['read']);
    expect(await costs(() => above.write(handle, 0, new Uint8Array(1), {}))).to.deep.equal(['write']);
    expect(await costs(() => above.fsetstat(handle, { size: 1 }, {}))).to.deep.equal(['fstat', 'fsetstat']);
    expect(await costs(() => above.rename(at('/d/f'), at('/mine/f'), { replace: true }, {}))).to.deep.equal([
      'resolve',
      'resolve',
      'rename',
    ]);
    expect(await costs(() => above.statfs({}))).to.deep.equal(['statfs']);
  });

  it('says which operation and path were refused', async () => {
    const { above } = await setUp([0o700, 0, 0]);
    const error = await refused(above.rename(at('/mine/x'), at('/d/y'), { replace: true }, {}), 'EACCES');
    expect(error.message).to.equal("EACCES: permission denied, rename '/d/y'");
    expect((await refused(open(above, '/d/f', { access: 'r' }), 'EACCES')).message).to.equal(
      "EACCES: permission denied, open '/d/f'",
    );
  });
});
