import { expect } from 'chai';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { sshOptions } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { succeed } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

describe('a shell that a program drives', function () {
  this.timeout(120_000);
  before(function () {
    requireProgram(this, 'ssh');
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();

  it('serves lftp (fish://): lists, puts, gets, moves and removes', async function () {
    requireProgram(this, 'lftp');
    const login = server().login('alice');
    const bytes = noise(1_000_001);
    writeFileSync(join(directory(), 'sent'), bytes);
    const script = [
      `set fish:connect-program "ssh -a -x -p ${login.port} ${sshOptions(login).join(' ')}"`,
      'set net:max-retries 1; set net:timeout 30; set cmd:fail-exit yes',
      `open -u ${login.user},unused fish://${login.host}`,
      'mkdir "a dir"; cd "a dir"; put sent; put sent -o second; mv second third; cls -1; get sent -o got; rm sent; cls -1',
    ];
    const { stdout } = await succeed('lftp', ['--norc', '-c', script.join('; ')], {
      cwd: directory(),
      env: { HOME: directory() },
    });
    expect(stdout.match(/^(?:sent|third)$/gm)).to.deep.equal(['sent', 'third', 'third']);
    expect(readFileSync(join(directory(), 'got')).equals(bytes)).to.equal(true);
  });

  describe('as WinSCP does in its SCP mode', () => {
    let child: ChildProcessWithoutNullStreams;
    let output: Buffer;

    beforeEach(() => {
      const login = server().login('alice');
      child = spawn('ssh', [
        '-T',
        '-p',
        String(login.port),
        ...sshOptions(login),
        `${login.user}@${login.host}`,
      ]);
      output = Buffer.alloc(0);
      child.stdout.on('data', (bytes: Buffer) => (output = Buffer.concat([output, bytes])));
      child.stdin.on('error', () => {});
    });
    afterEach(() => child.kill());

    /** One command, its output and its status, as WinSCP tells them apart. */
    async function run(command: string): Promise<readonly [status: number, text: string]> {
      child.stdin.write(`${command} ; echo "WinSCP: this is end-of-file:$?"\n`);
      return answer();
    }

    async function answer(): Promise<readonly [status: number, text: string]> {
      const mark = /WinSCP: this is end-of-file:(\d+)\n/;
      await until('the end of a command', () => mark.test(output.toString()), 30_000);
      const text = output.toString();
      const [whole, status] = mark.exec(text) ?? ['', ''];
      output = Buffer.from(text.slice(text.indexOf(whole) + whole.length));
      return [Number(status), text.slice(0, text.indexOf(whole))];
    }

    it('runs its commands one by one', async () => {
      expect(await run('echo "WinSCP: this is begin-of-file"')).to.deep.equal([
        0,
        'WinSCP: this is begin-of-file\n',
      ]);
      for (const command of ['unset LANG', 'unset LANGUAGE', 'unalias ls', 'export LC_ALL=C'])
        await run(command);
      expect(await run('pwd')).to.deep.equal([0, '/\n']);
      expect(await run('groups')).to.deep.equal([0, 'alice\n']);
      expect((await run('mkdir "new dir"'))[0]).to.equal(0);
      expect((await run('cd "new dir"'))[0]).to.equal(0);
      expect(
        (
          await run(
            'echo text > "a file" ; chmod 0640 "a file" ; ln -s "a file" link ; cp -p -r -f "a file" copy',
          )
        )[0],
      ).to.equal(0);
      const [status, list] = await run('ls -la --full-time "/new dir/"');
      expect(status).to.equal(0);
      expect(list).to.match(/^-rw-r----- +1 alice +alice +5 \d{4}-\d\d-\d\d \S+ \+0000 a file$/m);
      expect(list).to.match(/^lrwxrwxrwx .* link -> a file$/m);
      expect((await run('mv -f copy moved ; rm -f -r link ; ls'))[1]).to.equal('a file\nmoved\n');
      expect((await run('cd /nowhere'))[0]).to.not.equal(0);
      expect(await run('pwd')).to.deep.equal([0, '/new dir\n']);
    });

    it('copies in and out by scp within the shell', async () => {
      child.stdin.write('scp -r -p -d -t "/" ; echo "WinSCP: this is end-of-file:$?"\n');
      const acknowledged = async (): Promise<void> => {
        await until('an answer of scp', () => output.length > 0);
        expect(output[0]).to.equal(0);
        output = output.subarray(1);
      };
      await acknowledged();
      child.stdin.write('T1500000000 0 1500000000 0\n');
      await acknowledged();
      child.stdin.write('C0644 7 put by scp\n');
      await acknowledged();
      child.stdin.write('content\0');
      await acknowledged();
      child.stdin.write('E\n');
      await answer();
      expect(await run('cat "/put by scp" ; echo')).to.deep.equal([0, 'content\n']);
      child.stdin.write('scp -p -f "/put by scp" ; echo "WinSCP: this is end-of-file:$?"\n');
      for (let step = 0; step < 4; step++) child.stdin.write('\0');
      const [status, text] = await answer();
      expect(status).to.equal(0);
      expect(text).to.contain('T1500000000 0 ').and.contain('C0644 7 put by scp\ncontent\0');
    });
  });
});
