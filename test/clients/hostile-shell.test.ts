import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { clientServer } from '../support/client-server.ts';
import { sftp, sshOptions } from '../support/login.ts';
import { residentBytes, threadsOf } from '../support/processes.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, type Finished } from '../support/run-program.ts';
import { until } from '../support/until.ts';

describe('a shell in the hands of whoever wants more than it gives', function () {
  this.timeout(120_000);
  before(function () {
    requireProgram(this, 'ssh');
  });
  const server = clientServer(
    { alice: { flags: ['--quota', '20MiB'] }, bob: {}, carol: {} },
    '--shells-per-account',
    '2',
    // Threads are counted, and the limits hold, in one process.
    '--workers',
    '1',
    '--max-shells',
    '3',
  );

  function arguments_(user: string, command: readonly string[]): string[] {
    const login = server().login(user);
    return ['-T', '-p', String(login.port), ...sshOptions(login), `${login.user}@${login.host}`, ...command];
  }

  function ssh(user: string, command: string, input: string | Uint8Array = ''): Promise<Finished> {
    return runProgram('ssh', arguments_(user, [command]), { input });
  }

  const begun: ChildProcess[] = [];
  function start(user: string, command: string): ChildProcess {
    const child = spawn('ssh', arguments_(user, [command]), { stdio: ['ignore', 'pipe', 'pipe'] });
    begun.push(child);
    return child;
  }
  afterEach(() => {
    for (const child of begun.splice(0)) child.kill('SIGKILL');
  });

  const threads = (): number => threadsOf(server().process().pid);
  const memoryMiB = (): number => residentBytes(server().process().pid) / 2 ** 20;

  it('ends with its client, though it computes', async () => {
    await ssh('alice', 'echo | cat');
    const before = threads();
    const child = start('alice', 'echo begun; while true; do :; done');
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    expect(threads()).to.be.above(before - 1);
    const during = threads();
    child.kill('SIGKILL');
    await until('the thread is gone', () => threads() < during, 10_000);
  });

  it('dies alone when it fills its memory, and says so', async () => {
    const { stderr, status } = await ssh(
      'alice',
      'i=0; while true; do i=$((i+1)); printf -v "v$i" "%01000000d" 1; done',
    );
    expect({ stderr, status }).to.deep.equal({
      stderr: 'anyfs: the shell was ended: it filled its 160 MiB of memory\n',
      status: 137,
    });
    expect((await ssh('alice', 'echo alive | cat')).stdout).to.equal('alive\n');
  });

  it('streams a large file through programs in little memory', async () => {
    await ssh('bob', 'cat > part', Buffer.alloc(32 * 1024 * 1024, 'part of it\n'));
    await ssh('bob', 'cat part part part part > large');
    const before = memoryMiB();
    const { stdout } = await ssh(
      'bob',
      'cat large | cat | cat > copy; cat copy | head -c 5; cat large copy | wc -c',
    );
    expect(stdout).to.equal(`part ${2 * 4 * 32 * 1024 * 1024}\n`);
    expect(memoryMiB() - before).to.be.below(150);
  });

  it('is refused beyond the limits, of the account and of the server', async () => {
    const wait = 'echo begun | cat; read x';
    const open = async (user: string): Promise<void> => {
      const child = spawn('ssh', arguments_(user, [wait]), { stdio: ['pipe', 'pipe', 'pipe'] });
      begun.push(child);
      await new Promise((resolve) => child.stdout.once('data', resolve));
    };
    await open('bob');
    await open('bob');
    const refused = await ssh('bob', 'echo | cat');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.equal('anyfs: 2 shells of bob are open, which is the limit\n');
    await open('carol');
    expect((await ssh('alice', 'echo | cat')).stderr).to.match(/^anyfs: 3 shells are open on this server/);
    expect((await ssh('alice', 'echo plain')).stdout).to.equal('plain\n');
    for (const child of begun.splice(0)) child.kill('SIGKILL');
    await until('there is room again', async () => (await ssh('alice', 'echo | cat')).status === 0, 20_000);
  });

  it('does not pass its quota', async () => {
    const { stderr } = await ssh(
      'alice',
      'cat > f; cat f f f f > g; cat g g > h; sort f > i',
      Buffer.alloc(4 * 1024 * 1024, 'text\n'),
    );
    expect(stderr).to.match(/quota/);
    const { stdout } = await ssh('alice', 'ls -l | wc -l; stat -c %s f g h i | cat');
    const total = stdout
      .split('\n')
      .slice(1)
      .reduce((sum, size) => sum + Number(size), 0);
    expect(total).to.be.at.most(20 * 1024 * 1024);
  });

  it('has nothing of the process that it runs in', async () => {
    const { stdout } = await ssh(
      'alice',
      'env; set; echo $PPID $$; cat /proc/self/environ /etc/passwd /proc/version; ls -la / | cat',
    );
    expect(stdout).to.not.match(/ANYFS|NODE|npm_|root:|Linux version/);
  });

  it('leaves others their share: a busy loop slows SFTP down by less than half', async () => {
    const login = server().login('carol');
    const batch = Array.from({ length: 300 }, (_, at) => [`mkdir d${at}`, `rmdir d${at}`]).flat();
    const time = async (): Promise<number> => {
      const from = process.hrtime.bigint();
      await sftp(login, batch);
      return Number(process.hrtime.bigint() - from) / 1e6;
    };
    await time();
    const pairs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const quiet = await time();
      const child = start('bob', 'echo begun; while true; do :; done');
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      const busy = await time();
      child.kill('SIGKILL');
      pairs.push(busy / quiet);
    }
    expect(Math.min(...pairs), `ratios ${pairs.join(', ')}`).to.be.below(2);
  });
});
