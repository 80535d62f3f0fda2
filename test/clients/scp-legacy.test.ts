import { expect } from 'chai';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { describeTree, noise } from '../support/local-tree.ts';
import { sshOptions, type Login } from '../support/login.ts';
import { residentBytes } from '../support/processes.ts';
import { puttyOptions } from '../support/putty.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, succeed, type Finished } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Options of `scp -O` for a login. */
const legacy = (login: Login): string[] => ['-O', '-q', '-P', String(login.port), ...sshOptions(login)];

describe('clients of scp’s old protocol', function () {
  this.timeout(180_000);
  before(function () {
    requireProgram(this, 'scp');
    requireProgram(this, 'pscp');
    requireProgram(this, 'puttygen');
  });
  const server = clientServer({ alice: { flags: ['--quota', '4MiB'] }, bob: {} });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);
  const facts = (name: string): string[] =>
    describeTree(local(name), (stats) =>
      stats.isFile() ? `${(stats.mode & 0o7777).toString(8)} ${stats.mtimeMs}` : '',
    );

  const memoryMiB = (): number => residentBytes(server().process().pid) / 2 ** 20;

  /** A path that begins with `:` is bob's; `alice:` is alice's. */
  function scp(args: readonly string[], cwd = directory()): Promise<Finished> {
    const login = server().login('bob');
    const remote = (path: string): string =>
      path.replace(/^(\w*):/, (_, user: string) => `${user || 'bob'}@${login.host}:`);
    return runProgram('scp', [...legacy(login), ...args.map(remote)], { cwd });
  }

  function makeTree(): void {
    mkdirSync(local('tree/inner'), { recursive: true });
    mkdirSync(local('tree/empty'));
    writeFileSync(local('tree/inner/file'), noise(70_000), { mode: 0o640 });
    writeFileSync(local('tree/a b\'c"$d'), 'odd');
    writeFileSync(local('tree/none'), '');
    for (const name of ['tree/inner/file', 'tree/a b\'c"$d', 'tree/none'])
      utimesSync(local(name), 1_111_111_111, 1_222_222_222);
  }

  it('scp -O copies a file there and back', async () => {
    const bytes = noise(1_234_567);
    writeFileSync(local('sent'), bytes);
    expect(await scp(['sent', ':file'])).to.include({ status: 0, stderr: '' });
    expect(await scp([':file', 'got'])).to.include({ status: 0, stderr: '' });
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('scp -O copies a tree there and back with modes and times (-rp)', async () => {
    makeTree();
    expect(await scp(['-rp', 'tree', ':tree'])).to.include({ status: 0, stderr: '' });
    expect(await scp(['-rp', ':tree', 'back'])).to.include({ status: 0, stderr: '' });
    expect(facts('back')).to.deep.equal(facts('tree'));
  });

  it('scp -O takes several sources, globs, ~ and quoted names', async () => {
    writeFileSync(local('x 1'), 'one');
    writeFileSync(local('x2'), 'two');
    expect(await scp(['x 1', 'x2', ':~/'])).to.include({ status: 0, stderr: '' });
    mkdirSync(local('got'));
    expect(await scp([':x*', 'got'])).to.include({ status: 0, stderr: '' });
    expect(readdirSync(local('got')).sort()).to.deep.equal(['x 1', 'x2']);
    // Without -T the client expects the names that it wrote, quotes included.
    expect(await scp(['-T', ":'x 1'", ':~/x2', 'got'])).to.include({ status: 0, stderr: '' });
  });

  it('scp -O goes on after a file that is missing, and says so', async () => {
    writeFileSync(local('y1'), 'one');
    expect(await scp(['y1', ':y1'])).to.include({ status: 0 });
    mkdirSync(local('got'));
    const said = await scp([':missing', ':y1', 'got']);
    expect(said).to.include({ status: 1, stderr: 'scp: missing: No such file or directory\n' });
    expect(readdirSync(local('got'))).to.deep.equal(['y1']);
  });

  it('scp -O past the quota says why and leaves the old file', async () => {
    const login = server().login('alice');
    const put = (name: string): Promise<Finished> =>
      runProgram('scp', [...legacy(login), name, `alice@${login.host}:file`], { cwd: directory() });
    writeFileSync(local('small'), noise(1000));
    writeFileSync(local('big'), noise(5_000_000));
    expect(await put('small')).to.include({ status: 0 });
    const refused = await put('big');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(
      /^scp: file: quota exceeded: .* of 4 MiB used\n$|^scp: file: quota exceeded/,
    );
    const args = ['-p', String(login.port), ...sshOptions(login), `alice@${login.host}`, 'scp -f file'];
    const read = await succeed('ssh', args, { input: '\0\0\0' });
    expect(read.output.subarray(-1001, -1).equals(readFileSync(local('small')))).to.equal(true);
  });

  it('scp -O -3 copies from one account to another by way of here', async () => {
    writeFileSync(local('z'), 'from bob');
    expect(await scp(['z', ':z'])).to.include({ status: 0 });
    const said = await scp(['-3', ':z', ':z-copy']);
    expect(said).to.include({ status: 0, stderr: '' });
    expect(await scp([':z-copy', 'back'])).to.include({ status: 0 });
    expect(readFileSync(local('back'), 'utf8')).to.equal('from bob');
  });

  it('scp -O sends and takes 10,000 small files in constant memory (-r)', async () => {
    mkdirSync(local('many'));
    for (let at = 0; at < 10_000; at++) writeFileSync(local(`many/${at}`), String(at));
    // What the first files take is there afterwards.
    await scp(['many/0', ':warm']);
    const before = memoryMiB();
    expect(await scp(['-r', 'many', ':many'])).to.include({ status: 0, stderr: '' });
    expect(await scp(['-r', ':many', 'back'])).to.include({ status: 0, stderr: '' });
    expect(memoryMiB() - before).to.be.below(150);
    const contents = (name: string): string[] => describeTree(local(name));
    expect(contents('back')).to.deep.equal(contents('many'));
  });

  it('scp -O takes a sparse file of 1 GiB in constant memory, as holes, and sends it', async () => {
    const size = 2 ** 30;
    writeFileSync(local('sparse'), 'begin');
    truncateSync(local('sparse'), size);
    appendFileSync(local('sparse'), 'end');
    const before = memoryMiB();
    expect(await scp(['sparse', ':sparse'])).to.include({ status: 0, stderr: '' });
    expect(memoryMiB() - before).to.be.below(150);
    const login = server().login('bob');
    const ssh = (line: string): Promise<Finished> =>
      succeed('ssh', ['-p', String(login.port), ...sshOptions(login), `bob@${login.host}`, line]);
    const [bytes, blocks] = (await ssh('stat -c "%s %b" sparse')).stdout.split(' ').map(Number);
    expect(bytes).to.equal(size + 3);
    expect(blocks).to.be.below(2048);
    expect((await ssh('head -c 5 sparse; tail -c 3 sparse')).stdout).to.equal('beginend');
    // To the end of the stream, without a disk: what counts is the server.
    const got = await runProgram('sh', [
      '-c',
      `{ printf '\\0\\0'; sleep 1; printf '\\0'; } | ssh -p ${login.port} ${sshOptions(login).join(' ')} bob@${login.host} scp -f sparse | tail -c 4`,
    ]);
    expect(got.output.toString('latin1')).to.equal('end\0');
    expect(memoryMiB() - before).to.be.below(150);
  });

  it('pscp copies files and trees by the old protocol (-scp)', async () => {
    makeTree();
    const login = server().login('bob');
    const options = [...(await puttyOptions(login)), '-scp', '-q', '-p', '-r'];
    const pscp = (...paths: string[]): Promise<Finished> =>
      succeed('pscp', [...options, ...paths.map((path) => path.replace(/^:/, `bob@${login.host}:`))], {
        cwd: directory(),
      });
    await pscp('tree', ':putty');
    await pscp(':putty', 'back');
    expect(statSync(local('back/inner/file')).mtimeMs).to.equal(1_222_222_222_000);
    const contents = (name: string): string[] => describeTree(local(name));
    expect(contents('back')).to.deep.equal(contents('tree'));
  });
});
