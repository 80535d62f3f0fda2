import { expect } from 'chai';
import type { OpenFlags } from '../../vfs/backend.ts';
import { expectSince, refused } from './expectations.ts';
import { at, textOf, type Suite } from './suite.ts';

const WANTING_A_FILE: readonly OpenFlags[] = [
  { access: 'w' },
  { access: 'rw' },
  { access: 'r', create: 'if-missing' },
  { access: 'w', truncate: true },
];

export function opening(suite: Suite): void {
  describe('opening', () => {
    it('a missing name is ENOENT without create', async () => {
      for (const access of ['r', 'w', 'rw'] as const) await refused(suite.open('/f', { access }), 'ENOENT');
      await refused(suite.open('/f', { access: 'w', truncate: true }), 'ENOENT');
      expect(await suite.names('/')).to.deep.equal([]);
    });

    it('create makes an empty file with mode and owner, for reading too', async () => {
      const begun = Date.now();
      const owner = { uid: 1234, gid: 5678 };
      await suite.backend.open(at('/f'), { access: 'r', create: 'if-missing' }, 0o640, { owner });
      const stats = await suite.stat('/f');
      expect(stats).to.include({
        type: 'file',
        mode: 0o640,
        nlink: 1,
        ...suite.ownerOfNew(owner),
        size: 0,
        used: 0,
      });
      for (const time of [stats.atime, stats.mtime, stats.ctime]) expectSince(time, begun);
    });

    it('without an owner in the context the superuser owns what is made', async () => {
      await suite.put('/f', '');
      expect(await suite.stat('/f')).to.include(suite.ownerOfNew());
    });

    it('of the mode only the permission bits count', async () => {
      await suite.backend.open(at('/f'), { access: 'rw', create: 'exclusive' }, 0o106755, {});
      expect((await suite.stat('/f')).mode).to.equal(0o6755);
    });

    it('create if-missing opens what is there, and leaves content and mode', async () => {
      await suite.put('/f', 'here');
      await suite.backend.open(at('/f'), { access: 'rw', create: 'if-missing' }, 0o600, {});
      expect(await suite.text('/f')).to.equal('here');
      expect((await suite.stat('/f')).mode).to.equal(0o644);
    });

    it('exclusive refuses whatever has the name', async () => {
      await suite.put('/f', 'here');
      await suite.mkdir('/d');
      await refused(suite.open('/f', { create: 'exclusive' }), 'EEXIST');
      await refused(suite.open('/f', { create: 'exclusive', truncate: true }), 'EEXIST');
      await refused(suite.open('/d', { create: 'exclusive' }), 'EEXIST');
      await refused(suite.open('/', { create: 'exclusive' }), 'EEXIST');
      expect(await suite.text('/f')).to.equal('here');
    });

    it('truncate cuts what is there to nothing and needs write access', async () => {
      await suite.put('/f', 'here');
      await refused(suite.open('/f', { access: 'r', truncate: true }), 'EINVAL');
      expect(await suite.text('/f')).to.equal('here');
      await suite.open('/f', { access: 'w', truncate: true });
      expect(await suite.stat('/f')).to.include({ size: 0, used: 0 });
    });

    it('truncate with create if-missing makes a new file too', async () => {
      await suite.open('/f', { access: 'w', create: 'if-missing', truncate: true });
      expect((await suite.stat('/f')).size).to.equal(0);
    });

    for (const flags of WANTING_A_FILE) {
      it(`a directory is EISDIR for ${JSON.stringify(flags)}`, async () => {
        await suite.mkdir('/d');
        await refused(suite.open('/d', flags), 'EISDIR');
        await refused(suite.open('/', flags), 'EISDIR');
      });
    }

    it('a directory opened for reading knows its attributes, and is not read as a file', async () => {
      await suite.mkdir('/d');
      for (const path of ['/d', '/']) {
        const handle = await suite.open(path, { access: 'r' });
        expect(await suite.backend.fstat(handle, {})).to.deep.equal(await suite.stat(path));
        await suite.backend.fsetstat(handle, { mode: 0o700 }, {});
        expect((await suite.stat(path)).mode).to.equal(0o700);
        await suite.backend.fsync(handle, {});
        await refused(suite.read(handle), 'EISDIR');
        await refused(suite.write(handle, 0, 'x'), 'EBADF');
        await suite.close(handle);
        await refused(suite.backend.fstat(handle, {}), 'EBADF');
      }
    });

    it('a directory on the way that is missing is ENOENT, a file in its place ENOTDIR', async () => {
      await suite.put('/f', '');
      await refused(suite.open('/missing/x', { create: 'if-missing' }), 'ENOENT');
      await refused(suite.open('/f/x', { create: 'if-missing' }), 'ENOTDIR');
      await refused(suite.open('/f/x/y'), 'ENOTDIR');
    });

    it('many handles of many files are open at once', async () => {
      const handles = [];
      for (let index = 0; index < 500; index++) {
        const handle = await suite.open(`/f${index}`, { create: 'exclusive' });
        await suite.write(handle, 0, String(index));
        handles.push(handle);
      }
      expect(new Set(handles).size).to.equal(500);
      for (const [index, handle] of handles.entries()) {
        expect(textOf(await suite.read(handle))).to.equal(String(index));
      }
    });
  });
}
