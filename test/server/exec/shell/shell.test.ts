import { expect } from 'chai';
import { fileText, runInShell, shellBackend } from '../../../support/shell.ts';

describe('a shell', function () {
  this.timeout(20_000);

  const said = async (script: string, input = ''): Promise<string> =>
    (await runInShell({ line: script, input })).stdout;

  it('keeps variables, functions, aliases and the directory from line to line', async () => {
    const lines = [
      'x=5',
      'f() { echo "f $1"; }',
      "alias g='f again'",
      'mkdir d',
      'cd d',
      'echo $x; f a; g; pwd',
    ];
    const { stdout, status } = await runInShell({ input: `${lines.join('\n')}\n` });
    expect(stdout).to.equal('5\nf a\nf again\n/d\n');
    expect(status).to.equal(0);
  });

  it('hands them on to the shell that takes its place', async () => {
    const first = await runInShell({
      input: `x='a b'\narr=(1 2)\nf() { echo "f $x"; }\nalias g='f'\nmkdir d; cd d; umask 077\n`,
    });
    const state = first.states.at(-1);
    const backend = await shellBackend();
    const { stdout, stderr } = await runInShell({
      input: 'f; g; echo ${arr[1]}; umask\n',
      state: { ...state, cwd: '/' as never },
      backend,
    });
    expect(stdout + stderr).to.equal('f a b\nf a b\n2\n0077\n');
    expect(state?.cwd).to.equal('/d');
  });

  it('answers with the status of what came last, or that of exit', async () => {
    expect((await runInShell({ line: 'true; false' })).status).to.equal(1);
    expect(await runInShell({ line: 'exit 7; echo no' })).to.include({ status: 7, stdout: '' });
    expect(await said('false; echo $?; nothing-of-the-kind; echo $?')).to.equal('1\n127\n');
  });

  it('goes on after what it cannot read, and says so', async () => {
    const { stdout, stderr, status } = await runInShell({ input: 'echo (\necho $?\n' });
    expect(stderr).to.match(/^bash: syntax error/);
    expect(stdout).to.equal('2\n');
    expect(status).to.equal(0);
  });

  it('shows what each command writes when it writes it', async () => {
    const { pieces } = await runInShell({ line: 'for i in 1 2 3; do echo $i; done; nothing; echo 4' });
    expect(pieces).to.deep.equal(['1\n', '2\n', '3\n', 'bash: nothing: command not found\n', '4\n']);
  });

  it('reads commands and their input from one place, each what is its own', async () => {
    const script = 'read a b\none two\necho "$b $a"\nsort\nz\ny\n';
    expect((await runInShell({ input: script })).stdout).to.equal('two one\ny\nz\n');
    expect((await runInShell({ input: 'cat > f <<E\nin f\nE\ncat f\n' })).stdout).to.equal('in f\n');
  });

  it('gives standard input to whoever reads it, in loops and behind cd', async () => {
    expect(await said('for i in 1 2; do read x; echo "<$x>"; done; tr a-z A-Z', 'a\nb\nc\nd\n')).to.equal(
      '<a>\n<b>\nC\nD\n',
    );
    expect(await said('grep b | tr b B', 'a\nb\n')).to.equal('B\n');
    expect(await said('grep -c x f || echo no; tr a A', 'a\n')).to.equal('no\nA\n');
  });

  it('starts shells within it, with their own commands and parameters', async () => {
    expect((await runInShell({ input: 'echo FISH:;/bin/sh\ny=5\necho $y\nexit 3\n' })).status).to.equal(3);
    expect(await said('bash -s a b', 'echo $2 $1\n')).to.equal('b a\n');
    expect(await said(`bash -c 'echo "$1"; exit 4' name one; echo $?`)).to.equal('one\n4\n');
    expect(await said(`echo 'echo from $1' > s; sh s here; chmod +x s; ./s there`)).to.equal(
      'from here\nfrom there\n',
    );
    expect(await said('bash -s x <<E\necho \\$1\nE')).to.equal('x\n');
  });

  it('does not let exec >file take what is piped and substituted (a fault of just-bash 3.4.2)', async () => {
    const backend = await shellBackend();
    await runInShell({
      backend,
      line: 'exec > log; echo a; echo b | tr b B; x=$(echo c); echo "[$x]"; cat < log > copy',
    });
    expect(await fileText(backend, '/log')).to.equal('a\nB\n[c]\n');
  });

  it('tells of a redirection that cannot be made, and does not run the command', async () => {
    const { stdout, stderr } = await runInShell({
      line: 'mktemp > no/file; echo $?; a="x y"; mktemp > $a; echo $?',
    });
    expect(stderr).to.equal('bash: no/file: No such file or directory\nbash: ambiguous redirect\n');
    expect(stdout).to.equal('1\n1\n');
  });

  it('keeps names that are no UTF-8', async () => {
    const backend = await shellBackend();
    const name = 'f\udcff';
    await backend.close(
      await backend.open(`/${name}` as never, { access: 'w', create: 'if-missing' }, 0o644, {}),
      {},
    );
    await backend.setstat(`/${name}` as never, { uid: 10_000 }, {});
    await runInShell({ backend, line: 'for f in f*; do echo text > "$f"; mkdir "d$f"; done' });
    expect(await fileText(backend, `/${name}`)).to.equal('text\n');
    expect((await backend.lstat(`/d${name}` as never, {})).type).to.equal('directory');
  });

  it('runs programs beside the loop or group that reads them, and ends them with it', async () => {
    const setUp = 'mkdir d; for n in a b c; do echo "in $n" > d/$n; done; ';
    const { pieces } = await runInShell({ line: `${setUp}find d -type f | while read f; do cat "$f"; done` });
    expect(pieces).to.have.members(['in a\n', 'in b\n', 'in c\n']);
    expect(
      await said('cat | (read x; echo "first $x"; cat > rest; exit 3); echo $?; cat rest', 'a\nb\nc\n'),
    ).to.equal('first a\n3\nb\nc\n');
    expect(await said('head -c 4 | { cat; echo; }; cat', 'abcdefg\n')).to.equal('abcd\nefg\n');
    expect(
      await said('cat | (exit 4) || echo "failed $?"; cat | if read x; then echo "got $x"; fi', 'a\n'),
    ).to.match(/^failed 4\n/);
    expect(
      await said('x=1; echo a > f; cat f | { x=2; read y; }; echo "$x$y"; cat f | (cat f | (cat); cat)'),
    ).to.equal('1\na\na\n');
    expect((await runInShell({ line: 'set -e; echo a > f; cat f | (false); echo no' })).status).to.equal(1);
  });

  it('keeps text that is not ASCII, however it goes through the engine', async () => {
    const line = `x=é; echo $x | cat; echo "$(echo é)" | tr a b; f() { echo é; }; f | sed s/a/b/; for i in é; do echo $i; done | sort
      cat <<< é; y=$(cat <<< é); echo $y; echo é > f; z=$(<f); echo $z; grep é f; awk '{print $1}' f; (echo é; cat f) | cat; (echo é; echo é) | uniq
      { echo é; f; } > g; cat g; f é; read w < f; echo $w; printf '%s\\n' é; echo -e '\\u00e9'; echo "\${#x}"; ls ü 2>&1 | cat`;
    const { stdout } = await runInShell({ line });
    expect(stdout.split('\n').filter((text) => text !== 'é')).to.deep.equal([
      '1',
      "ls: cannot access 'ü': No such file or directory",
      '',
    ]);
  });

  it('keeps bytes as they are through files and pipes', async () => {
    const backend = await shellBackend();
    const start = Buffer.from('cat > a\n');
    await runInShell({ backend, input: Buffer.concat([start, Buffer.from('ff0080', 'hex')]) });
    await runInShell({ backend, line: 'cp a b; (cat b; cat a) | cat > c' });
    const bytes = async (name: string): Promise<string> =>
      Buffer.from(await fileText(backend, name, 'latin1'), 'latin1').toString('hex');
    expect([await bytes('/a'), await bytes('/b'), await bytes('/c')]).to.deep.equal([
      'ff0080',
      'ff0080',
      'ff0080ff0080',
    ]);
  });

  it('takes values of xargs in the word of their option (just-bash 3.4.2 does not)', async () => {
    const { stdout, stderr } = await runInShell({
      line: `printf 'a\\nb\\n' | xargs -n1 echo x; printf 'a\\nb\\n' | xargs -I{} echo '<{}>' -n1; printf 'c' | xargs -n 1 echo -n2`,
    });
    expect({ stdout, stderr }).to.deep.equal({ stdout: 'x a\nx b\n<a> -n1\n<b> -n1\n-n2 c\n', stderr: '' });
  });

  it('ends what writes for ever when nobody reads any more, and holds no more than it may', async () => {
    const { stdout, stderr } = await runInShell({
      line: 'yes | head -n 2; yes a b | head -n 1; echo {x,y}{1,2}; yes | sort | head -n 1; echo on',
    });
    expect(stdout).to.equal('y\ny\na b\nx1 x2 y1 y2\non\n');
    expect(stderr).to.equal('bash: yes: more than 32 MiB of output cannot be held here\n');
  });

  it('finds nothing of the host', async () => {
    const line =
      'echo /proc* /etc* /dev/*; for f in /etc/passwd /proc/self/environ /dev/zero; do test -e $f && echo there; done; env';
    const { stdout } = await runInShell({ line });
    expect(stdout).to.not.match(/there|\/work|\/root|NODE|npm_/);
    expect(stdout).to.match(/^\/proc\* \/etc\* \/dev\/\*\n/);
  });

  it('has no way into the network', async () => {
    for (const name of ['curl', 'wget', 'nc', 'ssh', 'python3', 'node', 'sqlite3', 'js-exec']) {
      expect((await runInShell({ line: name })).status, name).to.equal(127);
    }
  });

  it('keeps to the quota', async () => {
    const backend = await shellBackend();
    const { stderr, status } = await runInShell({
      backend,
      limits: { bytes: 1000 },
      line: 'seq 1 10000 > f',
    });
    expect(stderr).to.match(/quota/i);
    expect(status).to.not.equal(0);
    expect((await backend.lstat('/f' as never, {})).size).to.be.at.most(1000);
  });

  const hostile: Readonly<Record<string, string>> = {
    'a loop without an end': 'while true; do :; done; echo no',
    'a function that calls itself': 'f() { f; }; f; echo no',
    'a fork bomb': ':() { : | : & }; :; echo no',
    'a string that doubles': 'x=aaaaaaaa; while true; do x=$x$x; done; echo no',
    'a range of a billion': 'echo {1..1000000000}; echo no',
  };
  for (const [name, line] of Object.entries(hostile)) {
    it(`stops ${name}, and says what the limit is`, async function () {
      this.timeout(60_000);
      const { stdout, stderr, by } = await runInShell({ line });
      expect(by).to.equal('failed');
      expect(stderr).to.match(/^bash: .*(exceeded|too many|limit|executed)/m);
      expect(stdout).to.not.contain('no');
    });
  }

  it('ends a wait and a loop that waits when it is interrupted', async () => {
    const begun = Date.now();
    const { by, stdout } = await runInShell({
      line: 'while true; do sleep 5; echo tick; done',
      meanwhile: (shell) => void setTimeout(() => shell.interrupt(), 300),
    });
    expect(by).to.equal('failed');
    expect(stdout).to.equal('');
    expect(Date.now() - begun).to.be.below(4000);
  });
});
