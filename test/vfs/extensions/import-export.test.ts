import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { exportTree, importTree } from '../../../vfs/extensions/node/index.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { pattern, refused } from '../../conformance/expectations.ts';
import { snapshot } from '../../support/snapshot.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { readWholeFile, writeWholeFile } from '../../support/whole-files.ts';

const at = (path: string): VfsPath => path as VfsPath;
const CHUNK = 131_072;

describe('importTree and exportTree', () => {
  const directory = temporaryDirectory();
  const host = (...names: string[]): string => join(directory(), ...names);

  function plant(): void {
    mkdirSync(host('source', 'd', 'empty'), { recursive: true });
    writeFileSync(host('source', 'large'), pattern(3 * CHUNK + 7));
    linkSync(host('source', 'large'), host('source', 'd', 'again'));
    writeFileSync(host('source', 'odd ä\n'), 'odd');
    writeFileSync(host('source', 'sparse'), 'start');
    truncateSync(host('source', 'sparse'), 50 * CHUNK);
    symlinkSync('../out', host('source', 'link'));
    chmodSync(host('source', 'd'), 0o555);
    chmodSync(host('source', 'large'), 0o640);
    utimesSync(host('source', 'large'), 1.5, 1_000_000.123456);
    utimesSync(host('source', 'd'), '-1.5', '-2.25');
    utimesSync(host('source'), 5, 6);
  }

  /** What two trees have in common that are copies of each other. */
  function comparable(path: string): Record<string, unknown> {
    const found = Object.entries(snapshot(path)).map(([name, attributes]) => {
      const { ino: _ino, ctimeNs: _ctime, mtimeNs, ...rest } = attributes as Record<string, unknown>;
      const isLink = (rest['mode'] as bigint) >> 12n === 0o12n;
      return [name, { ...rest, mtime: isLink ? undefined : (mtimeNs as bigint) / 1000n, size: undefined }];
    });
    return Object.fromEntries(found) as Record<string, unknown>;
  }

  it('bring a tree in and out again as it was', async () => {
    plant();
    const storage = new MemoryBackend();
    const counts = await importTree(storage, host('source'), at('/tree'));
    expect(counts).to.deep.equal({
      files: 4,
      directories: 3,
      symlinks: 1,
      bytes: 3 * CHUNK + 7 + 50 * CHUNK + 3,
      skipped: 0,
    });
    expect((await storage.lstat(at('/tree/sparse'), {})).used).to.be.at.most(CHUNK);
    expect((await storage.lstat(at('/tree/d/again'), {})).nlink).to.equal(2);
    expect(await exportTree(storage, at('/tree'), host('copy'))).to.deep.equal(counts);
    expect(comparable(host('copy'))).to.deep.equal(comparable(host('source')));
    expect(lstatSync(host('copy', 'sparse')).blocks * 512).to.be.below(2 * CHUNK);
    expect(lstatSync(host('copy', 'large')).ino).to.equal(lstatSync(host('copy', 'd', 'again')).ino);
  });

  it('take paths as text or bytes, relative ones and with slashes at the end', async () => {
    writeFileSync(host('f'), 'content');
    mkdirSync(host('d'));
    const storage = new MemoryBackend();
    const near = relative(process.cwd(), host('f'));
    await importTree(storage, near, at('/one'));
    await importTree(storage, Buffer.from(near), at('/two'));
    await importTree(storage, Buffer.from(`${host('d')}//`), at('/three'));
    for (const path of ['/one', '/two']) {
      expect(Buffer.from(await readWholeFile(storage, path)).toString()).to.equal('content');
    }
    await exportTree(storage, at('/one'), relative(process.cwd(), host('out')));
    expect(readdirSync(directory())).to.have.members(['d', 'f', 'out']);
  });

  it('leave out what cannot be held and what is excluded, and say so', async () => {
    mkdirSync(host('source', 'no', 'deep'), { recursive: true });
    writeFileSync(host('source', 'yes'), '');
    execFileSync('mkfifo', [host('source', 'pipe')]);
    const excluded = lstatSync(host('source', 'no'), { bigint: true }).ino;
    const skipped: string[] = [];
    const storage = new MemoryBackend();
    const counts = await importTree(storage, host('source'), at('/'), {
      exclude: ({ ino }) => (ino === excluded ? 'is not wanted' : undefined),
      onSkip: (path, reason) => void skipped.push(`${path.slice(directory().length)} ${reason}`),
    });
    expect(counts).to.include({ files: 1, directories: 1, skipped: 2 });
    expect(skipped).to.have.members([
      '/source/no is not wanted',
      '/source/pipe is no file, directory or symlink',
    ]);
    expect(await storage.readdir(at('/'), { limit: 9 }, {})).to.have.length(1);
  });

  it('an export writes nothing through a symlink, and drops set-user-id bits', async () => {
    mkdirSync(host('outside'));
    mkdirSync(host('copy'));
    symlinkSync(host('outside'), host('copy', 'd'));
    symlinkSync(host('outside', 'f'), host('copy', 'f'));
    const storage = new MemoryBackend();
    await writeWholeFile(storage, '/f', 'content');
    await storage.setstat(at('/f'), { mode: 0o6755 }, {});
    await exportTree(storage, at('/'), host('copy'));
    expect(lstatSync(host('copy', 'f')).mode & 0o7777).to.equal(0o755);
    await storage.mkdir(at('/d'), 0o755, {});
    await writeWholeFile(storage, '/d/f', 'content');
    await refused(exportTree(storage, at('/'), host('copy')), 'ELOOP');
    expect(readdirSync(host('outside'))).to.deep.equal([]);
    expect(readlinkSync(host('copy', 'd'))).to.equal(host('outside'));
  });

  it('a file that becomes a symlink while it is imported is not followed', async () => {
    writeFileSync(host('secret'), 'secret');
    mkdirSync(host('source'));
    writeFileSync(host('source', 'f'), 'mine');
    const storage = new MemoryBackend();
    const importing = importTree(storage, host('source'), at('/'), {
      onProgress: (_counts, path) => {
        if (path !== '/f') return;
        execFileSync('ln', ['-sf', host('secret'), host('source', 'f')]);
      },
    });
    expect((await importing.catch((error: unknown) => error)) as NodeJS.ErrnoException).to.have.property(
      'code',
      'ELOOP',
    );
    expect(await storage.readdir(at('/'), { limit: 9 }, {})).to.deep.equal([]);
  });

  it('what fails on the host is its own error', async () => {
    const error = (await importTree(new MemoryBackend(), host('missing'), at('/f')).catch(
      (reason: unknown) => reason,
    )) as NodeJS.ErrnoException;
    expect(error).to.include({ code: 'ENOENT', path: host('missing') });
  });
});
