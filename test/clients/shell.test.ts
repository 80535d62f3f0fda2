import { expect } from 'chai';
import { clientServer } from '../support/client-server.ts';
import { sshOptions } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, type Finished } from '../support/run-program.ts';
import { DrivenTerminal } from '../support/driven-terminal.ts';

describe('ssh with a shell', function () {
  this.timeout(120_000);
  before(function () {
    requireProgram(this, 'ssh');
  });
  const server = clientServer({ alice: { flags: ['--quota', '64MiB'] }, bob: { flags: ['--shell', 'off'] } });

  function ssh(user: string, args: readonly string[], input: string | Uint8Array = ''): Promise<Finished> {
    const login = server().login(user);
    const destination = `${login.user}@${login.host}`;
    return runProgram('ssh', ['-T', '-p', String(login.port), ...sshOptions(login), destination, ...args], {
      input,
    });
  }

  it('runs pipes and redirections', async () => {
    const { stdout, status } = await ssh('alice', [
      'echo one > f; echo two >> f; cat f | tr o 0 | sort; exit 5',
    ]);
    expect(stdout).to.equal('0ne\ntw0\n');
    expect(status).to.equal(5);
  });

  it('stores what is piped into it, byte for byte, and gives it back', async () => {
    const bytes = Buffer.from(
      Array.from({ length: 3_000_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff),
    );
    await ssh('alice', ['mkdir -p dir && cd dir && cat > data'], bytes);
    const { output } = await ssh('alice', ['cd dir; cat data | cat']);
    expect(output.equals(bytes)).to.equal(true);
  });

  it('takes scripts on standard input, with and without bash -s', async () => {
    const script =
      'for i in 1 2; do\n  echo "line $i"\ndone\nread x\nfrom the script itself\necho "$x"\nexit 4\n';
    for (const args of [[], ['bash', '-s'], ['sh']]) {
      const { stdout, stderr, status } = await ssh('alice', args, script);
      expect({ stdout, stderr, status }).to.deep.equal({
        stdout: 'line 1\nline 2\nfrom the script itself\n',
        stderr: '',
        status: 4,
      });
    }
  });

  it('sends errors to stderr', async () => {
    const { stdout, stderr, status } = await ssh('alice', ['nothing-here | cat; echo out']);
    expect({ stdout, stderr, status }).to.deep.equal({
      stdout: 'out\n',
      stderr: 'bash: nothing-here: command not found\n',
      status: 0,
    });
  });

  it('refuses a shell to an account without one, and goes on running plain commands', async () => {
    const refused = await ssh('bob', []);
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.equal('This account has no shell; sftp, scp and plain commands work.\n');
    expect((await ssh('bob', ['echo hi'])).stdout).to.equal('hi\n');
    expect((await ssh('bob', ['echo hi | cat'])).status).to.equal(126);
  });

  describe('on a terminal', () => {
    before(function () {
      requireProgram(this, 'tmux');
    });
    let terminal: DrivenTerminal;

    beforeEach(async () => {
      const login = server().login('alice');
      const options = sshOptions(login)
        .map((word) => `'${word}'`)
        .join(' ');
      terminal = await DrivenTerminal.open(
        `ssh -p ${login.port} ${options} ${login.user}@${login.host}; echo "ended with $?"; sleep 60`,
      );
      await terminal.shows(/alice@\S+:~\$ $/);
    });
    afterEach(() => terminal.close());

    it('greets with the quota, and says how it ended', async () => {
      expect(await terminal.text()).to.match(/ of 64(\.0)? MiB used \(\d+ %\)/);
      await terminal.type('exit 3', 'Enter');
      await terminal.shows(/ended with 3/);
    });

    it('edits lines, keeps history, and completes commands and paths', async () => {
      await terminal.type('mkdir -p "a directory/inner"', 'Enter');
      await terminal.shows(/inner"\n.*\$ $/);
      await terminal.type('cd a', 'Tab');
      await terminal.shows(/\$ cd a\\ directory\/$/);
      await terminal.type('Enter');
      await terminal.shows(/~\/a directory\$ $/);
      await terminal.type('echo word', 'Left', 'l', 'Enter');
      await terminal.shows(/^world$/m);
      await terminal.type('Up', 'Up', 'Up', 'C-u', 'mktem', 'Tab');
      await terminal.shows(/\$ mktemp $/);
      await terminal.type('C-c', 'history', 'Enter');
      await terminal.shows(/echo world\n.*history\n/);
    });

    it('takes commands of several lines', async () => {
      await terminal.type('if true', 'Enter');
      await terminal.shows(/^> $/m);
      await terminal.type('then echo "a', 'Enter', 'b"; fi', 'Enter');
      await terminal.shows(/^a\nb\n.*\$ $/m);
    });

    it('ends a busy loop by Ctrl-C and goes on with variables and functions', async () => {
      await terminal.type('x=kept; f() { echo "f $x"; }', 'Enter', 'while true; do :; done', 'Enter');
      await terminal.shows(/while true; do :; done/);
      await terminal.type('C-c');
      await terminal.shows(/\^C\n(.*\n)?.*\$ $/);
      await terminal.type('f', 'Enter');
      await terminal.shows(/^f kept$/m);
    });

    it('ends a wait and a reader by Ctrl-C, and a reader by Ctrl-D', async () => {
      await terminal.type('sleep 100', 'Enter', 'C-c');
      await terminal.shows(/\^C\n(.*\n)*.*\$ $/);
      await terminal.type('tr a-z A-Z', 'Enter', 'abc', 'Enter', 'C-d');
      await terminal.shows(/^ABC\n.*\$ $/m);
      await terminal.type('C-d');
      await terminal.shows(/exit\n(.*\n)?ended with 0/);
    });

    it('does not stop the server by Ctrl-Z (node:readline would)', async () => {
      await terminal.type('echo a', 'C-z', 'b', 'Enter');
      await terminal.shows(/^ab$/m);
    });

    it('pages', async () => {
      await terminal.type('seq 1 1000 | less', 'Enter');
      await terminal.shows(/^1\n2\n/);
      await terminal.type('Space');
      await terminal.shows(/^2[45]\n/);
      await terminal.type('G');
      await terminal.shows(/\n1000\n.*END/);
      await terminal.type('g', '/', '777', 'Enter');
      await terminal.shows(/^777\n/);
      await terminal.type('q');
      await terminal.shows(/\| less\n.*\$ $/);
    });

    it('edits a file', async () => {
      await terminal.type('nano note', 'Enter');
      await terminal.shows(/ note +\n/);
      await terminal.type(
        'first',
        'Enter',
        'second',
        'C-k',
        'C-u',
        'C-u',
        'Up',
        'BSpace',
        'M-u',
        'C-o',
        'Enter',
      );
      await terminal.shows(/Wrote 3 lines/);
      await terminal.type('C-x');
      await terminal.shows(/nano note\n.*\$ $/);
      await terminal.type('cat note', 'Enter');
      await terminal.shows(/cat note\nfirst\nsecond\nsecond\n/);
    });

    it('asks before changes are thrown away, and follows the size of the window', async () => {
      await terminal.type('nano other', 'Enter');
      await terminal.shows(/ other +\n/);
      await terminal.resize(60, 15);
      await terminal.type('text', 'C-x');
      await terminal.shows(/Save the changes\?/);
      await terminal.type('n');
      await terminal.shows(/\$ $/);
      await terminal.type('test -e other || echo nothing', 'Enter');
      await terminal.shows(/^nothing$/m);
    });
  });
});
