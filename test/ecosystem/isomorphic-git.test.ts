import { expect } from 'chai';
import * as git from 'isomorphic-git';
import http from 'isomorphic-git/http/node';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { MemoryBackend, nodeFs, quota, SqliteBackend, stack, FileStorage } from '../../vfs/index.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { serveGit, type GitHttpServer } from '../support/git-http-server.ts';
import { requireProgram } from '../support/require-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const author = { name: 'Test', email: 'test@example.org', timestamp: 1_700_000_000, timezoneOffset: 0 };
const dir = '/repository';

/** A storage as it is, and with the face of `node:fs`. */
const FACES = {
  'a FileStorage': (backend: VfsBackend) => new FileStorage(backend),
  nodeFs: (backend: VfsBackend) => nodeFs(backend),
};
const BACKENDS = {
  memory: () => Promise.resolve<VfsBackend>(new MemoryBackend()),
  SQLite: (directory: string) => SqliteBackend.open(join(directory, 'storage.db')),
};

describe('isomorphic-git', function () {
  this.timeout(30_000);
  const directory = temporaryDirectory();
  let backend: VfsBackend;

  afterEach(() => backend.dispose());

  for (const [kind, open] of Object.entries(BACKENDS)) {
    for (const [face, make] of Object.entries(FACES)) {
      it(`makes a repository, commits, branches and checks out, on ${kind} through ${face}`, async () => {
        backend = await open(directory());
        // Under a quota, so that what it writes goes through layers.
        const fs = make(stack(backend, quota({ bytes: 10_000_000 })));
        const files = new FileStorage(backend);
        await files.mkdir(`${dir}/src`, { recursive: true });
        await git.init({ fs, dir, defaultBranch: 'main' });
        await files.writeFile(`${dir}/README`, 'one');
        await files.writeFile(`${dir}/src/run.sh`, '#!/bin/sh\n', { mode: 0o755 });
        await files.symlink('README', `${dir}/link`);
        for (const filepath of ['README', 'src/run.sh', 'link']) await git.add({ fs, dir, filepath });
        const first = await git.commit({ fs, dir, message: 'first', author });
        await git.branch({ fs, dir, ref: 'other' });
        await files.writeFile(`${dir}/README`, 'two, and longer');
        expect(await git.status({ fs, dir, filepath: 'README' })).to.equal('*modified');
        await git.add({ fs, dir, filepath: 'README' });
        const second = await git.commit({ fs, dir, message: 'second', author });
        await git.checkout({ fs, dir, ref: 'other' });
        expect(await files.readFile(`${dir}/README`, 'utf8')).to.equal('one');
        await git.checkout({ fs, dir, ref: 'main' });
        expect(await files.readFile(`${dir}/README`, 'utf8')).to.equal('two, and longer');
        const log = await git.log({ fs, dir });
        expect(log.map(({ oid, commit }) => [oid, commit.message])).to.deep.equal([
          [second, 'second\n'],
          [first, 'first\n'],
        ]);
        expect(await git.statusMatrix({ fs, dir })).to.deep.equal([
          ['README', 1, 1, 1],
          ['link', 1, 1, 1],
          ['src/run.sh', 1, 1, 1],
        ]);
        expect((await files.stat(`${dir}/src/run.sh`)).mode & 0o777).to.equal(0o755);
        expect(await files.readlink(`${dir}/link`)).to.equal('README');
      });
    }
  }

  describe('over HTTP', () => {
    let server: GitHttpServer | undefined;

    afterEach(() => server?.close());

    for (const [kind, open] of Object.entries(BACKENDS)) {
      it(`clones what git serves, on ${kind}`, async function () {
        const program = requireProgram(this, 'git');
        const source = join(directory(), 'source');
        const commits = makeRepository(program, source);
        server = await serveGit(program, directory());
        backend = await open(directory());
        const fs = nodeFs(backend);
        await git.clone({ fs, http, dir, url: `${server.url}/source/.git` });
        const log = await git.log({ fs, dir });
        expect(log.map(({ oid }) => oid)).to.deep.equal(commits);
        const files = new FileStorage(backend);
        expect(await files.readFile(`${dir}/dir/file`, 'utf8')).to.equal('x'.repeat(100_000));
        expect((await files.stat(`${dir}/dir/file`)).mode & 0o777).to.equal(0o755);
        expect(await files.readlink(`${dir}/link`)).to.equal('dir/file');
        expect(
          (await git.statusMatrix({ fs, dir })).every(([, ...state]) => state.every((one) => one === 1)),
        ).to.equal(true);
      });
    }
  });
});

/** Two commits with a program, a symlink and directories; their names, newest first. */
function makeRepository(git: string, directory: string): string[] {
  const script = [
    'git init -q -b main .',
    'mkdir dir && head -c 100000 /dev/zero | tr "\\0" x > dir/file && chmod 755 dir/file && ln -s dir/file link',
    'git add -A && git commit -q -m one',
    'echo more > second && git add -A && git commit -q -m two',
  ].join(' && ');
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.org',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.org',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  execFileSync('sh', ['-c', `mkdir -p "$1" && cd "$1" && ${script}`, 'sh', directory], { env });
  return execFileSync(git, ['log', '--format=%H'], { cwd: directory, env, encoding: 'utf8' })
    .trim()
    .split('\n');
}
