import { expect } from 'chai';
import { ZipFile } from 'yazl';
import { execBench } from '../../../support/exec.ts';

describe('zip and unzip', function () {
  this.timeout(20_000);

  it('bring back a tree with its content, modes and links', async () => {
    const bench = await execBench();
    await bench.write('/a', 'text\n', 0o640);
    await bench.storage.mkdir('/tree' as never, 0o755, {});
    await bench.write('/tree/ü', 'x'.repeat(300_000), 0o755);
    await bench.storage.symlink('../a', '/tree/link' as never, {});
    expect(await bench.run('zip -qry archive a tree')).to.include({ status: 0, stderr: '' });
    expect(await bench.run('unzip -q archive -d out')).to.include({ status: 0, stderr: '' });
    expect(await bench.read('/out/tree/ü')).to.equal('x'.repeat(300_000));
    expect(await bench.storage.readlink('/out/tree/link' as never, {})).to.equal('../a');
    expect((await bench.storage.lstat('/out/a' as never, {})).mode).to.equal(0o640);
    expect((await bench.run('unzip -l archive')).stdout).to.match(/300000 .* tree\/ü\n/);
    expect((await bench.run("unzip -p archive 'tree/*'")).stdout).to.contain('xxx');
  });

  it('leave what is there unless they are told to replace it', async () => {
    const bench = await execBench();
    await bench.write('/a', 'new\n');
    await bench.run('zip -q z a');
    await bench.write('/a', 'kept\n');
    expect(await bench.run('unzip -q z')).to.deep.include({
      status: 1,
      stderr: 'unzip: ./a is there already; -o replaces, -n leaves\n',
    });
    await bench.run('unzip -qn z');
    expect(await bench.read('/a')).to.equal('kept\n');
    await bench.run('unzip -qo z');
    expect(await bench.read('/a')).to.equal('new\n');
  });

  it('refuse names that lead out, and go on with the others', async () => {
    const bench = await execBench();
    await bench.storage.mkdir('/in' as never, 0o755, {});
    const bytes = (await archiveOf(['good', 'aaaaaaa'])).toString('latin1').replaceAll('aaaaaaa', '../evil');
    await bench.write('/z.zip', Buffer.from(bytes, 'latin1'));
    const { status, stderr } = await bench.run('unzip -q z.zip -d in');
    expect({ status, stderr }).to.deep.equal({
      status: 1,
      stderr: 'unzip: ../evil: refused, it leads out of where it is put\n',
    });
    expect(await bench.read('/in/good')).to.equal('content');
    expect(await bench.storage.lstat('/evil' as never, {}).catch(() => 'nothing')).to.equal('nothing');
  });

  it('find a damaged archive, and leave no half of a file', async () => {
    const bench = await execBench();
    const bytes = await archiveOf(['f']);
    bytes[bytes.indexOf('content')] = 0x43;
    await bench.write('/z.zip', bytes);
    const { status, stderr } = await bench.run('unzip -q z.zip');
    expect(stderr).to.match(/^unzip: .*f.*: Input\/output error/);
    expect(status).to.not.equal(0);
    expect(await bench.storage.lstat('/f' as never, {}).catch(() => 'nothing')).to.equal('nothing');
    expect((await bench.run('unzip nothing')).status).to.not.equal(0);
    await bench.write('/text.zip', 'no archive');
    expect((await bench.run('unzip text.zip')).status).to.equal(9);
  });

  it('keep to the quota', async () => {
    const bench = await execBench({
      name: 'alice',
      uid: 10_000,
      gid: 10_000,
      superuser: false,
      limits: { bytes: 100_000 },
    });
    const bytes = await archiveOf(['big'], Buffer.alloc(10_000_000, 'x'));
    await bench.write('/z.zip', bytes);
    const { stderr } = await bench.run('unzip -q z.zip');
    expect(stderr).to.match(/quota/);
    expect(await bench.storage.lstat('/big' as never, {}).catch(() => 'nothing')).to.equal('nothing');
  });

  it('make names that nobody has (mktemp)', async () => {
    const bench = await execBench();
    const [one, two] = [await bench.run('mktemp'), await bench.run('mktemp -d d.XXX')];
    expect(one.stdout).to.match(/^tmp\.\w{10}\n$/);
    expect(two.stdout).to.match(/^d\.\w{3}\n$/);
    expect((await bench.storage.lstat(`/${one.stdout.trim()}` as never, {})).mode).to.equal(0o600);
  });
});

async function archiveOf(
  names: readonly string[],
  content: Buffer = Buffer.from('content'),
): Promise<Buffer> {
  const zip = new ZipFile();
  for (const name of names) zip.addBuffer(content, name, { compress: content.length > 100 });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
