import { expect } from 'chai';
import { fileText, runInShell, shellBackend } from '../../../support/shell.ts';
import { FileStorage } from '../../../../vfs/file-storage.ts';
import type { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { pathFilter } from '../../../../vfs/middleware/path-filter.ts';
import { stack } from '../../../../vfs/layer.ts';

/** Ways to a file that nobody may reach, with programs of ours and of the engine. */
const WAYS: readonly string[] = [
  'cat /closed/secret',
  'x=$(cat /closed/secret); echo "$x"',
  'x=$(</closed/secret); echo "$x"',
  'while read -r x; do echo "$x"; done < /closed/secret',
  'sort /closed/secret',
  'grep -r . /closed',
  'cd /closed && cat secret',
  'cat /open/../closed/secret',
  'cat /closed/*',
  'ln -s /closed/secret /open/l; cat /open/l',
  'ln -s ../closed /open/d; cat /open/d/secret; ls /open/d',
  'ln /closed/secret /open/h; cat /open/h',
  'cp /closed/secret /open/c; cat /open/c',
  'mv /closed/secret /open/m; cat /open/m',
  'mv /closed /open/dir; cat /open/dir/secret',
  'tar cf - /closed | tar tvf -',
  'zip -r /open/z.zip /closed; unzip -p /open/z.zip',
  '. /closed/secret',
  'bash /closed/secret',
  'dd if=/closed/secret',
  'find / -name secret',
];

describe('a shell over a path filter', function () {
  this.timeout(20_000);

  /** All of it alice's: only the filter is in her way. */
  async function withDirectories(): Promise<MemoryBackend> {
    const store = await shellBackend();
    const files = new FileStorage(store);
    for (const directory of ['/open', '/closed']) await files.mkdir(directory);
    await files.writeFile('/closed/secret', 'TREASURE\n');
    for (const path of ['/open', '/closed', '/closed/secret']) await files.chown(path, 10_000, 10_000);
    return store;
  }

  for (const line of WAYS) {
    it(`does not pass it: ${line}`, async () => {
      const store = await withDirectories();
      const backend = stack(store, pathFilter([{ allow: '/open/**' }]));
      const { stdout, stderr } = await runInShell({ line, backend });
      expect(stdout + stderr).to.not.include('TREASURE');
      expect(stdout).to.not.include('secret');
      const written = await runInShell({ line: 'echo no > /closed/secret; rm -rf /closed', backend });
      expect(written.stderr).to.match(/ermission denied/);
      expect(await fileText(store, '/closed/secret')).to.equal('TREASURE\n');
    });
  }

  it('works where it lets', async () => {
    const store = await withDirectories();
    const backend = stack(store, pathFilter([{ allow: '/open/**' }]));
    const { stdout } = await runInShell({ line: 'echo yes > /open/f; cat /open/f; ls /', backend });
    expect(stdout).to.equal('yes\nopen\n');
  });
});
