import { expect } from 'chai';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { FileStorage } from '../../../vfs/file-storage.ts';
import type { WatchEvent, WatchOptions } from '../../../vfs/file-storage/index.ts';
import { stack } from '../../../vfs/layer.ts';
import { changeFeed } from '../../../vfs/middleware/changes.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { rejection } from '../../support/rejection.ts';

/** The events that the actions cause, up to the one about `/…/end`, which is made after them. */
async function during(
  storage: FileStorage,
  path: string,
  options: WatchOptions,
  act: () => Promise<void>,
): Promise<string[]> {
  const control = new AbortController();
  const events: WatchEvent[] = [];
  const watching = (async () => {
    for await (const event of storage.watch(path, { ...options, signal: control.signal })) {
      if (event.filename === 'end') return;
      events.push(event);
    }
  })();
  // It hears from the first call of `next` on, which has to find the path first.
  await storage.stat(path);
  await new Promise((resolve) => setTimeout(resolve, 1));
  await act();
  await storage.mkdir(`${path}/end`);
  await watching;
  control.abort();
  return events.map(({ eventType, filename }) => `${eventType} ${filename}`);
}

describe('watching a FileStorage', () => {
  let storage: FileStorage;

  beforeEach(async () => {
    storage = new FileStorage(new MemoryBackend());
    await storage.mkdir('/d/e', { recursive: true });
    await storage.mkdir('/other');
    await storage.writeFile('/d/f', 'x');
  });

  it('tells what comes, goes and changes in a directory, and not what is below or beside', async () => {
    const events = await during(storage, '/d', {}, async () => {
      await storage.writeFile('/d/new', 'content');
      await storage.writeFile('/d/f', 'other');
      await storage.appendFile('/d/f', '');
      await storage.chmod('/d/f', 0o600);
      await storage.rename('/d/f', '/d/g');
      await storage.link('/d/g', '/d/h');
      await storage.symlink('g', '/d/l');
      await storage.unlink('/d/l');
      await storage.mkdir('/d/m');
      await storage.rmdir('/d/m');
      await storage.writeFile('/d/e/deep', 'x');
      await storage.writeFile('/other/f', 'x');
      await storage.readFile('/d/g');
    });
    expect(events).to.deep.equal([
      'rename new',
      'change new',
      'change f',
      'change f',
      'change f',
      'rename f',
      'rename g',
      'rename h',
      'rename l',
      'rename l',
      'rename m',
      'rename m',
    ]);
  });

  it('tells of all below when that is asked for, through symlinks to what is watched too', async () => {
    await storage.symlink('/d', '/l');
    const events = await during(storage, '/l', { recursive: true }, async () => {
      await storage.writeFile('/l/e/deep', 'x');
      await storage.rename('/d/e', '/other/e');
      await storage.writeFile('/other/e/deep', 'y');
    });
    expect(events).to.deep.equal(['rename e/deep', 'change e/deep', 'rename e']);
  });

  it('follows open files through renames, until they have no name', async () => {
    const file = await storage.open('/d/f', 'r+');
    const events = await during(storage, '/d', {}, async () => {
      await storage.rename('/d', '/moved');
      await storage.rename('/moved', '/d');
      await storage.rename('/d/f', '/d/g');
      await file.write('x');
      await file.truncate(0);
      await storage.unlink('/d/g');
      await file.write('y');
      await file.close();
    });
    expect(events).to.deep.equal([
      'rename d',
      'rename d',
      'rename f',
      'rename g',
      'change g',
      'change g',
      'rename g',
    ]);
  });

  it('tells who watches a file of that file by its name', async () => {
    const control = new AbortController();
    const events = storage.watch('/d/f', { signal: control.signal });
    const first = events.next();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await storage.writeFile('/d/other', 'x');
    await storage.writeFile('/d/f', 'y');
    expect((await first).value).to.deep.equal({ eventType: 'change', filename: 'f' });
    control.abort();
    // What has come is still given; then it ends.
    expect(await rejection(events.next())).to.have.property('name', 'AbortError');
  });

  it('gives names as they are asked for: in an encoding, or as bytes', async () => {
    const named = async (encoding: 'hex' | 'buffer' | 'utf8'): Promise<unknown> => {
      const events: AsyncGenerator<WatchEvent<string | Uint8Array>> =
        encoding === 'buffer' ? storage.watch('/d', { encoding }) : storage.watch('/d', encoding);
      const first = events.next();
      await new Promise((resolve) => setTimeout(resolve, 1));
      await storage.writeFile('/d/\udcffé', encoding);
      const { value } = await first;
      await events.return(undefined);
      return (value as WatchEvent<string | Uint8Array>).filename;
    };
    expect(await named('hex')).to.equal('ffc3a9');
    expect(await named('buffer')).to.deep.equal(Uint8Array.of(0xff, 0xc3, 0xa9));
    expect(await named('utf8')).to.equal('\udcffé');
    const unknown = storage.watch('/d', { encoding: 'utf9' as 'utf8' });
    expect(await rejection(unknown.next())).to.include({ code: 'EINVAL', syscall: 'watch' });
  });

  it('fails where there is nothing to watch, or no feed to hear from', async () => {
    expect(await rejection(storage.watch('/no').next())).to.include({
      code: 'ENOENT',
      syscall: 'watch',
      path: '/no',
    });
    const resolved = new FileStorage(stack(new MemoryBackend(), resolvePaths()), { resolved: true });
    expect(await rejection(resolved.watch('/').next())).to.include({ code: 'ENOTSUP' });
  });

  it('leaves out what nobody takes, or ends, when the queue is full', async () => {
    const waiting = async (overflow: 'ignore' | 'throw') => {
      const events = storage.watch('/other', { maxQueue: 2, overflow });
      const first = events.next();
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (const name of ['a', 'b', 'c', 'd', 'e']) await storage.mkdir(`/other/${overflow}-${name}`);
      expect((await first).value).to.have.property('eventType', 'rename');
      return events;
    };
    const failing = await waiting('throw');
    expect(await rejection(failing.next())).to.include({ code: 'EAGAIN' });
    const leaving = await waiting('ignore');
    expect((await leaving.next()).value).to.have.property('filename', 'ignore-b');
    await leaving.return(undefined);
  });

  it('hears from other storages of the same feed', async () => {
    const changes = changeFeed();
    const backend = stack(new MemoryBackend(), resolvePaths(), changes.layer);
    const [one, other] = [0, 1].map(() => new FileStorage(backend, { resolved: true, changes })) as [
      FileStorage,
      FileStorage,
    ];
    const events = await during(one, '/', {}, async () => other.writeFile('/f', 'x'));
    expect(events).to.deep.equal(['rename f', 'change f']);
  });

  it('tells one of many who make the same file that it is new, and all that it changed', async () => {
    const events = await during(storage, '/other', {}, async () => {
      await Promise.all(Array.from({ length: 16 }, () => storage.appendFile('/other/f', 'x')));
    });
    expect(events.filter((event) => event === 'rename f')).to.have.length(1);
    expect(events.filter((event) => event === 'change f')).to.have.length(16);
    expect((await storage.stat('/other/f')).size).to.equal(16);
  });

  it('a listener that throws, or lets go twice, disturbs nobody', async () => {
    const changes = changeFeed();
    const watched = new FileStorage(stack(new MemoryBackend(), changes.layer), { changes });
    const heard: string[] = [];
    const letGo = changes.subscribe(() => {
      throw new Error('broken');
    });
    const same = ({ path }: { readonly path: string }): void => void heard.push(path);
    const first = changes.subscribe(same);
    changes.subscribe(same);
    await watched.mkdir('/a');
    first();
    first();
    letGo();
    await watched.mkdir('/b');
    expect(heard).to.deep.equal(['/a', '/a', '/b']);
  });
});
