import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { outcomeOf, pattern, refused } from '../../../conformance/expectations.ts';
import { filesOf, type Files } from '../../../support/files-of.ts';
import { intentGroups } from '../../../support/intent-groups.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { walCommits } from '../../../support/wal-commits.ts';

const at = (path: string): VfsPath => path as VfsPath;
const MEBIBYTE = 1 << 20;
/** What nobody waits for is committed after a second. */
const IDLE_MILLISECONDS = 1200;

describe('the group commit', () => {
  const directory = temporaryDirectory();
  describe('of a storage', () => storageIn(directory));
});

function storageIn(directory: () => string): void {
  const file = (): string => join(directory(), 'storage.db');
  let backend: VfsBackend;
  let files: Files;

  beforeEach(async () => {
    backend = await SqliteBackend.open(file());
    files = filesOf(backend);
    await files.put('/file', pattern(1000));
  });

  afterEach(async () => {
    await backend.dispose();
    expect(checkStorage(file())).to.deep.equal([]);
  });

  async function commitsOf(action: () => Promise<unknown>): Promise<number> {
    const before = walCommits(file());
    await action();
    return walCommits(file()) - before;
  }

  /** Groups that were kept, of those that no commit was needed for. */
  async function groupsOf(action: () => Promise<unknown>): Promise<{ kept: number; committed: number }> {
    const before = intentGroups(file());
    const committed = await commitsOf(action);
    return { kept: intentGroups(file()) - before, committed };
  }

  const many = (count: number, action: (index: number) => Promise<unknown>): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, index) => action(index)));

  it('takes all that is asked for in one turn of the event loop', async () => {
    const ended = await groupsOf(() => many(50, (index) => backend.mkdir(at(`/d${index}`), 0o755, {})));
    expect(ended).to.deep.equal({ kept: 1, committed: 0 });
  });

  it('takes 16 closes at once', async () => {
    const handles = await Promise.all(Array.from({ length: 16 }, (_, index) => files.open(`/f${index}`)));
    for (const handle of handles) await files.write(handle, 0, pattern(4096));
    // With their content they are more than the intent log takes at once.
    expect(await commitsOf(() => Promise.all(handles.map((handle) => files.close(handle))))).to.equal(1);
  });

  it('takes 16 closes at once that wait for the disk', async () => {
    await backend.dispose();
    backend = await SqliteBackend.open(file(), { durability: 'close' });
    files = filesOf(backend);
    await files.put('/warm', pattern(10));
    const handles = await Promise.all(Array.from({ length: 16 }, (_, index) => files.open(`/f${index}`)));
    expect(await commitsOf(() => Promise.all(handles.map((handle) => files.close(handle))))).to.equal(1);
  });

  it('is one for each of those who wait for one another', async () => {
    const ended = await groupsOf(async () => {
      for (let index = 0; index < 10; index++) await backend.mkdir(at(`/d${index}`), 0o755, {});
    });
    expect(ended).to.deep.equal({ kept: 10, committed: 0 });
  });

  it('is none for opening, writing, reading and closing what was only read', async () => {
    const ended = await groupsOf(async () => {
      await files.write(await files.open('/new'), 0, pattern(100_000));
      await files.get('/file');
      await files.close(await files.open('/file', { access: 'r', create: undefined }));
    });
    expect(ended).to.deep.equal({ kept: 0, committed: 0 });
  });

  it('comes every 2 MiB, whoever waits', async () => {
    const handle = await files.open('/large');
    const commits = await commitsOf(async () => {
      for (let index = 0; index < 2 * 8; index++)
        await files.write(handle, index * 131_072, pattern(131_072));
    });
    expect(commits).to.equal(1);
    await files.close(handle);
  });

  it('comes after a second for what nobody waits for', async () => {
    await files.write(await files.open('/new'), 0, pattern(1000));
    expect(await commitsOf(() => delay(IDLE_MILLISECONDS))).to.equal(1);
    await onCopy(async (copy) => expect(await copy.get('/new')).to.have.length(1000));
  });

  it('is committed with those before it when the intent log is full', async () => {
    const commits = await commitsOf(async () => {
      // Some 400 bytes each, in a log of 256 KiB.
      for (let index = 0; index < 1000; index++) await backend.mkdir(at(`/d${index}`), 0o755, {});
    });
    expect(commits).to.be.within(1, 100);
    await onCopy(async (copy) => expect((await copy.usage()).inodes).to.equal(1001));
  });

  it('is committed at once where it is large, with those before it', async () => {
    await backend.mkdir(at('/d'), 0o755, {});
    expect(await commitsOf(() => files.put('/d/large', pattern(100_000)))).to.equal(1);
    await onCopy(async (copy) => expect(await copy.get('/d/large')).to.have.length(100_000));
  });

  it('is not kept waiting by callers that never let the turn end', async () => {
    const state = { made: false };
    const making = backend.mkdir(at('/d'), 0o755, {}).then(() => (state.made = true));
    let looks = 0;
    while (!state.made && looks < 100_000) {
      await backend.lstat(at('/file'), {});
      looks++;
    }
    expect(looks).to.be.below(1000);
    await making;
  });

  /** Looks at what a crash at this moment would leave. */
  async function onCopy(look: (files: Files, copy: VfsBackend) => Promise<unknown>): Promise<void> {
    const copy = join(directory(), 'copy.db');
    // In another process: closing the file in this one would take its lock away.
    for (const suffix of ['', '-wal', '-intents']) execFileSync('cp', [file() + suffix, copy + suffix]);
    const opened: VfsBackend = await SqliteBackend.open(copy, { create: false });
    await look(filesOf(opened), opened);
    await opened.dispose();
    expect(checkStorage(copy)).to.deep.equal([]);
  }

  const CHANGES: Readonly<
    Record<string, { do: () => Promise<unknown>; seen: (files: Files, copy: VfsBackend) => Promise<unknown> }>
  > = {
    mkdir: {
      do: () => backend.mkdir(at('/d'), 0o755, {}),
      seen: (_, copy) => copy.lstat(at('/d'), {}),
    },
    rmdir: {
      do: async () => {
        await backend.mkdir(at('/d'), 0o755, {});
        await backend.rmdir(at('/d'), {});
      },
      seen: (_, copy) => refused(copy.lstat(at('/d'), {}), 'ENOENT'),
    },
    unlink: {
      do: () => files.unlink('/file'),
      seen: (_, copy) => refused(copy.lstat(at('/file'), {}), 'ENOENT'),
    },
    rename: {
      do: () => backend.rename(at('/file'), at('/renamed'), { replace: false }, {}),
      seen: (copied) => copied.get('/renamed'),
    },
    link: {
      do: () => backend.link(at('/file'), at('/linked'), {}),
      seen: (copied) => copied.get('/linked'),
    },
    symlink: {
      do: () => backend.symlink('file', at('/symlink'), {}),
      seen: (_, copy) => copy.readlink(at('/symlink'), {}),
    },
    setstat: {
      do: () => backend.setstat(at('/file'), { size: 1, mode: 0o600 }, {}),
      seen: async (_, copy) => expect(await copy.lstat(at('/file'), {})).to.include({ size: 1, mode: 0o600 }),
    },
    fsetstat: {
      do: async () => backend.fsetstat(await files.open('/file'), { size: 5000 }, {}),
      seen: async (copied) => expect(await copied.get('/file')).to.have.length(5000),
    },
    fsync: {
      do: async () => {
        const handle = await files.open('/file');
        await files.write(handle, 0, pattern(300_000, 2));
        await backend.fsync(handle, {});
      },
      seen: async (copied) => expect(await copied.get('/file')).to.deep.equal(pattern(300_000, 2)),
    },
    close: {
      do: () => files.put('/file', pattern(3 * MEBIBYTE, 2)),
      seen: async (copied) => expect(await copied.get('/file')).to.deep.equal(pattern(3 * MEBIBYTE, 2)),
    },
    'close of a file that was made and not written': {
      do: async () => files.close(await files.open('/empty', { access: 'r' })),
      seen: async (copied) => expect(await copied.get('/empty')).to.have.length(0),
    },
    sync: {
      do: async () => {
        await files.write(await files.open('/file'), 0, pattern(10, 2));
        await backend.sync({});
      },
      seen: async (copied) =>
        expect((await copied.get('/file')).subarray(0, 10)).to.deep.equal(pattern(10, 2)),
    },
  };

  for (const [name, change] of Object.entries(CHANGES)) {
    it(`has been made when ${name} answers`, async () => {
      await change.do();
      await onCopy(change.seen);
    });
  }

  it('with dispose in the middle: whoever was answered is in the file', async () => {
    const outcomes = new Map<string, Promise<string>>();
    for (let index = 0; index < 40; index++) {
      if (index === 20) void backend.dispose();
      const handle = files.open(`/f${index}`);
      outcomes.set(`/f${index}`, outcomeOf(handle.then((opened) => files.close(opened))));
      outcomes.set(`/d${index}`, outcomeOf(backend.mkdir(at(`/d${index}`), 0o755, {})));
    }
    await backend.dispose();
    backend = await SqliteBackend.open(file());
    files = filesOf(backend);
    const said = new Map(
      await Promise.all([...outcomes].map(async ([path, one]) => [path, await one] as const)),
    );
    expect(new Set(said.values())).to.deep.equal(new Set(['ok', 'EBADF']));
    for (const [path, outcome] of said) {
      if (outcome === 'ok') await backend.lstat(at(path), {});
    }
    expect(said.get('/d5')).to.equal('ok');
    expect(said.get('/d30')).to.equal('EBADF');
  });
}
