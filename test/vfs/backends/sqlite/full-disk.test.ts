import { expect } from 'chai';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Handle, VfsBackend } from '../../../../vfs/backend.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsError } from '../../../../vfs/errors.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { expectBytes, outcomeOf, pattern, randomSource, refused } from '../../../conformance/expectations.ts';
import { filesOf, type Files } from '../../../support/files-of.ts';
import { openFiles } from '../../../support/open-files.ts';
import { smallDisk, type SmallDisk } from '../../../support/small-disk.ts';
import { expectCountsRight } from '../../../support/tree-of.ts';
import { until } from '../../../support/until.ts';

const CHUNK = 131_072;
const MEBIBYTE = 1 << 20;
const at = (path: string): VfsPath => path as VfsPath;

describe('a full disk', function () {
  this.timeout(60_000);
  const disk = smallDisk(8);
  describe('of the storage', () => storageOn(disk));
});

function storageOn(disk: SmallDisk): void {
  const old = pattern(700_000);
  let backend: VfsBackend;
  let files: Files;
  let inBackground: VfsError[];

  beforeEach(async () => {
    inBackground = [];
    backend = await SqliteBackend.open(join(disk.directory, 'storage.db'), {
      onBackgroundError: (error) => inBackground.push(error),
    });
    files = filesOf(backend);
    await files.put('/old', old);
  });

  /** Everything works again in the same process, the old file is whole, and the storage is sound. */
  afterEach(async () => {
    disk.free();
    disk.grow();
    await backend.mkdir(at('/after'), 0o755, {});
    await files.put('/after/file', old);
    expectBytes(await files.get('/after/file'), old);
    expectBytes(await files.get('/old'), old);
    await expectCountsRight(backend);
    await backend.dispose();
    expect(checkStorage(join(disk.directory, 'storage.db'))).to.deep.equal([]);
  });

  async function writeUntilRefused(handle: Handle, piece = CHUNK): Promise<VfsError> {
    for (let written = 0; written < 64 * MEBIBYTE; written += piece) {
      try {
        await files.write(handle, written, pattern(piece));
      } catch (error) {
        return error as VfsError;
      }
    }
    throw new Error('64 MiB went onto a disk of 8 MiB');
  }

  for (const piece of [1000, CHUNK, 3 * MEBIBYTE]) {
    it(`is told to the write that meets it, and from then on to everybody who asks, in pieces of ${piece} bytes`, async () => {
      const handle = await files.open('/big');
      const error = await writeUntilRefused(handle, piece);
      expect(error.code, error.message).to.equal('ENOSPC');
      expect(error.op).to.equal('write');
      await refused(files.write(handle, 0, new Uint8Array(1)), 'ENOSPC');
      await refused(backend.fsync(handle, {}), 'ENOSPC');
      await refused(files.close(handle), 'ENOSPC');
      await refused(files.close(handle), 'EBADF');
    });
  }

  it('is told to the close whose bytes it has no room for', async () => {
    const handle = await files.open('/new');
    await files.write(handle, 0, pattern(10_000));
    disk.fill();
    const error = await refused(files.close(handle), 'ENOSPC');
    expect(error.op).to.equal('close');
    await refused(files.get('/new'), 'ENOENT');
  });

  it('is told to the fsync whose bytes it has no room for, and to the close after it', async () => {
    const handle = await files.open('/old');
    await files.write(handle, 0, new Uint8Array(10_000));
    disk.fill();
    const error = await refused(backend.fsync(handle, {}), 'ENOSPC');
    expect(error.op).to.equal('fsync');
    const lost = await refused(files.close(handle), 'ENOSPC');
    expect(lost.detail).to.equal('bytes written before could not be stored: no space left on device');
  });

  it('is told to mkdir, rename, symlink, link, setstat and unlink, which have then done nothing', async () => {
    const before = await backend.lstat(at('/old'), {});
    disk.fill();
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => backend.mkdir(at('/d'), 0o755, {}),
      () => backend.rename(at('/old'), at('/new'), { replace: true }, {}),
      () => backend.symlink('old', at('/s'), {}),
      () => backend.link(at('/old'), at('/l'), {}),
      () => backend.setstat(at('/old'), { mode: 0o600 }, {}),
      () => backend.setstat(at('/old'), { size: 0 }, {}),
    ];
    // The WAL has room for a few commits, since it is written again from its beginning.
    await fillTheWal();
    for (const attempt of attempts) expect(await outcomeOf(attempt())).to.equal('ENOSPC');
    expect(await backend.lstat(at('/old'), {})).to.deep.equal(before);
    const names = (await backend.readdir(at('/'), { limit: 1000 }, {})).map(({ name }) => name);
    expect(names).not.to.include.members(['d', 'new', 's', 'l']);
    await refused(backend.lstat(at('/d'), {}), 'ENOENT');
  });

  /** Makes small changes until one is refused, so that the next one is refused too; answers how many were not. */
  async function fillTheWal(): Promise<number> {
    for (let index = 0; index < 1000; index++) {
      const outcome = await outcomeOf(backend.mkdir(at(`/fill${index}`), 0o755, {}));
      if (outcome === 'ENOSPC') return index;
    }
    throw new Error('1,000 directories went onto a full disk');
  }

  it('is told to everybody in the group that it ends, and to nobody who comes later', async () => {
    const bystander = await files.open('/bystander');
    const reader = await files.open('/old', { access: 'r' });
    await files.write(bystander, 0, pattern(5000));
    const big = await files.open('/big');
    await writeUntilRefused(big);
    const later = await files.open('/old');
    disk.free();
    await refused(files.write(bystander, 5000, pattern(5000)), 'ENOSPC');
    await refused(files.close(bystander), 'ENOSPC');
    await refused(files.close(big), 'ENOSPC');
    await files.close(later);
    await files.close(reader);
  });

  it('that is gone lets a handle go on that lost nothing', async () => {
    const handle = await files.open('/slow');
    await files.write(handle, 0, pattern(1000));
    await backend.fsync(handle, {});
    disk.fill();
    await refused(failingPut('/other'), 'ENOSPC');
    disk.free();
    await files.write(handle, 1000, pattern(1000));
    await files.close(handle);
    expect(await files.get('/slow')).to.have.length(2000);
  });

  async function failingPut(path: string): Promise<void> {
    const handle = await files.open(path);
    try {
      await writeUntilRefused(handle);
    } finally {
      await files.close(handle);
    }
  }

  it('that ends the group in the middle of a read does not fail the read', async () => {
    const writer = await files.open('/new');
    // Fewer bytes than are committed at once, more than leave SQLite's cache room to read.
    await files.write(writer, 0, pattern(15 * CHUNK));
    disk.fill();
    expectBytes(await files.get('/old'), old);
    await refused(files.close(writer), 'ENOSPC');
  });

  it('is told in the background and then to close, where nobody waited for the bytes', async () => {
    const handle = await files.open('/new');
    await files.write(handle, 0, pattern(100_000));
    disk.fill();
    await until('the background has met it', () => inBackground.length > 0);
    expect(inBackground.map(({ code }) => code)).to.deep.equal(['ENOSPC']);
    await refused(files.close(handle), 'ENOSPC');
  });

  it('of a file that lost its making, tells ESTALE', async () => {
    const handle = await files.open('/new', { access: 'r' });
    disk.fill();
    await until('the background has met it', () => inBackground.length > 0);
    await refused(backend.fstat(handle, {}), 'ESTALE');
    await refused(files.read(handle, 0, 10), 'ESTALE');
    await refused(files.close(handle), 'ESTALE');
  });

  it('met while a file is emptied by open leaves it whole, and not open', async () => {
    disk.fill();
    const attempt = (async () => files.close(await files.open('/old', { truncate: true })))();
    await refused(attempt, 'ENOSPC');
    expectBytes(await files.get('/old'), old);
    disk.free();
    await files.unlink('/old');
    expect(await files.usage()).to.deep.equal({ used: 0, inodes: 0 });
    await files.put('/old', old);
  });

  it('does not count a file twice that was unlinked while it was open', async () => {
    await files.put('/unlinked', pattern(300_000));
    const handle = await files.open('/unlinked');
    await files.unlink('/unlinked');
    const before = await files.usage();
    disk.fill();
    await refused(failingPut('/other'), 'ENOSPC');
    expect(await files.usage()).to.deep.equal(before);
    expectBytes(await files.read(handle, 0, 400_000), pattern(300_000));
    disk.free();
    await files.close(handle);
    expect(await files.usage()).to.deep.equal({ used: old.length, inodes: 1 });
  });

  it('does not end a removal: it goes on when there is room', async () => {
    await files.resize('/old', 0);
    const handle = await files.open('/large');
    for (let index = 0; index < 5; index++) await files.write(handle, index * 100 * CHUNK, pattern(CHUNK));
    await files.close(handle);
    await files.put('/old', old);
    disk.fill();
    await outcomeOf(files.unlink('/large'));
    await delay(50);
    disk.free();
    await outcomeOf(files.unlink('/large'));
    await expectCountsRight(backend);
  });

  for (const before of [true, false]) {
    it(`met by the removal of an open file leaves its earlier cut as it was, ${before ? 'not yet' : 'already'} finished`, async () => {
      const handle = await files.open('/holes');
      for (let index = 0; index < 200; index++) await files.write(handle, index * CHUNK, pattern(100));
      await backend.fsync(handle, {});
      await backend.fsetstat(handle, { size: 100 * CHUNK }, {});
      if (!before) await delay(50);
      disk.fill();
      const filling = await fillTheWal();
      const used = await files.usage();
      await refused(files.unlink('/holes'), 'ENOSPC');
      expect(await files.usage()).to.deep.equal(used);
      disk.free();
      await backend.fsetstat(handle, { size: 200 * CHUNK }, {});
      expectBytes(await files.read(handle, 99 * CHUNK, 100), pattern(100));
      for (let index = 100; index < 200; index++)
        expectBytes(await files.read(handle, index * CHUNK, 100), new Uint8Array(100));
      await files.write(handle, 150 * CHUNK, pattern(100));
      await files.unlink('/holes');
      expectBytes(await files.read(handle, 150 * CHUNK, 100), pattern(100));
      await files.close(handle);
      expect(await files.usage()).to.deep.equal({ used: old.length, inodes: 1 + filling });
    });
  }

  it('loses nothing when the storage is closed with nothing to store', async () => {
    disk.fill();
    await backend.dispose();
    disk.free();
    expect(checkStorage(join(disk.directory, 'storage.db'))).to.deep.equal([]);
    backend = await SqliteBackend.open(join(disk.directory, 'storage.db'));
    files = filesOf(backend);
  });

  for (const when of ['with it', 'before it']) {
    it(`is told by dispose where bytes are lost ${when}`, async () => {
      const handle = await files.open('/new');
      await files.write(handle, 0, pattern(10_000));
      await backend.sync({});
      await files.write(handle, 0, pattern(20_000));
      disk.fill();
      if (when === 'before it') await fillTheWal();
      const others = openFiles().filter((name) => !name.startsWith(disk.directory));
      await refused(backend.dispose(), 'ENOSPC');
      await refused(backend.dispose(), 'ENOSPC');
      expect(openFiles(), 'nothing of it stays open').to.deep.equal(others);
      disk.free();
      backend = await SqliteBackend.open(join(disk.directory, 'storage.db'));
      files = filesOf(backend);
      expectBytes(await files.get('/new'), pattern(10_000));
    });
  }

  for (const seed of [1, 2, 3, 4]) {
    it(`that comes and goes loses nothing that was promised, seed ${seed}`, async () => {
      const random = randomSource(seed);
      const known = new Map<string, Uint8Array>();
      let refusals = 0;
      for (let turn = 0; turn < 150; turn++) {
        if (random(5) === 0) disk[random(2) === 0 ? 'fill' : 'free']();
        const path = `/f${random(6)}`;
        const bytes = pattern(random(3) === 0 ? random(1_500_000) : random(200_000), turn);
        const outcome = await outcomeOf(random(4) === 0 ? files.unlink(path) : replace(path, bytes));
        if (outcome === 'ENOSPC') refusals++;
        else expect(outcome).to.be.oneOf(['ok', 'ENOENT']);
        await settle(known, path);
      }
      expect(refusals).to.be.above(0);
      for (const [path, bytes] of known) expectBytes(await files.get(path), bytes);
    });
  }

  /** By way of another name, so that the old content is there until the new one is. */
  async function replace(path: string, bytes: Uint8Array): Promise<void> {
    await files.put('/part', bytes);
    await backend.rename(at('/part'), at(path), { replace: true }, {});
  }

  /** Whatever the outcome: what can be read now is promised, since the last operation has ended. */
  async function settle(known: Map<string, Uint8Array>, changed: string): Promise<void> {
    for (const path of known.keys()) {
      if (path !== changed) expectBytes(await files.get(path), known.get(path) as Uint8Array);
    }
    const there = await outcomeOf(backend.lstat(at(changed), {}));
    if (there === 'ok') known.set(changed, await files.get(changed));
    else known.delete(changed);
  }
}
