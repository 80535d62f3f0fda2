import { expect } from 'chai';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { FileStorage } from '../../../vfs/file-storage.ts';
import { stack } from '../../../vfs/layer.ts';
import { tracing } from '../../../vfs/middleware/tracing.ts';
import { rejection } from '../../support/rejection.ts';

async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of found) list.push(one);
  return list;
}

describe('glob of a FileStorage', () => {
  const listed: string[] = [];
  let storage: FileStorage;

  beforeEach(async () => {
    listed.length = 0;
    const noting = tracing(({ op, paths }) => op === 'readdir' && listed.push(...paths));
    storage = new FileStorage(stack(new MemoryBackend(), noting));
    for (const name of [
      '/src/a.ts',
      '/src/b.js',
      '/src/.hidden.ts',
      '/src/deep/c.ts',
      '/doc/[x].md',
      '/top.ts',
    ]) {
      await storage.mkdir(name.slice(0, name.lastIndexOf('/')) || '/', { recursive: true });
      await storage.writeFile(name, '');
    }
    await storage.symlink('/src', '/link');
  });

  const CASES: readonly [string | string[], string[]][] = [
    ['*.ts', ['top.ts']],
    ['src/*.ts', ['src/a.ts']],
    ['**/*.ts', ['src/a.ts', 'src/deep/c.ts', 'top.ts']],
    ['src/{a,b}.*', ['src/a.ts', 'src/b.js']],
    ['src/.*', ['src/.hidden.ts']],
    ['/src/*.js', ['src/b.js']],
    ['src/deep', ['src/deep']],
    ['src/*/', ['src/deep']],
    ['doc/\\[x\\].md', ['doc/[x].md']],
    ['./src/../src/a.ts', ['src/a.ts']],
    ['link/*.js', ['link/b.js']],
    ['nowhere/**', []],
    [
      ['src/*', '**/*.ts'],
      ['src/a.ts', 'src/b.js', 'src/deep', 'src/deep/c.ts', 'top.ts'],
    ],
  ];

  for (const [pattern, wanted] of CASES) {
    it(`finds ${wanted.join(', ') || 'nothing'} by ${String(pattern)}`, async () => {
      expect(await all(storage.glob(pattern))).to.deep.equal(wanted);
    });
  }

  it('lists no directory that nothing can be found in', async () => {
    await all(storage.glob('src/deep/*'));
    expect(listed).to.deep.equal(['/src/deep']);
    listed.length = 0;
    await all(storage.glob('src/*.ts'));
    expect(listed).to.deep.equal(['/src']);
  });

  it('begins in a directory, whatever its name, and leaves out what is excluded', async () => {
    await storage.rename('/src', '/s[r]c');
    const cwd = '/s[r]c';
    expect(await all(storage.glob('**/*.ts', { cwd }))).to.deep.equal(['a.ts', 'deep/c.ts']);
    expect(await all(storage.glob('**/*.ts', { cwd, exclude: ['deep'] }))).to.deep.equal(['a.ts']);
    const exclude = (found: string): boolean => found.startsWith('a');
    expect(await all(storage.glob('**/*.ts', { cwd, exclude }))).to.deep.equal(['deep/c.ts']);
  });

  it('answers entries with their types', async () => {
    const items = await all(storage.glob('src/*', { withFileTypes: true }));
    expect(items.map((item) => [item.parentPath, item.name, item.isDirectory()])).to.deep.equal([
      ['/src', 'a.ts', false],
      ['/src', 'b.js', false],
      ['/src', 'deep', true],
    ]);
  });

  it('fails where there is nothing to begin in, and without a pattern', async () => {
    expect(await rejection(all(storage.glob('*', { cwd: '/no' })))).to.include({
      code: 'ENOENT',
      path: '/no',
    });
    expect(await rejection(all(storage.glob('')))).to.include({ code: 'EINVAL' });
  });
});
