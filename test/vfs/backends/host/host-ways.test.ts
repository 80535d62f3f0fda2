import { expect } from 'chai';
import { chmodSync, lstatSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostBackend, type HostBackendOptions } from '../../../../vfs/backends/host/index.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { refused } from '../../../conformance/expectations.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { readWholeFile, writeWholeFile } from '../../../support/whole-files.ts';

const at = (path: string): VfsPath => path as VfsPath;

describe('a HostBackend and the host', () => {
  const directory = temporaryDirectory();
  const backends: VfsBackend[] = [];
  const inHost = (path: string): string => join(directory(), path);

  async function opened(options: HostBackendOptions = {}): Promise<VfsBackend> {
    const backend = await HostBackend.open(directory(), options);
    backends.push(backend);
    return backend;
  }

  async function listed(backend: VfsBackend, limit: number): Promise<string[]> {
    const all: string[] = [];
    for (;;) {
      const page = await backend.readdir(at('/'), { after: all.at(-1), limit }, {});
      all.push(...page.map(({ name }) => name));
      if (page.length < limit) return all;
    }
  }

  afterEach(async () => {
    for (const backend of backends.splice(0)) await backend.dispose();
  });

  it('what one writes the other reads', async () => {
    const backend = await opened();
    await writeWholeFile(backend, '/from-inside', 'one');
    writeFileSync(inHost('from-outside'), 'two');
    expect(statSync(inHost('from-inside')).size).to.equal(3);
    expect(Buffer.from(await readWholeFile(backend, '/from-outside')).toString()).to.equal('two');
  });

  it('modes are exact whatever the umask and the set-group-id bit of the directory', async () => {
    mkdirSync(inHost('d'));
    chmodSync(inHost('d'), 0o2777);
    const backend = await opened();
    const umask = process.umask(0o077);
    try {
      await backend.mkdir(at('/d/made'), 0o1777, {});
      await backend.open(at('/d/file'), { access: 'w', create: 'exclusive' }, 0o666, {});
    } finally {
      process.umask(umask);
    }
    expect(lstatSync(inHost('d/made')).mode & 0o7777).to.equal(0o1777);
    expect(lstatSync(inHost('d/file')).mode & 0o7777).to.equal(0o666);
  });

  it('with owners of the host, all belongs to the user of the process and cannot be given away', async () => {
    const backend = await opened({ owners: 'host' });
    const owner = { uid: 12_345, gid: 12_345 };
    await backend.mkdir(at('/d'), 0o755, { owner });
    await backend.symlink('x', at('/l'), { owner });
    await backend.open(at('/f'), { access: 'w', create: 'exclusive' }, 0o644, { owner });
    const own = { uid: process.getuid?.(), gid: process.getgid?.() };
    for (const path of ['/d', '/l', '/f']) expect(await backend.lstat(at(path), {})).to.include(own);
    await refused(backend.setstat(at('/f'), { mode: 0o600, uid: 12_345 }, {}), 'EPERM');
    expect(await backend.lstat(at('/f'), {})).to.include({ mode: 0o644, ...own });
    await backend.setstat(at('/f'), { mode: 0o600, ...own }, {});
    expect(await backend.lstat(at('/f'), {})).to.include({ mode: 0o600, ...own });
  });

  it('a directory larger than the memory for names is listed whole, once each and in order', async () => {
    for (let index = 0; index < 300; index++) writeFileSync(inHost(`f${(index * 7) % 300}`), '');
    writeFileSync(inHost('ä'), '');
    const wanted = ['ä', ...Array.from({ length: 300 }, (_, index) => `f${index}`)].sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    const backend = await opened({ namesInMemory: 17 });
    for (const limit of [1, 7, 17, 40, 1000]) expect(await listed(backend, limit)).to.deep.equal(wanted);
  });

  it('a listing shows names that the host makes between its pages', async () => {
    for (const name of ['a', 'c', 'e']) writeFileSync(inHost(name), '');
    const backend = await opened();
    const [first] = await backend.readdir(at('/'), { limit: 1 }, {});
    expect(first?.name).to.equal('a');
    writeFileSync(inHost('d'), '');
    const rest = await backend.readdir(at('/'), { after: 'a', limit: 10 }, {});
    expect(rest.map(({ name }) => name)).to.deep.equal(['c', 'd', 'e']);
  });

  it('sync waits for the disk', async function () {
    this.timeout(120_000);
    const backend = await opened();
    await writeWholeFile(backend, '/f', 'content');
    await backend.sync({});
  });

  it('a second backend on the same folder sees the changes of the first', async () => {
    const [one, other] = [await opened(), await opened()];
    await one.mkdir(at('/d'), 0o755, {});
    await writeWholeFile(other, '/d/f', 'content');
    await one.rename(at('/d'), at('/e'), { replace: false }, {});
    await refused(other.lstat(at('/d/f'), {}), 'ENOENT');
    expect(await other.lstat(at('/e/f'), {})).to.include({ size: 7 });
  });
});
