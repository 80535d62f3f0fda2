import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-fs';
import { MemoryBackend, nodeFs, type NodeFs } from '../../vfs/index.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** tar-fs takes the face of `node:fs` as an option that its types do not name. */
const over = (fs: NodeFs): object => ({ fs });

/** Path, type, mode, seconds, and content or target of all that is below. */
async function shown({ promises: fs }: NodeFs, root: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for (const path of await fs.readdir(root, { recursive: true })) {
    const stats = await fs.lstat(join(root, path));
    const time = Math.floor(stats.mtimeMs / 1000);
    if (stats.isSymbolicLink()) rows.push([path, await fs.readlink(join(root, path))]);
    else if (stats.isDirectory()) rows.push([path, stats.mode, time]);
    else rows.push([path, stats.mode, time, (await fs.readFile(join(root, path))).toString('latin1')]);
  }
  return rows;
}

async function fill({ promises: fs }: NodeFs): Promise<void> {
  await fs.mkdir('/from/empty', { recursive: true });
  await fs.mkdir('/from/with space', { mode: 0o750 });
  await fs.writeFile('/from/large', Buffer.alloc(200_001, 'large '), { mode: 0o600 });
  await fs.writeFile('/from/with space/run', 'x', { mode: 0o755 });
  await fs.writeFile('/from/nothing', '');
  await fs.symlink('large', '/from/link');
  for (const path of ['large', 'with space/run', 'nothing', 'empty', 'with space']) {
    await fs.utimes(join('/from', path), 1_600_000_000, 1_700_000_000);
  }
}

describe('tar-fs', () => {
  const directory = temporaryDirectory();

  it('packs a tree of one storage and unpacks it in another', async () => {
    const [from, to] = [nodeFs(new MemoryBackend()), nodeFs(new MemoryBackend())];
    await fill(from);
    await pipeline(tar.pack('/from', over(from)), tar.extract('/to', over(to)));
    expect(await shown(to, '/to')).to.deep.equal(await shown(from, '/from'));
    expect(await shown(to, '/to')).to.have.length(6);
  });

  it('unpacks what tar has packed', async () => {
    const host = directory();
    writeFileSync(join(host, 'file'), 'of the host');
    const archive = execFileSync('tar', ['-C', host, '-cf', '-', 'file']);
    const fs = nodeFs(new MemoryBackend());
    await pipeline([archive], tar.extract('/to', over(fs)));
    expect(await fs.promises.readFile('/to/file', 'utf8')).to.equal('of the host');
  });

  it('fails where the storage is full, with the error of the storage', async () => {
    const from = nodeFs(new MemoryBackend());
    await fill(from);
    const small = nodeFs(new MemoryBackend(), { context: { limits: { bytes: 100_000 } } });
    const error = await rejection(pipeline(tar.pack('/from', over(from)), tar.extract('/to', over(small))));
    expect(error).to.include({ code: 'EDQUOT', path: '/to/large', syscall: 'write' });
  });
});

describe('the callbacks of nodeFs', () => {
  const call = (run: (callback: (...results: unknown[]) => void) => void): Promise<unknown[]> =>
    new Promise((resolve) => run((...results) => resolve(results)));

  it('answer results and errors as those of Node do', async () => {
    const fs = nodeFs(new MemoryBackend());
    expect(await call((done) => fs.writeFile('/f', 'x', done))).to.deep.equal([null, undefined]);
    expect(await call((done) => fs.readFile('/f', 'utf8', done))).to.deep.equal([null, 'x']);
    expect(await call((done) => fs.realpath.native('//f', done))).to.deep.equal([null, '/f']);
    expect((await call((done) => fs.stat('/no', done)))[0]).to.include({ code: 'ENOENT', syscall: 'stat' });
    expect(await call((done) => fs.exists('/f', done))).to.deep.equal([true]);
    expect(await call((done) => fs.exists('/no', done))).to.deep.equal([false]);
  });

  it('and the promises can be taken out of their object', async () => {
    const { mkdir, readdir } = nodeFs(new MemoryBackend()).promises;
    await mkdir('/d');
    expect(await readdir('/')).to.deep.equal(['d']);
  });
});
