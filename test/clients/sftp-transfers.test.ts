import { expect } from 'chai';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describeTree, noise } from '../support/local-tree.ts';
import { sftpBatches } from '../support/sftp-batches.ts';

describe('the sftp client, moving files', function () {
  this.timeout(60_000);
  const { run, local } = sftpBatches();

  it('puts a file and gets it back', async () => {
    const bytes = noise(1_000_003);
    writeFileSync(local('sent'), bytes);
    await run('put sent file', 'get file got');
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('replaces the content of a file, also by a shorter one', async () => {
    writeFileSync(local('long'), noise(300_000));
    writeFileSync(local('short'), 'short');
    await run('put long file', 'put short file', 'get file got');
    expect(readFileSync(local('got'), 'utf8')).to.equal('short');
  });

  it('goes on with a put that was cut off (reput)', async () => {
    const bytes = noise(700_001);
    writeFileSync(local('file'), bytes);
    truncateSync(local('file'), 300_007);
    await run('put file');
    writeFileSync(local('file'), bytes);
    await run('reput file', 'get file got');
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('goes on with a get that was cut off (reget)', async () => {
    const bytes = noise(700_001);
    writeFileSync(local('file'), bytes);
    await run('put file');
    truncateSync(local('file'), 300_007);
    await run('reget file');
    expect(readFileSync(local('file')).equals(bytes)).to.equal(true);
  });

  it('puts and gets whole trees with modes and times (put -rp, get -rp)', async () => {
    mkdirSync(local('tree/inner/empty'), { recursive: true });
    writeFileSync(local('tree/a'), noise(10_000), { mode: 0o640 });
    writeFileSync(local('tree/inner/b'), '', { mode: 0o755 });
    chmodSync(local('tree/inner'), 0o750);
    for (const name of ['tree/a', 'tree/inner/b']) utimesSync(local(name), 1_000_000_001, 1_234_567_890);
    await run('put -rp tree', 'get -rp tree back');
    const facts = (name: string): string[] =>
      describeTree(local(name), (stats) =>
        stats.isFile() ? `${stats.mode.toString(8)} ${stats.mtimeMs}` : '',
      );
    expect(facts('back')).to.deep.equal(facts('tree'));
    expect(statSync(local('back/inner')).mode & 0o777).to.equal(0o750);
  });

  it('copies on the server (cp)', async () => {
    const bytes = noise(400_000);
    writeFileSync(local('a'), bytes);
    await run('put a', 'cp a b', 'rm a', 'get b got');
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('syncs what it puts (put -f)', async () => {
    writeFileSync(local('a'), 'a');
    await run('put -f a');
  });

  it('keeps what symbolic links point to when getting trees', async () => {
    mkdirSync(local('tree'));
    writeFileSync(local('tree/a'), 'a');
    symlinkSync('a', local('tree/l'));
    await run('put -r tree', 'get -r tree back');
    expect(readFileSync(local('back/a'), 'utf8')).to.equal('a');
  });
});
