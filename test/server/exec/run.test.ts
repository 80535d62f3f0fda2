import { expect } from 'chai';
import { execBench, type ExecBench } from '../../support/exec.ts';

describe('a command line', () => {
  let bench: ExecBench;
  beforeEach(async () => {
    bench = await execBench();
  });

  it('answers 127 and one line for a program that is not there', async () => {
    expect(await bench.run('nothing -x')).to.deep.include({
      status: 127,
      stdout: '',
      stderr: 'nothing: command not found\n',
    });
    expect((await bench.run('./pwd')).status).to.equal(127);
    expect((await bench.run('/etc/pwd')).status).to.equal(127);
    expect((await bench.run('/usr/bin/pwd')).status).to.equal(0);
  });

  it('does nothing where it is empty', async () => {
    expect(await bench.run('  ')).to.deep.include({ status: 0, stdout: '', stderr: '' });
  });

  it('answers 2 and one line where it cannot be read', async () => {
    expect(await bench.run("echo 'a")).to.deep.include({ status: 2, stderr: "a quote (') is not closed\n" });
  });

  it('says that it needs a shell, with 126, where the account has none', async () => {
    for (const line of ['echo $HOME', 'echo a | cat', 'echo `id`', 'while true; do :; done', 'echo a > f']) {
      const { status, stderr, stdout } = await bench.run(line);
      expect([status, stdout]).to.deep.equal([126, '']);
      expect(stderr).to.match(
        /^\S+: this needs a shell, which this account does not have; plain commands work\n$/,
      );
    }
  });

  it('runs commands after each other as their separators say', async () => {
    const says = async (line: string): Promise<[number, string]> => {
      const { status, stdout } = await bench.run(line);
      return [status, stdout.replaceAll('\n', ' ').trim()];
    };
    expect(await says('echo a; echo b')).to.deep.equal([0, 'a b']);
    expect(await says('false && echo a || echo b')).to.deep.equal([0, 'b']);
    expect(await says('true || echo a && echo b')).to.deep.equal([0, 'b']);
    expect(await says('echo a; false')).to.deep.equal([1, 'a']);
    expect(await says('echo a; exit 3; echo b')).to.deep.equal([3, 'a']);
    expect(await says('nothing; echo a')).to.deep.equal([0, 'a']);
  });

  it('changes its directory for what comes after', async () => {
    await bench.storage.mkdir('/d' as never, 0o755, {});
    await bench.storage.symlink('d', '/l' as never, {});
    await bench.write('/d/f', '');
    expect((await bench.run('cd d && pwd && echo *')).stdout).to.equal('/d\nf\n');
    expect((await bench.run('cd /l; pwd; cd ..; pwd; cd d; cd; pwd')).stdout).to.equal('/d\n/\n/\n');
    expect(await bench.run('cd missing && pwd')).to.deep.include({
      status: 1,
      stdout: '',
      stderr: 'cd: missing: No such file or directory\n',
    });
    expect((await bench.run('cd d/f')).stderr).to.equal('cd: d/f: Not a directory\n');
    await bench.storage.setstat('/d' as never, { mode: 0o600 }, {});
    expect((await bench.run('cd d')).stderr).to.equal('cd: d: Permission denied\n');
  });

  it('goes to the shell as it was written where it is more than our commands', async () => {
    const lines: string[] = [];
    const runScript = async (line: string): Promise<number> => {
      lines.push(line);
      return 5;
    };
    for (const line of ['echo a | cat', 'unheard-of x', 'echo a && unheard-of']) {
      expect((await bench.run(line, { runScript })).status).to.equal(5);
    }
    expect(lines).to.deep.equal(['echo a | cat', 'unheard-of x', 'echo a && unheard-of']);
    expect((await bench.run('echo a; pwd', { runScript })).stdout).to.equal('a\n/\n');
    expect((await bench.run("echo 'a", { runScript })).status).to.equal(2);
    expect(lines).to.have.length(3);
  });

  it('is given names as bytes, and gives them back', async () => {
    expect((await bench.run('echo \udcff\udc80é')).output).to.deep.equal(Buffer.from('ff80c3a90a', 'hex'));
  });
});
