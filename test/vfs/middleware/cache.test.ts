import { expect } from 'chai';
import type { OpName, VfsBackend } from '../../../vfs/backend.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { override, stack, type Layer } from '../../../vfs/layer.ts';
import { cache, type CacheOptions } from '../../../vfs/middleware/cache.ts';
import type { FileType, Stats } from '../../../vfs/stats.ts';
import { expectBytes, outcomeOf, pattern, randomSource, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { newMachine } from '../../model/machine.ts';
import { mkdirs, names, open, put, text } from './steps.ts';

/** A cache over a store, with the calls that reach the store. */
function counted(options: CacheOptions = {}, ...between: readonly Layer[]) {
  const below = new MemoryBackend();
  const calls: OpName[] = [];
  const counting: Layer = (next) => (call) => {
    calls.push(call.op);
    return next(call);
  };
  const above = stack(below, cache(options), ...between, counting);
  /** The calls since the last time. */
  const taken = (): OpName[] => calls.splice(0);
  return { below, above, taken };
}

/** As some hosts have it: whatever is made of one type gets the number that is free. */
function reusing(type: FileType): Layer {
  const renumbered = (stats: Stats): Stats => (stats.type === type ? { ...stats, inode: 7 } : stats);
  return override((next) => ({
    lstat: async (call) => renumbered(await next(call)),
    fstat: async (call) => renumbered(await next(call)),
    readdir: async (call) =>
      (await next(call)).map(({ name, stats }) => ({ name, stats: renumbered(stats) })),
  }));
}

/** Lets others have their turn before and after each call. */
function jitter(random: (below: number) => number): Layer {
  const rest = async (): Promise<void> => {
    for (let turns = random(4); turns > 0; turns--) await Promise.resolve();
    if (random(8) === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return (next) => async (call) => {
    await rest();
    try {
      return await next(call);
    } finally {
      await rest();
    }
  };
}

describe('cache', () => {
  it('asks for attributes, missing names, listings, symlinks and content once', async () => {
    const { below, above, taken } = counted();
    await mkdirs(below, '/d');
    await put(below, '/d/f', 'content');
    await below.symlink('f', at('/d/l'), {});
    const look = async (): Promise<void> => {
      await above.lstat(at('/d/f'), {});
      await refused(above.lstat(at('/missing'), {}), 'ENOENT');
      expect(await names(above, '/d')).to.deep.equal(['f', 'l']);
      expect(await above.readlink(at('/d/l'), {})).to.equal('f');
      expect(await text(above, '/d/f')).to.equal('content');
      const { inode } = await above.lstat(at('/d/f'), {});
      expect((await above.statInode(inode, {})).size).to.equal(7);
    };
    await look();
    expect(taken()).to.deep.equal([
      'lstat',
      'lstat',
      'readdir',
      'readlink',
      'open',
      'fstat',
      'read',
      'close',
    ]);
    await look();
    expect(taken()).to.deep.equal(['open', 'fstat', 'close']);
  });

  it('answers resolutions from what it knows of the directories', async () => {
    const { below, above, taken } = counted();
    await mkdirs(below, '/a', '/a/b');
    await put(below, '/a/b/f', '');
    const wanted = await below.resolve(at('/a/b/f'), 'follow', {});
    for (let turn = 0; turn < 2; turn++)
      expect(await above.resolve(at('/a/b/f'), 'follow', {})).to.deep.equal(wanted);
    expect(await above.resolve(at('/a/b'), 'keep', {})).to.deep.equal(
      await below.resolve(at('/a/b'), 'keep', {}),
    );
    expect(taken()).to.deep.equal(['resolve']);
  });

  it('calls that miss at the same time are one call, and one that gives up leaves the others', async () => {
    const { below, above, taken } = counted();
    await put(below, '/f', 'content');
    const handle = await open(above, '/f', { access: 'r' });
    const ended = new AbortController();
    const given = refused(above.lstat(at('/f'), { signal: ended.signal }), 'EINTR');
    const looks = Array.from({ length: 10 }, () => above.lstat(at('/f'), {}));
    ended.abort();
    await Promise.all([given, ...looks]);
    await Promise.all(Array.from({ length: 10 }, () => above.read(handle, 0, 7, {})));
    expect(taken()).to.deep.equal(['open', 'lstat', 'fstat', 'read']);
  });

  it('a change through one name is seen through another, and through every handle', async () => {
    const { above } = counted();
    await put(above, '/a', 'one');
    await above.link(at('/a'), at('/b'), {});
    const reader = await open(above, '/b', { access: 'r' });
    expectBytes(await above.read(reader, 0, 10, {}), Buffer.from('one'));
    await above.lstat(at('/b'), {});
    await put(above, '/a', 'changed');
    expect((await above.lstat(at('/b'), {})).size).to.equal(7);
    expectBytes(await above.read(reader, 0, 10, {}), Buffer.from('changed'));
    await above.setstat(at('/b'), { size: 2 }, {});
    expect((await above.fstat(reader, {})).size).to.equal(2);
    expect(await text(above, '/a')).to.equal('ch');
  });

  it('what was missing is there once it is made, by whatever call', async () => {
    const { above } = counted();
    const makers: Record<string, (path: string) => Promise<unknown>> = {
      open: (path) => put(above, path, ''),
      mkdir: (path) => mkdirs(above, path),
      symlink: (path) => above.symlink('x', at(path), {}),
      link: (path) => above.link(at('/source'), at(path), {}),
      rename: (path) => above.rename(at('/tree'), at(path), { replace: false }, {}),
    };
    await put(above, '/source', '');
    await mkdirs(above, '/tree', '/tree/below');
    for (const [name, make] of Object.entries(makers)) {
      await refused(above.lstat(at(`/${name}`), {}), 'ENOENT');
      await refused(above.lstat(at(`/${name}/below`), {}), 'ENOENT');
      await make(`/${name}`);
      await above.lstat(at(`/${name}`), {});
    }
    await refused(above.lstat(at('/open/below'), {}), 'ENOTDIR');
    await refused(above.lstat(at('/symlink/below'), {}), 'ELOOP');
    await above.lstat(at('/rename/below'), {});
  });

  it('keeps no more than its bytes, and reads all the same', async () => {
    const { below, above, taken } = counted({ bytes: 400_000 });
    const bytes = pattern(2_000_000);
    const writer = await open(below, '/f', { access: 'w', create: 'exclusive' });
    await below.write(writer, 0, bytes, {});
    const handle = await open(above, '/f', { access: 'r' });
    for (let turn = 0; turn < 2; turn++)
      for (let position = 0; position < bytes.length; position += 100_000)
        expectBytes(
          await above.read(handle, position, 100_000, {}),
          bytes.subarray(position, position + 100_000),
        );
    expect(taken().filter((op) => op === 'read').length).to.be.within(30, 64);
    expectBytes(await above.read(handle, 0, bytes.length + 1, {}), bytes);
  });

  it('sees what others change once the time to live is over', async () => {
    let now = 0;
    const { below, above } = counted({ timeToLive: 1000, now: () => now });
    await put(below, '/f', 'old');
    const handle = await open(above, '/f', { access: 'r' });
    const look = async () => [
      new TextDecoder().decode(await above.read(handle, 0, 10, {})),
      (await above.lstat(at('/f'), {})).size,
      (await names(above, '/')).join(),
      await outcomeOf(above.lstat(at('/g'), {})),
    ];
    const before = await look();
    expect(before).to.deep.equal(['old', 3, 'f', 'ENOENT']);
    await put(below, '/f', 'newer');
    await put(below, '/g', '');
    now = 1000;
    expect(await look()).to.deep.equal(before);
    now = 1001;
    expect(await look()).to.deep.equal(['newer', 5, 'f,g', 'ok']);
  });

  it('a listing is no younger for what was asked near it, nor is a target', async () => {
    let now = 0;
    const { below, above } = counted({ timeToLive: 1000, now: () => now }, reusing('symlink'));
    await mkdirs(below, '/d');
    await put(below, '/d/m', '');
    await below.symlink('old', at('/l'), {});
    const look = async () => [(await names(above, '/d')).join(), await above.readlink(at('/l'), {})];
    await above.lstat(at('/l'), {});
    expect(await look()).to.deep.equal(['m', 'old']);
    await put(below, '/d/a', '');
    await below.unlink(at('/l'), {});
    await below.symlink('new', at('/l'), {});
    now = 900;
    await above.readdir(at('/d'), { after: 'a', limit: 9 }, {});
    await above.lstat(at('/'), {});
    await names(above, '/');
    expect(await look()).to.deep.equal(['m', 'old']);
    now = 1001;
    expect(await look()).to.deep.equal(['a,m', 'new']);
  });

  it('names that are missing and targets of symlinks take of its bytes', async () => {
    const { below, above, taken } = counted({ bytes: 400_000 });
    const long = 'n'.repeat(250);
    const asked = async (look: (index: number) => Promise<unknown>): Promise<number> => {
      for (let index = 0; index < 200; index++) await look(index);
      taken();
      for (let index = 199; index >= 0; index--) await look(index);
      return taken().length;
    };
    const missing = (index: number) => refused(above.lstat(at(`/${long}${index}`), {}), 'ENOENT');
    expect(await asked(missing)).to.be.within(80, 199);
    for (let index = 0; index < 200; index++) await below.symlink('t'.repeat(4000), at(`/l${index}`), {});
    const target = async (index: number) => {
      await above.lstat(at(`/l${index}`), {});
      await above.readlink(at(`/l${index}`), {});
    };
    expect(await asked(target)).to.be.within(150, 399);
  });

  it('a change whose caller has given up is seen through the other names all the same', async () => {
    const { below, above } = counted();
    await put(below, '/a', 'content');
    await below.link(at('/a'), at('/b'), {});
    await above.lstat(at('/b'), {});
    await above.unlink(at('/a'), { signal: AbortSignal.abort() });
    expect((await above.lstat(at('/b'), {})).nlink).to.equal(1);
  });

  it('changes nothing where nobody can say what the change would be about', async () => {
    let fails = false;
    const failing: Layer = (next) => (call) =>
      fails && call.op === 'lstat' ? Promise.reject(new VfsError('EIO', { op: 'lstat' })) : next(call);
    const { below, above } = counted({}, failing);
    await put(below, '/f', 'content');
    fails = true;
    await refused(above.unlink(at('/f'), {}), 'EIO');
    expect((await below.lstat(at('/f'), {})).size).to.equal(7);
  });

  it('what is read while a file without a name is closed is not taken for the next of its number', async () => {
    const held = holding(new Set(['read']));
    const above = stack(new MemoryBackend(), cache(), held.layer, reusing('file'));
    await put(above, '/f', 'old');
    const handle = await open(above, '/f', { access: 'r' });
    await above.unlink(at('/f'), {});
    const first = held.next();
    const early = above.read(handle, 0, 3, {});
    await first;
    await above.close(handle, {});
    held.letGo();
    await refused(early, 'EBADF');
    await put(above, '/g', 'new');
    expect(await text(above, '/g')).to.equal('new');
  });

  it('is EBADF for a handle that may not read, whatever is known of the content', async () => {
    const { above } = counted();
    await put(above, '/f', 'content');
    await text(above, '/f');
    const writer = await open(above, '/f', { access: 'w' });
    await refused(above.read(writer, 0, 1, {}), 'EBADF');
    await above.close(writer, {});
    await refused(above.read(writer, 0, 1, {}), 'EBADF');
    await refused(above.fstat(writer, {}), 'EBADF');
  });

  it('refuses options that are no numbers of bytes or milliseconds', () => {
    for (const options of [{ bytes: 0 }, { bytes: Number.NaN }, { timeToLive: -1 }])
      expect(() => cache(options)).to.throw('EINVAL');
  });

  it('after tasks that race on a storage with pauses, says what the storage says', async function () {
    this.timeout(60_000);
    // Short ones, since only what is wrong at the end is seen.
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomSource(seed);
      const below = new MemoryBackend();
      const above = stack(below, cache(), jitter(random));
      await mkdirs(above, '/d', '/e');
      await Promise.all(Array.from({ length: 4 }, () => race(above, random)));
      const exact = (backend: VfsBackend) => newMachine({ backend }, 'exact').snapshot();
      expect(await exact(above), `seed ${seed}`).to.deep.equal(await exact(below));
    }
  });

  it('what was asked before a change and is answered after it is not kept', async () => {
    const looks: readonly ((storage: VfsBackend) => Promise<unknown>)[] = [
      async (storage) => (await storage.lstat(at('/f'), {})).size,
      async (storage) => (await storage.resolve(at('/f'), 'keep', {})).stats?.size,
      async (storage) => (await storage.readdir(at('/'), { limit: 9 }, {})).map(({ stats }) => stats.size),
      async (storage) => outcomeOf(storage.lstat(at('/new'), {})),
      async (storage) => (await storage.resolve(at('/new'), 'keep', {})).stats?.size,
      (storage) => text(storage, '/f'),
    ];
    for (const [index, look] of looks.entries()) {
      const held = holding(new Set(['lstat', 'resolve', 'readdir', 'read']));
      const { below, above } = counted({}, held.layer);
      await put(above, '/f', 'old');
      const handle = await open(above, '/f', { access: 'rw' });
      await above.fstat(handle, {});
      const first = held.next();
      const early = look(above);
      await first;
      await above.write(handle, 0, new TextEncoder().encode('newer'), {});
      await put(above, '/new', '');
      held.letGo();
      await early;
      expect(await look(above), `look ${index}`).to.deep.equal(await look(below));
    }
  });

  it('a read is never half of a write', async () => {
    const random = randomSource(3);
    const above = stack(new MemoryBackend(), cache(), jitter(random));
    const size = 400_000;
    const handle = await open(above, '/f', { access: 'rw', create: 'exclusive' });
    await above.write(handle, 0, new Uint8Array(size), {});
    const writing = (async () => {
      for (let turn = 1; turn <= 20; turn++)
        await above.write(handle, 0, new Uint8Array(size).fill(turn), {});
    })();
    // From different blocks on, so that some are known and some are not.
    const reading = Array.from({ length: 4 }, async () => {
      for (let turn = 0; turn < 40; turn++) {
        const from = random(3) * 131_072;
        const bytes = await above.read(handle, from, random(size), {});
        expect(new Set(bytes).size).to.be.at.most(1);
      }
    });
    await Promise.all([writing, ...reading]);
  });
});

/** Holds the answer of the next of some calls back. */
function holding(ops: ReadonlySet<OpName>) {
  let reached: (() => void) | undefined;
  let letGo = (): void => {};
  const layer: Layer = (next) => async (call) => {
    const result = next(call);
    if (reached === undefined || !ops.has(call.op)) return result;
    const released = new Promise<void>((resolve) => (letGo = resolve));
    await result.catch(() => undefined);
    reached();
    reached = undefined;
    await released;
    return result;
  };
  /** Settles once a call is held. */
  const next = (): Promise<void> => new Promise((resolve) => (reached = resolve));
  return { layer, next, letGo: () => letGo() };
}

/** Random changes and looks on few names. */
async function race(above: VfsBackend, random: (below: number) => number): Promise<void> {
  const path = () => at(`${['', '/d', '/e'][random(3)]}/${'abc'[random(3)]}`);
  const actions: readonly (() => Promise<unknown>)[] = [
    () => put(above, path(), 'x'.repeat(random(300))),
    () => text(above, path()),
    () => above.lstat(path(), {}),
    () => above.resolve(path(), 'follow', {}),
    () => names(above, ['/', '/d', '/e'][random(3)] as string, 2),
    () => above.unlink(path(), {}),
    () => above.mkdir(path(), 0o755, {}),
    () => above.rmdir(path(), {}),
    () => above.link(path(), path(), {}),
    () => above.symlink('a', path(), {}),
    () => above.readlink(path(), {}),
    () => above.rename(path(), path(), { replace: true }, {}),
    () => above.rename(at('/d'), at('/e'), { replace: true }, {}),
    () => above.rename(at('/e'), at('/d'), { replace: true }, {}),
    () => above.setstat(path(), { size: random(200) }, {}),
    () => above.setstat(path(), { mode: random(0o777) }, {}),
  ];
  for (let turn = 0; turn < 8; turn++)
    await outcomeOf((actions[random(actions.length)] as () => Promise<unknown>)());
}
