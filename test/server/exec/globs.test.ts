import { expect } from 'chai';
import { execBench, type ExecBench } from '../../support/exec.ts';

describe('globs and ~ in command lines', () => {
  let bench: ExecBench;
  before(async () => {
    bench = await execBench();
    for (const directory of ['/d', '/d/e', '/d/.hid', '/odd [x]']) {
      await bench.storage.mkdir(directory as never, 0o755, {});
    }
    for (const file of [
      '/a1',
      '/a2',
      '/b1',
      '/.dot',
      '/d/x.txt',
      '/d/y.txt',
      '/d/e/x.txt',
      '/odd [x]/*',
      '/é',
      '/[',
    ]) {
      await bench.write(file, '');
    }
    await bench.write('/\udcff1', '');
    await bench.storage.symlink('d', '/link' as never, {});
    await bench.storage.symlink('nowhere', '/dangling' as never, {});
  });

  const expansionOf = async (text: string): Promise<string[]> => {
    const { status, stdout } = await bench.run(`echo -n ${text}`);
    expect(status).to.equal(0);
    return stdout.split(' ');
  };

  for (const [text, expanded] of [
    ['a*', 'a1 a2'],
    ['?1', 'a1 b1 \udcff1'],
    ['[a-b]1', 'a1 b1'],
    ['[!a]1', 'b1 \udcff1'],
    ['[^a]1', 'b1 \udcff1'],
    ['[[:alpha:]][[:digit:]]', 'a1 a2 b1'],
    ['.d*', '.dot'],
    ['[.]dot', '[.]dot'],
    ['?', '[ d é'],
    ['*.none', '*.none'],
    ['d/*', 'd/e d/x.txt d/y.txt'],
    ['*/x.txt', 'd/x.txt link/x.txt'],
    ['*/*/x.txt', 'd/e/x.txt link/e/x.txt'],
    ['d/*/', 'd/e/'],
    ['/d/[x]*', '/d/x.txt'],
    ['./d//*.txt', './d//x.txt ./d//y.txt'],
    ['dang*', 'dangling'],
    ['d/../a?', 'd/../a1 d/../a2'],
    ["'a*'", 'a*'],
    ['a\\*', 'a*'],
    ["'a'*", 'a1 a2'],
    ['odd\\ \\[x\\]/*', 'odd [x]/*'],
    ['[', '['],
    ['[]', '[]'],
    ['~', '/'],
    ['~/d/*.txt', '/d/x.txt /d/y.txt'],
    ['~alice/a?', '/a1 /a2'],
    ['~bob', '~bob'],
    ["'~'", '~'],
    ["~'x'", '~x'],
    ['a~', 'a~'],
  ] as const) {
    it(`makes ${text} ${expanded}`, async () => {
      expect(await expansionOf(text)).to.deep.equal(expanded.split(' '));
    });
  }

  it('takes no more time for a pattern made to be slow', async () => {
    await bench.write(`/${'a'.repeat(250)}`, '');
    const pattern = `${'*a'.repeat(120)}*b`;
    expect(await expansionOf(pattern)).to.deep.equal([pattern]);
  });

  it('refuses more names than a command line may have', async () => {
    for (let index = 0; index < 40; index++) await bench.write(`/d/e/${'n'.repeat(240)}${index + 10}`, '');
    const { status, stderr } = await bench.run(`echo ${'d/e/n* '.repeat(250)}`);
    expect(status).to.equal(2);
    expect(stderr).to.equal('Argument list too long\n');
  });
});
