import { expect } from 'chai';
import { anyfs } from '../support/command-line.ts';

describe('the command line', () => {
  const wrong: readonly (readonly [argv: string, says: RegExp])[] = [
    ['', /^anyfs: say which command: serve, user, key, storage, doctor; see anyfs --help\n$/],
    ['usr list', /there is no "usr" here; did you mean "user"\?/],
    ['user', /say which command: add, list, show, set, remove; see anyfs user --help/],
    ['user ad x', /there is no "ad" here; did you mean "add"\?; see anyfs user --help/],
    ['user add', /something is missing: anyfs user add <name>; see anyfs user add --help/],
    ['user add a b', /there is no "b" here/],
    ['user add a --qota 1', /there is no "qota" here; did you mean "--quota"\?/],
    ['user add a --quota', /not enough arguments following: quota/],
    ['user add a --quota 1 --quota 2', /--quota is given more than once/],
    ['user add a --quota lots', /--quota: "lots" is not a size/],
    ['user add a --max-files=-1', /--max-files: "-1" is not a whole number/],
    ['user add A', /an account name has/],
    ['user add a.db', /cannot end in "\.db"/],
    ['user set a', /say what to change/],
    ['user set a --superuser --no-superuser', /contradict/],
    ['storage ls ../../etc/passwd --data /', /an account name has/],
    ['serve --listen 2022', /--listen: "2022" is not an address; write 127\.0\.0\.1:2022/],
    ['serve --lisen :1', /there is no "lisen" here; did you mean "--listen"\?/],
    ['serve --umask 1 --umask 2', /--umask is given more than once/],
    ['serve --auth-attempts 0', /--auth-attempts: must be a whole number/],
  ];
  for (const [argv, says] of wrong) {
    it(`answers "anyfs ${argv}" with 2 and one line that helps`, async () => {
      const { code, stdout, stderr } = await anyfs(argv.split(' ').filter(Boolean));
      expect(stderr).to.match(says);
      expect(stderr).to.match(/^anyfs: [^\n]+\n$/);
      expect([code, stdout]).to.deep.equal([2, '']);
    });
  }

  it('prints help and its version on standard output', async () => {
    const help = await anyfs(['user', 'add', '--help']);
    expect([help.code, help.stderr]).to.deep.equal([0, '']);
    expect(help.stdout)
      .to.match(/anyfs user add <name>/)
      .and.to.match(/--password-stdin/);
    expect((await anyfs(['--version'])).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('names every setting as a flag of serve', async () => {
    const { stdout } = await anyfs(['serve', '--help']);
    for (const flag of [
      '--data',
      '--listen',
      '--log-format',
      '--login-grace-seconds',
      '--durability',
      '--umask',
    ]) {
      expect(stdout).to.include(flag);
    }
  });

  it('says what to do where there is no data directory', async () => {
    const { code, stderr } = await anyfs(['user', 'list', '--data', '/nonexistent/data']);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^anyfs: there is no data directory \/nonexistent\/data; .*--data/);
  });

  it('keeps control characters of arguments out of the terminal', async () => {
    const { stderr } = await anyfs(['user', 'add', 'x', '\u001b[31mred\n']);
    expect(stderr).to.include('\\x1b[31mred').and.not.to.include('\u001b');
  });
});
