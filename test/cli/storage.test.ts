import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { Account } from '../../server/auth/account.ts';
import { openControlSocket } from '../../server/control-socket.ts';
import { SERVER_DOOR } from '../../server/door-names.ts';
import type { RunningServer } from '../../server/listen.ts';
import { openStorageDoor } from '../../server/storage-door.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import { vfsPath } from '../../vfs/path.ts';
import { captureLog } from '../support/captured-log.ts';
import { anyfs, type CommandLineOptions } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const UID = 10_000;
const ODD_NAME = Buffer.from([0x6f, 0xff, 0x0a, 0x1b, 0x5b, 0x33, 0x31, 0x6d]);

describe('anyfs storage', () => {
  const temporary = temporaryDirectory();
  const at = (...names: string[]): string => join(temporary(), ...names);
  const storageFile = (): string => at('data', 'storage', 'alice.db');

  function cli(argv: readonly string[], options: CommandLineOptions = {}) {
    return anyfs(['storage', ...argv], { cwd: temporary(), env: { ANYFS_DATA: at('data') }, ...options });
  }

  async function done(argv: readonly string[], options: CommandLineOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await cli(argv, options);
    expect([code, stderr]).to.deep.equal([0, '']);
    return stdout;
  }

  async function refusal(...argv: string[]): Promise<string> {
    const { code, stderr } = await cli(argv);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^anyfs: [^\n]+\n$/);
    return stderr;
  }

  function inside<T>(work: (backend: VfsBackend) => Promise<T>): Promise<T> {
    return SqliteBackend.open(storageFile(), { create: false }).then(async (backend) => {
      try {
        return await work(backend);
      } finally {
        await backend.dispose();
      }
    });
  }

  beforeEach(async () => {
    const { code } = await anyfs(['user', 'add', 'alice', '--data', at('data')]);
    expect(code).to.equal(0);
    await (await SqliteBackend.open(storageFile(), { owner: { uid: UID, gid: UID } })).dispose();
  });

  /** A tree with one of everything, in `source`. */
  function makeTree(): void {
    mkdirSync(at('source', 'empty'), { recursive: true });
    mkdirSync(at('source', 'sub'));
    writeFileSync(at('source', 'file'), randomBytes(300_000));
    writeFileSync(at('source', 'sub', 'none'), '');
    writeFileSync(Buffer.concat([Buffer.from(at('source', 'sub')), Buffer.from('/'), ODD_NAME]), 'odd');
    writeFileSync(at('source', 'sparse'), 'begin');
    truncateSync(at('source', 'sparse'), 3 * 2 ** 20);
    linkSync(at('source', 'file'), at('source', 'sub', 'second name'));
    symlinkSync('../file', at('source', 'sub', 'link'));
    symlinkSync('/etc/passwd', at('source', 'outside'));
    chmodSync(at('source', 'file'), 0o640);
    chmodSync(at('source', 'sub'), 0o750);
    lutimesSync(at('source', 'outside'), 1_000_000_000, 1_000_000_001);
    utimesSync(at('source', 'file'), 1_500_000_000.5, 1_500_000_001.25);
    utimesSync(at('source', 'sub'), 1_600_000_000, 1_600_000_001);
  }

  /** Names, types, modes, times (Node sets them to the microsecond), targets and contents, as `find` and `sha256sum` see them. */
  function describeTree(directory: string): string {
    const script = `cd "$1" && find . -printf '%P %y %m %n %s %l %T@\\n' | sed -E 's/(\\.[0-9]{6})[0-9]*$/\\1/' | sort && find . -type f -exec sha256sum {} + | sort`;
    return execFileSync('sh', ['-c', script, 'sh', directory], { encoding: 'latin1' });
  }

  it('brings a tree of the host in and out again with modes, times, links, holes and odd names', async () => {
    makeTree();
    expect(await done(['import', 'alice', 'source'])).to.equal(
      'imported 5 files, 3 directories, 2 symlinks, 3.28 MiB\n',
    );
    const counts = JSON.parse(await done(['export', 'alice', '/source', 'copy', '--json'])) as unknown;
    expect(counts).to.deep.equal({ files: 5, directories: 3, symlinks: 2, bytes: 3_445_731, skipped: 0 });
    expect(describeTree(at('copy'))).to.equal(describeTree(at('source')));
    expect(statSync(at('copy', 'sparse')).blocks * 512).to.be.lessThan(1 << 20);
    const { used } = await inside((backend) => backend.lstat(vfsPath('/source/sparse'), {}));
    expect(used).to.be.at.most(128 * 1024);
    expect(await done(['check', 'alice'])).to.match(/ok$/m);
  });

  it('gives what it brings in to the account', async () => {
    writeFileSync(at('a'), 'a');
    await done(['import', 'alice', 'a']);
    const { uid, gid, mode } = await inside((backend) => backend.lstat(vfsPath('/a'), {}));
    expect([uid, gid, mode]).to.deep.equal([UID, UID, lstatSync(at('a')).mode & 0o7777]);
  });

  it('places things as cp does: into a directory, under a new name, or the contents alone', async () => {
    mkdirSync(at('source'));
    writeFileSync(at('source', 'a'), 'a');
    await done(['import', 'alice', 'source']);
    await done(['import', 'alice', 'source', '/renamed']);
    await done(['import', 'alice', 'source/.', 'source']);
    await done(['import', 'alice', 'source/a', '/source']);
    expect(await done(['ls', 'alice', '-R'])).to.equal('/renamed\n/renamed/a\n/source\n/source/a\n');
    mkdirSync(at('there'));
    await done(['export', 'alice', '/source/a', 'there']);
    await done(['export', 'alice', 'source', 'there']);
    await done(['export', 'alice', '/', 'everything']);
    expect(readdirSync(at('there')).sort()).to.deep.equal(['a', 'source']);
    expect(readdirSync(at('everything')).sort()).to.deep.equal(['renamed', 'source']);
    expect(await refusal('import', 'alice', 'source', '/missing/place')).to.match(
      /a directory above it does not exist/,
    );
  });

  it('replaces files on either side, and never a directory by a file', async () => {
    writeFileSync(at('a'), 'first');
    await done(['import', 'alice', 'a']);
    await done(['export', 'alice', '/a', 'b']);
    writeFileSync(at('a'), 'second');
    await done(['import', 'alice', 'a']);
    await done(['export', 'alice', '/a', 'b']);
    expect(readFileSync(at('b'), 'utf8')).to.equal('second');
    mkdirSync(at('dir', 'a'), { recursive: true });
    expect(await refusal('export', 'alice', '/a', 'dir')).to.match(/dir\/a is a directory; remove it first/);
    await inside((backend) => backend.mkdir(vfsPath('/c'), 0o755, {}));
    writeFileSync(at('c'), 'c');
    mkdirSync(at('holds'));
    writeFileSync(at('holds', 'c'), 'c');
    expect(await refusal('import', 'alice', 'holds/.')).to.match(/\/c is a directory in the storage/);
  });

  it('replaces a symlink of the storage instead of writing through it', async () => {
    await inside((backend) => backend.symlink('/b', vfsPath('/a'), {}));
    writeFileSync(at('a'), 'a');
    await done(['import', 'alice', 'a', '/']);
    expect(await done(['ls', 'alice', '--json']))
      .to.include('"type":"file"')
      .and.not.to.include('"/b"');
  });

  it('never writes outside of the destination through a symlink', async () => {
    mkdirSync(at('outside'));
    mkdirSync(at('source', 'dir'), { recursive: true });
    writeFileSync(at('source', 'dir', 'file'), 'evil');
    writeFileSync(at('source', 'top'), 'evil');
    writeFileSync(at('outside', 'target'), 'precious');
    await done(['import', 'alice', 'source']);
    mkdirSync(at('copy', 'source'), { recursive: true });
    symlinkSync(at('outside'), at('copy', 'source', 'dir'));
    symlinkSync(at('outside', 'target'), at('copy', 'source', 'top'));
    expect(await refusal('export', 'alice', '/source', 'copy')).to.match(
      /dir is a symlink, which an export does not follow/,
    );
    expect(readdirSync(at('outside'))).to.deep.equal(['target']);
    await done(['export', 'alice', '/source/top', 'copy/source']);
    expect(readFileSync(at('outside', 'target'), 'utf8')).to.equal('precious');
    expect(lstatSync(at('copy', 'source', 'top')).isFile()).to.equal(true);
  });

  it('refuses a name that a damaged storage uses to climb out', async () => {
    writeFileSync(at('a'), 'a');
    await done(['import', 'alice', 'a']);
    const database = new Database(storageFile());
    database.prepare('UPDATE dentry SET name = ?').run(Buffer.from('../climbed'));
    database.close();
    mkdirSync(at('copy'));
    expect(await refusal('export', 'alice', '/', 'copy')).to.match(/it holds the name "\.\.\/climbed"/);
    expect(existsSync(at('climbed'))).to.equal(false);
    expect(await refusal('check', 'alice')).to.match(/breaks \d of its invariants; restore/);
  });

  it('drops set-id bits on the way out, keeps them on the way in', async () => {
    writeFileSync(at('a'), 'a');
    chmodSync(at('a'), 0o6755);
    await done(['import', 'alice', 'a']);
    expect((await inside((backend) => backend.lstat(vfsPath('/a'), {}))).mode).to.equal(0o6755);
    await done(['export', 'alice', '/a', 'b']);
    expect(lstatSync(at('b')).mode & 0o7777).to.equal(0o755);
  });

  it('leaves pipes and devices out, and says so', async () => {
    mkdirSync(at('source'));
    execFileSync('mkfifo', [at('source', 'pipe')]);
    writeFileSync(at('source', 'a'), 'a');
    const { code, stdout, stderr } = await cli(['import', 'alice', 'source']);
    expect([code, stdout]).to.deep.equal([1, 'imported 1 file, 1 directory, 0 symlinks, 1 B\n']);
    expect(stderr).to.match(
      /pipe is no file, directory or symlink and is left out\nanyfs: some things \(1\) were left out, see above/,
    );
  });

  it('leaves the data directory out, and goes neither from nor to it', async () => {
    mkdirSync(at('rest'));
    const { code, stderr } = await cli(['import', 'alice', '.']);
    expect(code).to.equal(1);
    expect(stderr).to.match(/\/data is the data directory and is left out\n/);
    expect((await done(['ls', 'alice', '-R'])).match(/\/rest|\/data/g)).to.deep.equal(['/rest']);
    symlinkSync(at('data', 'storage'), at('other-name'));
    for (const inside of ['data', 'data/storage/alice.db', 'other-name/alice.db']) {
      expect(await refusal('import', 'alice', inside)).to.match(
        /is in the data directory, which is no place/,
      );
    }
    for (const inside of ['data', 'data/new/deep', 'other-name/alice.db', 'other-name']) {
      expect(await refusal('export', 'alice', '/', inside)).to.match(
        /is in the data directory, which is no place/,
      );
    }
  });

  it('stays within the quota of the account', async () => {
    await anyfs(['user', 'set', 'alice', '--quota', '1MiB', '--data', at('data')]);
    writeFileSync(at('big'), randomBytes(2 << 20));
    expect(await refusal('import', 'alice', 'big')).to.match(/quota exceeded: /);
    expect(await done(['ls', 'alice'])).to.equal('');
    expect(await done(['check', 'alice'])).to.match(/ok$/m);
    const usage = JSON.parse(await done(['usage', 'alice', '--json'])) as { bytes: number; quota: number };
    expect(usage.quota).to.equal(1 << 20);
    expect(usage.bytes).to.be.at.most(1 << 20);
  });

  it('ends early when it is told to', async () => {
    writeFileSync(at('a'), 'a');
    const signal = AbortSignal.abort(new Error('stop'));
    expect((await cli(['import', 'alice', 'a'], { signal })).code).to.equal(1);
    expect(await done(['ls', 'alice'])).to.equal('');
  });

  it('lists in the order of bytes, long on demand, with owners by name', async () => {
    for (const name of ['b', 'Z', 'a', 'ä']) writeFileSync(at(name), 'x');
    for (const name of ['b', 'Z', 'a', 'ä']) await done(['import', 'alice', name]);
    await inside((backend) => backend.symlink('a b', vfsPath('/link'), {}));
    expect(await done(['ls', 'alice'])).to.equal('Z\na\nb\nlink\nä\n');
    const long = (await done(['ls', 'alice', '-l', '/'])).split('\n');
    expect(long[0]).to.match(/^-rw-r--r-- {3}1 alice {4}alice {15}1 \d{4}-\d\d-\d\d \d\d:\d\d Z$/);
    expect(long[3]).to.match(/^lrwxrwxrwx .* link -> a b$/);
    expect(await done(['ls', 'alice', '/b'])).to.equal('b\n');
    expect(await done(['ls', 'alice', '/link', '--json'].slice(0, 2))).to.include('link');
  });

  it('gives names as their bytes to a program, and escapes them on a terminal', async () => {
    await inside(async (backend) =>
      backend.mkdir(vfsPath(`/${ODD_NAME.toString('latin1').replace('ÿ', '\udcff')}`), 0o755, {}),
    );
    expect((await cli(['ls', 'alice'])).bytes).to.deep.equal(Buffer.concat([ODD_NAME, Buffer.from('\n')]));
    expect(await done(['ls', 'alice'], { terminal: true })).to.equal('o\\xff\\n\\x1b[31m\n');
    const [entry] = JSON.parse(await done(['ls', 'alice', '--json'])) as { path: string }[];
    expect(entry?.path).to.equal('/o\udcff\n\u001b[31m');
  });

  it('lists more than a page, and nothing as an empty list', async () => {
    expect(JSON.parse(await done(['ls', 'alice', '--json']))).to.deep.equal([]);
    await inside(async (backend) => {
      for (let n = 0; n < 2500; n++) await backend.symlink('x', vfsPath(`/n${n}`), {});
    });
    expect((await done(['ls', 'alice'])).split('\n')).to.have.length(2501);
  });

  it('writes a file to standard output, byte for byte', async () => {
    const bytes = randomBytes(1_000_000);
    writeFileSync(at('a'), bytes);
    await done(['import', 'alice', 'a']);
    expect((await cli(['cat', 'alice', 'a'])).bytes.equals(bytes)).to.equal(true);
    await inside((backend) => backend.symlink('/a', vfsPath('/link'), {}));
    expect((await cli(['cat', 'alice', '/link'])).bytes.equals(bytes)).to.equal(true);
    expect(await refusal('cat', 'alice', '/missing')).to.match(/\/missing: no such file or directory/);
    expect(await refusal('cat', 'alice', '/')).to.match(/illegal operation on a directory/);
  });

  it('shows what is stored', async () => {
    writeFileSync(at('a'), randomBytes(200_000));
    await done(['import', 'alice', 'a']);
    await anyfs(['user', 'set', 'alice', '--quota', '1GiB', '--max-files', '10', '--data', at('data')]);
    const { storageFileBytes, ...usage } = JSON.parse(await done(['usage', 'alice', '--json'])) as Record<
      string,
      unknown
    >;
    expect(usage).to.deep.equal({ name: 'alice', bytes: 200_000, quota: 2 ** 30, files: 1, maxFiles: 10 });
    expect(storageFileBytes).to.be.greaterThan(0);
    expect(await done(['usage', 'alice'])).to.match(/^stored: +195\.31 KiB of 1 GiB\nfiles: +1 of 10\n/);
  });

  it('says who has a storage that is in use, and what to do about one that is missing', async () => {
    await inside(async () => {
      for (const argv of [
        ['ls', 'alice'],
        ['check', 'alice'],
        ['usage', 'alice'],
        ['cat', 'alice', 'a'],
      ]) {
        expect(await refusal(...argv)).to.match(
          /the storage of alice is in use by another process; try again/,
        );
      }
    });
    expect(await refusal('ls', 'bob')).to.match(/there is no account bob/);
    await anyfs(['user', 'add', 'bob', '--data', at('data')]);
    expect(await refusal('ls', 'bob')).to.match(/bob has no storage yet; it is made at the first login/);
  });

  it('goes to the server that has opened a storage between the question and the opening', async () => {
    await inside(async (backend) => {
      await backend.mkdir(vfsPath('/of-the-server'), 0o755, {});
      const door = await openStorageDoor({
        path: at('data', SERVER_DOOR),
        accounts: { find: (name) => ({ name }) as Account },
        storages: { lease: async () => ({ backend, release: () => {} }) },
        log: captureLog(),
        data: at('data'),
      });
      const answers = [undefined, SERVER_DOOR];
      const control = await serveControl(() => answers.shift());
      expect(await done(['ls', 'alice'])).to.equal('of-the-server\n');
      expect(answers).to.deep.equal([]);
      await control.close();
      await door.close();
    });
  });

  it('says that the server has a storage which it does not give', async () => {
    await inside(async () => {
      const control = await serveControl(() => 'nothing-there.sock');
      expect(await refusal('ls', 'alice')).to.match(
        /in use by the running server \(process id \d+\); try again/,
      );
      await control.close();
    });
  });

  /** A control socket of this process, which has the storage of alice where `doorTo` says. */
  function serveControl(doorTo: () => string | undefined) {
    const server = { addresses: [], connectionCount: 1, storages: { names: ['alice'] }, doorTo };
    return openControlSocket(at('data'), () => server as unknown as RunningServer, captureLog());
  }

  it('says which storage is damaged', async () => {
    writeFileSync(storageFile(), 'rubbish '.repeat(1000));
    expect(await refusal('ls', 'alice')).to.match(/damaged/);
    expect(await refusal('check', 'alice')).to.match(/damaged/);
  });

  it('follows a symlink that the person names on the host, and none below it', async () => {
    mkdirSync(at('real'));
    symlinkSync(at('real'), at('named'));
    writeFileSync(at('a'), 'a');
    await done(['import', 'alice', 'a']);
    await done(['export', 'alice', '/a', 'named']);
    expect(readFileSync(at('real', 'a'), 'utf8')).to.equal('a');
    expect(readlinkSync(at('named'))).to.equal(at('real'));
  });
});
