import { expect } from 'chai';
import { clockMoves, expectSince, refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

export function attributes(suite: Suite): void {
  const change = (path: string, what: Parameters<typeof suite.backend.setstat>[1]): Promise<void> =>
    suite.backend.setstat(at(path), what, {});

  describe('attributes', () => {
    it('lstat and fstat say the same', async () => {
      await suite.put('/f', 'content');
      const handle = await suite.open('/f');
      expect(await suite.backend.fstat(handle, {})).to.deep.equal(await suite.stat('/f'));
    });

    it('lstat is ENOENT for what is missing, ENOTDIR below a file', async () => {
      await suite.put('/f', '');
      await refused(suite.stat('/missing'), 'ENOENT');
      await refused(suite.stat('/missing/x'), 'ENOENT');
      await refused(suite.stat('/f/x'), 'ENOTDIR');
      await refused(suite.stat('/f/x/y'), 'ENOTDIR');
    });

    it('every permission bit is kept, and of a mode nothing else', async () => {
      await suite.put('/f', '');
      await suite.mkdir('/d');
      for (const path of ['/f', '/d', '/']) {
        for (const mode of [0, 0o7777, 0o4755, 0o2070, 0o1777, 0o644]) {
          await change(path, { mode });
          expect((await suite.stat(path)).mode).to.equal(mode);
        }
        await change(path, { mode: 0o170_640 });
        expect((await suite.stat(path)).mode).to.equal(0o640);
      }
    });

    if (suite.bound) {
      it('owners cannot be changed to anybody else', async () => {
        await suite.put('/f', '');
        const before = await suite.stat('/f');
        for (const ids of [{ uid: 10_000, gid: 10_001 }, { gid: suite.idMax }, { uid: 0 }])
          await refused(change('/f', ids), 'EPERM');
        expect(await suite.stat('/f')).to.deep.equal(before);
      });
    } else {
      it(`owners from 0 to ${suite.idMax} are kept, one without the other too`, async () => {
        await suite.put('/f', '');
        await change('/f', { uid: 10_000, gid: 10_001 });
        expect(await suite.stat('/f')).to.include({ uid: 10_000, gid: 10_001 });
        await change('/f', { gid: suite.idMax });
        expect(await suite.stat('/f')).to.include({ uid: 10_000, gid: suite.idMax });
        await change('/f', { uid: 0 });
        expect(await suite.stat('/f')).to.include({ uid: 0, gid: suite.idMax });
        const above = suite.idMax + 1;
        for (const what of [{ uid: above }, { gid: above }]) await refused(change('/f', what), 'EINVAL');
        expect(await suite.stat('/f')).to.include({ uid: 0, gid: suite.idMax });
      });
    }

    it('several changes are made together, and through a handle too', async () => {
      await suite.put('/f', 'content');
      const mtime = { seconds: 1234, nanoseconds: 5_000_000 };
      const first = { mode: 0o600, ...suite.settable({ uid: 1, gid: 2 }), size: 3, mtime };
      await change('/f', first);
      expect(await suite.stat('/f')).to.deep.include(first);
      const handle = await suite.open('/f');
      const atime = { seconds: 99, nanoseconds: 0 };
      const second = { mode: 0o640, ...suite.settable({ uid: 3, gid: 4 }), size: 1, atime, mtime };
      await suite.backend.fsetstat(handle, second, {});
      expect(await suite.stat('/f')).to.deep.include(second);
    });

    it('a handle that only reads changes everything but the size', async () => {
      await suite.put('/f', 'content');
      const handle = await suite.open('/f', { access: 'r' });
      const ids = suite.settable({ uid: 1 });
      await suite.backend.fsetstat(handle, { mode: 0o600, ...ids }, {});
      await refused(suite.backend.fsetstat(handle, { mode: 0o400, size: 1 }, {}), 'EINVAL');
      expect(await suite.stat('/f')).to.include({ mode: 0o600, ...ids, size: 7 });
    });

    it('where one change is refused, none is made', async () => {
      await suite.put('/f', 'content');
      await suite.mkdir('/d');
      const [file, directory] = [await suite.stat('/f'), await suite.stat('/d')];
      await clockMoves();
      await refused(change('/f', { mode: 0o600, size: -1 }), 'EINVAL');
      await refused(change('/f', { mode: 0o600, uid: -1 }), 'EINVAL');
      await refused(change('/f', { uid: 5, mode: -1 }), 'EINVAL');
      await refused(change('/f', { uid: 5, gid: 2 ** 32 }), 'EINVAL');
      await refused(change('/f', { uid: 5, mtime: { seconds: 1.5, nanoseconds: 0 } }), 'EINVAL');
      await refused(change('/f', { uid: 5, atime: { seconds: 1, nanoseconds: 1_000_000_000 } }), 'EINVAL');
      await refused(change('/f', { uid: 5, atime: { seconds: 1, nanoseconds: -1 } }), 'EINVAL');
      await refused(change('/d', { mode: 0o700, size: 0 }), 'EISDIR');
      expect(await suite.stat('/f')).to.deep.equal(file);
      expect(await suite.stat('/d')).to.deep.equal(directory);
    });

    it('any change moves ctime and leaves the other times', async () => {
      await suite.put('/f', 'content');
      for (const what of [{ mode: 0o600 }, suite.settable({ uid: 1 }), suite.settable({ gid: 1 })]) {
        const before = await suite.stat('/f');
        await clockMoves();
        const begun = Date.now();
        await change('/f', what);
        const after = await suite.stat('/f');
        expectSince(after.ctime, begun);
        expect(after).to.deep.include({ mtime: before.mtime, atime: before.atime });
      }
    });

    it('a change of nothing changes nothing, but needs the name', async () => {
      await suite.put('/f', 'content');
      const before = await suite.stat('/f');
      await clockMoves();
      await change('/f', {});
      await change('/f', { mode: undefined, size: undefined });
      expect(await suite.stat('/f')).to.deep.equal(before);
      await refused(change('/missing', {}), 'ENOENT');
      await refused(change('/f/x', {}), 'ENOTDIR');
    });

    it('the root takes mode, owner and times', async () => {
      const mtime = { seconds: 77, nanoseconds: 0 };
      const wanted = { mode: 0o700, ...suite.settable({ uid: 10_000, gid: 10_000 }), mtime };
      await change('/', wanted);
      expect(await suite.stat('/')).to.deep.include(wanted);
      await refused(change('/', { size: 0 }), 'EISDIR');
    });
  });
}
