import { expect } from 'chai';
import { stack } from '../../../vfs/layer.ts';
import { denyOverwrite } from '../../../vfs/middleware/deny-overwrite.ts';
import { quota } from '../../../vfs/middleware/quota.ts';
import { denyDelete, denyRename } from '../../../vfs/middleware/restrictions.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { benchOn, execBench, type ExecBench, type Ran } from '../../support/exec.ts';
import { treeOf } from '../../support/tree-of.ts';

const put = (bench: ExecBench, target: string, content: string, promised = content.length): Promise<Ran> =>
  bench.run(`scp -t ${target}`, { input: `C0600 ${promised} name\n${content}\0` });

/** All names, by their inodes. */
async function namesOf({ storage }: ExecBench): Promise<string[]> {
  return [...(await treeOf(storage)).keys()].sort();
}

describe('an upload', () => {
  let bench: ExecBench;
  beforeEach(async () => {
    bench = await execBench();
    await bench.write('/old', 'old content', 0o640);
  });

  it('that ends too early leaves the old file, and nothing of a new one', async () => {
    expect(await put(bench, 'old', 'new', 100)).to.deep.include({ status: 1 });
    expect(await put(bench, 'fresh', 'new', 100)).to.deep.include({ status: 1 });
    expect(await bench.read('/old')).to.equal('old content');
    expect(await namesOf(bench)).to.deep.equal(['/old']);
  });

  it('of a file that the other side could not read to its end leaves the old one', async () => {
    const input = 'C0644 3 name\nnew\x01scp: read error\n';
    expect(await bench.run('scp -t old', { input })).to.deep.include({ status: 1 });
    expect(await bench.read('/old')).to.equal('old content');
    expect(await namesOf(bench)).to.deep.equal(['/old']);
  });

  it('past the quota leaves the old file, says why, and lets the next one in', async () => {
    const limited = benchOn(stack(bench.storage, quota({ bytes: 200_000 })));
    const large = 'x'.repeat(600_000);
    const input = `C0644 600000 a\n${large}\0C0644 600000 b\n${large}\0C0644 2 c\nok\0`;
    await bench.storage.mkdir('/d' as VfsPath, 0o755, {});
    await bench.write('/d/a', 'old');
    const { status, stdout } = await limited.run('scp -t d', { input });
    expect(status).to.equal(1);
    const replies = stdout.split(/[\0\n]/).filter((reply) => reply !== '');
    expect(replies).to.have.length(2);
    expect(replies[0]).to.match(/scp: d\/a: quota exceeded: /);
    expect(replies[1]).to.match(/scp: d\/b: quota exceeded: /);
    expect(await bench.read('/d/a')).to.equal('old');
    expect(await bench.read('/d/c')).to.equal('ok');
    expect(await namesOf(bench)).to.deep.equal(['/d', '/d/a', '/d/c', '/old']);
  });

  it('is refused where the old file may not be written, though its directory may', async () => {
    await bench.storage.setstat('/old' as VfsPath, { mode: 0o444 }, {});
    const { stdout } = await bench.run('scp -t old', { input: 'C0600 3 name\n' });
    expect(stdout).to.equal('\0\x01scp: old: Permission denied\n');
    expect(await bench.read('/old')).to.equal('old content');
  });

  it('overwrites in a directory that may not be written', async () => {
    await bench.storage.mkdir('/d' as VfsPath, 0o755, {});
    await bench.write('/d/f', 'old content');
    await bench.storage.setstat('/d' as VfsPath, { mode: 0o555 }, {});
    expect(await put(bench, 'd/f', 'new')).to.deep.include({ status: 0 });
    expect(await bench.read('/d/f')).to.equal('new');
    const { stdout } = await bench.run('scp -t d/g', { input: 'C0600 3 name\n' });
    expect(stdout).to.equal('\0\x01scp: d/g: Permission denied\n');
  });

  it('keeps the owner and the other names of what it overwrites', async () => {
    const root = await execBench({ name: 'root', uid: 500, gid: 500, superuser: true, limits: {} });
    await root.write('/f', 'old');
    await root.storage.setstat('/f' as VfsPath, { uid: 1234, gid: 99, mode: 0o640 }, {});
    await root.storage.link('/f' as VfsPath, '/g' as VfsPath, {});
    for (const content of ['longer content', 'short']) {
      expect(await put(root, 'f', content)).to.deep.include({ status: 0 });
      expect(await root.read('/g')).to.equal(content);
      const { uid, gid, mode, nlink } = await root.storage.lstat('/f' as VfsPath, {});
      expect({ uid, gid, mode, nlink }).to.deep.equal({ uid: 1234, gid: 99, mode: 0o640, nlink: 2 });
    }
    expect(await namesOf(root)).to.deep.equal(['/f', '/g']);
  });

  it('works where nothing may be renamed, and leaves nothing behind', async () => {
    const strict = benchOn(stack(bench.storage, denyRename()));
    expect(await put(strict, 'old', 'new')).to.deep.include({ status: 0 });
    expect(await put(strict, 'fresh', 'new')).to.deep.include({ status: 0 });
    expect(await bench.read('/old')).to.equal('new');
    expect(await namesOf(bench)).to.deep.equal(['/fresh', '/old']);
  });

  it('works where nothing may be removed, and leaves nothing beside what it overwrites', async () => {
    const strict = benchOn(stack(bench.storage, denyDelete()));
    expect(await put(strict, 'fresh', 'new')).to.deep.include({ status: 0 });
    expect(await put(strict, 'old', 'new')).to.deep.include({ status: 0 });
    expect(await bench.read('/old')).to.equal('new');
    expect(await namesOf(bench)).to.deep.equal(['/fresh', '/old']);
    // There is nowhere else to keep what has come.
    expect(await put(strict, 'old', 'NEWEST', 100)).to.deep.include({ status: 1 });
    expect(await namesOf(bench)).to.deep.equal(['/fresh', '/old']);
  });

  it('works for new files where nothing may be overwritten', async () => {
    const strict = benchOn(stack(bench.storage, denyOverwrite()));
    expect((await put(strict, 'old', 'new')).status).to.equal(1);
    expect(await put(strict, 'fresh', 'new')).to.deep.include({ status: 0 });
    expect(await namesOf(bench)).to.deep.equal(['/fresh', '/old']);
    expect(await bench.read('/old')).to.equal('old content');
  });

  it('of zeros takes no space', async () => {
    const content = Buffer.alloc(1_000_000);
    content.write('begin', 0);
    content.write('end', 999_990);
    const input = Buffer.concat([Buffer.from('C0644 1000000 n\n'), content, Buffer.from('\0')]);
    expect(await bench.run('scp -t sparse', { input })).to.deep.include({ status: 0 });
    const { size, used } = await bench.storage.lstat('/sparse' as VfsPath, {});
    expect(size).to.equal(1_000_000);
    expect(used).to.be.below(270_000);
    expect(await bench.read('/sparse')).to.equal(content.toString());
  });

  it('of a deep tree ends where paths end', async () => {
    const depth = 3000;
    const input = `${`D0755 0 ${'d'.repeat(200)}\n`.repeat(depth)}${'E\n'.repeat(depth)}`;
    const { status, stdout } = await bench.run('scp -r -t .', { input });
    expect(status).to.equal(1);
    expect(stdout).to.contain('File name too long');
    expect((await namesOf(bench)).length).to.be.within(20, 22);
  });

  it('of a size that no storage holds is refused', async () => {
    const { stdout } = await bench.run('scp -t f', { input: 'C0644 9223372036854775807 a\n' });
    expect(stdout).to.equal('\0\x01scp: f: File too large\n');
  });
});
