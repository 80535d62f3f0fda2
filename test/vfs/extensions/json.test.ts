import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { readJson, writeJson } from '../../../vfs/extensions/index.ts';
import { hashFile } from '../../../vfs/extensions/node/index.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { pattern, refused } from '../../conformance/expectations.ts';
import { readWholeFile, writeWholeFile } from '../../support/whole-files.ts';

const at = (path: string): VfsPath => path as VfsPath;

describe('readJson and writeJson', () => {
  it('give back what was written', async () => {
    const storage = new MemoryBackend();
    for (const value of [null, 5, 'ä😀', [1, [2]], { a: { b: [] } }]) {
      await writeJson(storage, at('/f'), value);
      expect(await readJson(storage, at('/f'))).to.deep.equal(value);
    }
  });

  it('write text that people can read, with a newline at its end, and give a new file its mode', async () => {
    const storage = new MemoryBackend();
    await writeJson(storage, at('/f'), { a: 1 }, { mode: 0o600 });
    expect(Buffer.from(await readWholeFile(storage, '/f')).toString()).to.equal('{\n  "a": 1\n}\n');
    expect((await storage.lstat(at('/f'), {})).mode).to.equal(0o600);
    await writeJson(storage, at('/f'), { a: 1 }, { indent: 0 });
    expect(Buffer.from(await readWholeFile(storage, '/f')).toString()).to.equal('{"a":1}\n');
  });

  it('replace in one step: an open file keeps the old value', async () => {
    const storage = new MemoryBackend();
    await writeJson(storage, at('/f'), 'old');
    const handle = await storage.open(at('/f'), { access: 'r' }, 0, {});
    await writeJson(storage, at('/f'), 'new');
    expect(Buffer.from(await storage.read(handle, 0, 100, {})).toString()).to.equal('"old"\n');
    expect(await readJson(storage, at('/f'))).to.equal('new');
    expect(await storage.readdir(at('/'), { limit: 9 }, {})).to.have.length(1);
  });

  it('refuse what is no JSON, no UTF-8, too large, or no value', async () => {
    const storage = new MemoryBackend();
    await writeWholeFile(storage, '/text', '{ a: 1 }');
    await writeWholeFile(storage, '/bytes', new Uint8Array([34, 255, 34]));
    await writeWholeFile(storage, '/large', '"12345678"');
    await storage.mkdir(at('/d'), 0o755, {});
    await refused(readJson(storage, at('/text')), 'EINVAL');
    await refused(readJson(storage, at('/bytes')), 'EINVAL');
    await refused(readJson(storage, at('/large'), { sizeMax: 9 }), 'EFBIG');
    expect(await readJson(storage, at('/large'), { sizeMax: 10 })).to.equal('12345678');
    await refused(readJson(storage, at('/missing')), 'ENOENT');
    await refused(readJson(storage, at('/d')), 'EISDIR');
    await refused(writeJson(storage, at('/d'), 1), 'EISDIR');
    await refused(writeJson(storage, at('/new'), undefined), 'EINVAL');
    await refused(storage.lstat(at('/new'), {}), 'ENOENT');
  });
});

describe('hashFile', () => {
  it('gives the hash of the content, whatever its size', async () => {
    const storage = new MemoryBackend();
    for (const size of [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000]) {
      await writeWholeFile(storage, '/f', pattern(size));
      for (const algorithm of ['sha256', 'md5', 'sha1']) {
        const wanted = createHash(algorithm).update(pattern(size)).digest('hex');
        expect(await hashFile(storage, at('/f'), algorithm)).to.equal(wanted);
      }
    }
    expect(await hashFile(storage, at('/f'))).to.have.length(64);
  });

  it('refuses an algorithm that is none, and what is no file', async () => {
    const storage = new MemoryBackend();
    await refused(hashFile(storage, at('/missing')), 'ENOENT');
    await refused(hashFile(storage, at('/')), 'EISDIR');
    await refused(hashFile(storage, at('/'), 'sha257'), 'EINVAL');
  });
});
