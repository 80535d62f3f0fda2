import { expect } from 'chai';
import type { Handle, VfsBackend } from '../../../../vfs/backend.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { expectBytes, pattern, refused } from '../../../conformance/expectations.ts';
import { smallDisk } from '../../../support/small-disk.ts';
import { readWholeFile, writeWholeFile } from '../../../support/whole-files.ts';

const at = (path: string): VfsPath => path as VfsPath;
const MIB = 1 << 20;

describe('a HostBackend on a disk', () => {
  const disk = smallDisk(4);

  describe('that is full', () => {
    let backend: VfsBackend;
    let handle: Handle;

    beforeEach(async () => {
      backend = await HostBackend.open(disk.directory);
      await writeWholeFile(backend, '/f', pattern(1000));
      handle = await backend.open(at('/f'), { access: 'rw' }, 0, {});
    });

    afterEach(() => backend.dispose());

    it('refuses with ENOSPC what does not fit, and an append leaves nothing behind', async () => {
      for (const position of ['end', 1000, 2 * MIB] as const) {
        await refused(backend.write(handle, position, pattern(8 * MIB), {}), 'ENOSPC');
        expectBytes(await readWholeFile(backend, '/f'), pattern(1000));
      }
      await writeWholeFile(backend, '/g', pattern(3 * MIB));
      const from = await backend.open(at('/g'), { access: 'r' }, 0, {});
      await refused(backend.copyRange(from, 0, 3 * MIB, handle, 500_000, {}), 'ENOSPC');
      expectBytes(await readWholeFile(backend, '/f'), pattern(1000));
    });

    it('works on once there is room', async () => {
      disk.fill();
      await refused(backend.write(handle, 'end', pattern(MIB), {}), 'ENOSPC');
      expect((await backend.statfs({})).bytesFree).to.equal(0);
      disk.free();
      await backend.write(handle, 'end', pattern(MIB), {});
      expect((await backend.fstat(handle, {})).size).to.equal(1000 + MIB);
    });
  });
});
