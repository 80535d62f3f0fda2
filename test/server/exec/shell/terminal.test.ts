import { expect } from 'chai';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { complete, lastWord } from '../../../../server/exec/shell/worker/completion.ts';
import { LineDiscipline } from '../../../../server/exec/shell/worker/line-discipline.ts';
import { lineAt, lineBefore, type Pages } from '../../../../server/exec/shell/worker/pager/lines.ts';
import { cut, widthOf } from '../../../../server/exec/shell/worker/screen/columns.ts';
import { keysOf } from '../../../../server/exec/shell/worker/screen/key-reader.ts';

describe('a terminal while a program reads lines', () => {
  function typed(keys: string): { readonly input: string; readonly echo: string; readonly events: string[] } {
    const seen = { input: '', echo: '', events: [] as string[] };
    const discipline = new LineDiscipline({
      echo: (text) => (seen.echo += Buffer.from(text as string).toString()),
      input: (bytes) => (seen.input += Buffer.from(bytes).toString()),
      end: () => seen.events.push('end'),
      interrupt: () => seen.events.push('interrupt'),
    });
    discipline.receive(Buffer.from(keys));
    return seen;
  }

  it('gives whole lines, corrected', () => {
    expect(typed('ab\u007fc\rx')).to.deep.include({ input: 'ac\n', echo: 'ab\b \bc\r\nx' });
    expect(typed('one two\u0017x\u0015y\r').input).to.equal('y\n');
    expect(typed('ü\u007f\r').input).to.equal('\n');
  });

  it('ends by Ctrl-D at the beginning of a line, and gives the line as it is within one', () => {
    expect(typed('\u0004')).to.deep.include({ input: '', events: ['end'] });
    expect(typed('ab\u0004')).to.deep.include({ input: 'ab', events: [] });
  });

  it('interrupts by Ctrl-C and forgets the line', () => {
    expect(typed('ab\u0003c\r')).to.deep.include({ input: 'c\n', events: ['interrupt'] });
  });

  it('holds no more than a line of 4,096 bytes', () => {
    expect(typed(`${'x'.repeat(10_000)}\r`).input.length).to.equal(4096);
  });
});

describe('keys of a terminal', () => {
  it('are told by name, others as text', () => {
    expect(keysOf('a\u001b[Aü\u001b[5~\u0018\r\u001bu\u001bOB\u007f')).to.deep.equal([
      { text: 'a' },
      { name: 'up' },
      { text: 'ü' },
      { name: 'page-up' },
      { name: 'ctrl-x' },
      { name: 'enter' },
      { name: 'alt-u' },
      { name: 'down' },
      { name: 'backspace' },
    ]);
    expect(keysOf('\u001b')).to.deep.equal([{ name: 'escape' }]);
  });
});

describe('text on a terminal', () => {
  it('is cut at columns, wide characters and tabs counted, and cannot drive the terminal', () => {
    expect(cut('abcdef', 2, 3)).to.equal('cde');
    expect(cut('日本語', 0, 5)).to.equal('日本');
    expect(cut('日本', 1, 4)).to.equal(' 本');
    expect(cut('\tx', 0, 20)).to.equal('        x');
    expect(cut('\u001b[31m\udcff', 0, 20)).to.equal('^[[31m<FF>');
    expect(widthOf('日\te\u0301')).to.equal(9);
  });
});

describe('the lines of a long text', () => {
  const pagesOf = (text: string): Pages => {
    const bytes = Buffer.from(text);
    const size = async (): Promise<number> => bytes.length;
    return { read: async (at, length) => bytes.subarray(at, at + length), size, end: size };
  };

  it('are found on and back without reading all', async () => {
    const text = `a\n\nlong ${'x'.repeat(40_000)}\nend`;
    const pages = pagesOf(text);
    const starts: number[] = [];
    for (let line = await lineAt(pages, 0); line !== undefined; line = await lineAt(pages, line.next))
      starts.push(line.start);
    expect(starts.slice(0, 3)).to.deep.equal([0, 2, 3]);
    expect(await lineBefore(pages, text.length)).to.equal(text.length - 3);
    expect(await lineBefore(pages, 3)).to.equal(2);
    expect(await lineBefore(pages, 2)).to.equal(0);
    expect(await lineAt(pages, text.length)).to.equal(undefined);
  });
});

describe('completion', () => {
  it('knows which word is typed, and whether it is a command', () => {
    expect(lastWord('ls a\\ b')).to.deep.equal({ word: 'a\\ b', first: false });
    expect(lastWord('a | gr')).to.deep.equal({ word: 'gr', first: true });
    expect(lastWord('echo "a b')).to.deep.equal({ word: '"a b', first: false });
    expect(lastWord('cat <fi')).to.deep.equal({ word: 'fi', first: false });
    expect(lastWord('x=1 ec')).to.deep.equal({ word: 'ec', first: false });
  });

  it('offers commands and paths, as they have to be typed', async () => {
    const mount = new MemoryBackend();
    await mount.mkdir('/some dir' as VfsPath, 0o755, {});
    await mount.close(
      await mount.open('/some file' as VfsPath, { access: 'w', create: 'if-missing' }, 0o644, {}),
      {},
    );
    const context = { mount, cwd: '/' as VfsPath, commands: ['sort', 'sed', 'ls'] };
    expect(await complete('s', context)).to.deep.equal([['sed ', 'sort '], 's']);
    expect(await complete('ls so', context)).to.deep.equal([['some\\ dir/', 'some\\ file '], 'so']);
    expect(await complete('ls some\\ d', context)).to.deep.equal([['some\\ dir/'], 'some\\ d']);
    expect(await complete('ls nothing/x', context)).to.deep.equal([[], 'nothing/x']);
  });
});
