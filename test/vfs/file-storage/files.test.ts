import { expect } from 'chai';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { isVfsError, VfsError, type VfsErrorCode } from '../../../vfs/errors.ts';
import { FileStorage } from '../../../vfs/file-storage.ts';

async function refused(promise: Promise<unknown>, code: VfsErrorCode, path?: string): Promise<void> {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(VfsError);
    const { code: actual, path: named, syscall } = error as VfsError;
    expect([actual, named ?? path]).to.deep.equal([code, path ?? named]);
    expect(syscall).to.be.a('string');
    return;
  }
  expect.fail(`expected ${code}`);
}

describe('files of a FileStorage', () => {
  let storage: FileStorage;

  beforeEach(() => {
    storage = new FileStorage(new MemoryBackend());
  });

  it('are written and read as bytes or text', async () => {
    await storage.writeFile('/a', 'text ä');
    expect(await storage.readFile('/a')).to.deep.equal(new TextEncoder().encode('text ä'));
    expect(await storage.readFile('/a', 'utf8')).to.equal('text ä');
    expect(await storage.readFile('/a', { encoding: 'utf-8' })).to.equal('text ä');
    await storage.writeFile('/a', Uint8Array.of(1, 2, 255));
    expect(await storage.readFile('/a')).to.deep.equal(Uint8Array.of(1, 2, 255));
    expect(await storage.readFile('/a', 'hex')).to.equal('0102ff');
    expect(await storage.readFile('/a', null)).to.have.length(3);
  });

  it('of several megabytes come back whole', async () => {
    const bytes = Uint8Array.from({ length: 3_500_001 }, (_, index) => (index * 31) >> 3);
    await storage.writeFile('/large', bytes);
    expect(Buffer.compare(await storage.readFile('/large'), bytes)).to.equal(0);
    expect((await storage.stat('/large')).size).to.equal(bytes.length);
  });

  for (const encoding of ['utf8', 'latin1', 'binary', 'ascii', 'hex', 'base64', 'utf16le', 'ucs2'] as const) {
    it(`are decoded and encoded as Node does it in ${encoding}`, async () => {
      const bytes = Buffer.from([0x48, 0xe4, 0xc3, 0xa4, 0x00, 0xff, 0x7f, 0x61]);
      await storage.writeFile('/a', bytes);
      const text = bytes.toString(encoding);
      expect(await storage.readFile('/a', encoding)).to.equal(text);
      await storage.writeFile('/b', text, encoding);
      expect(Buffer.from(await storage.readFile('/b'))).to.deep.equal(Buffer.from(text, encoding));
    });
  }

  it('are replaced, appended to, or refused, as the flag says', async () => {
    await storage.writeFile('/a', 'one');
    await storage.writeFile('/a', 'tw', { flag: 'r+' });
    expect(await storage.readFile('/a', 'utf8')).to.equal('twe');
    await storage.appendFile('/a', 'nty');
    await storage.writeFile('/a', '!', { flag: 'a' });
    expect(await storage.readFile('/a', 'utf8')).to.equal('twenty!');
    await refused(storage.writeFile('/a', 'x', { flag: 'wx' }), 'EEXIST', '/a');
    await refused(storage.writeFile('/b', 'x', { flag: 'r+' }), 'ENOENT', '/b');
    await refused(storage.writeFile('/b', 'x', { flag: 'oops' }), 'EINVAL', '/b');
    await storage.appendFile('/b', 'made');
    expect(await storage.readFile('/b', 'utf8')).to.equal('made');
  });

  it('get a mode less the umask', async () => {
    await storage.writeFile('/a', '');
    await storage.writeFile('/b', '', { mode: 0o777 });
    await storage.mkdir('/d');
    expect((await storage.stat('/a')).mode.toString(8)).to.equal('100644');
    expect((await storage.stat('/b')).mode.toString(8)).to.equal('100755');
    expect((await storage.stat('/d')).mode.toString(8)).to.equal('40755');
    const open = new FileStorage(new MemoryBackend(), { umask: 0 });
    await open.writeFile('/a', '');
    expect((await open.stat('/a')).mode.toString(8)).to.equal('100666');
  });

  it('are copied with content, holes and mode, and not onto one that exists when asked so', async () => {
    await storage.writeFile('/a', 'content', { mode: 0o600 });
    await storage.truncate('/a', 2 ** 40);
    await storage.copyFile('/a', '/b');
    expect(await storage.stat('/b')).to.include({ size: 2 ** 40, mode: 0o100600 });
    expect((await storage.stat('/b')).blocks).to.be.below(1000);
    await storage.truncate('/b', 7);
    expect(await storage.readFile('/b', 'utf8')).to.equal('content');
    await refused(storage.copyFile('/a', '/b', storage.constants.COPYFILE_EXCL), 'EEXIST');
    await storage.writeFile('/c', 'longer than the other');
    await storage.copyFile('/b', '/c');
    expect(await storage.readFile('/c', 'utf8')).to.equal('content');
    await refused(storage.copyFile('/missing', '/d'), 'ENOENT', '/missing');
    expect(await storage.exists('/d')).to.equal(false);
  });

  it('are not lost when copied onto themselves, by whatever name', async () => {
    await storage.writeFile('/a', 'content');
    await storage.link('/a', '/b');
    await storage.symlink('a', '/l');
    for (const name of ['/a', '/b', '/l']) await storage.copyFile('/a', name);
    expect(await storage.readFile('/a', 'utf8')).to.equal('content');
  });

  it('are truncated and changed in mode, owner and times, through symlinks', async () => {
    await storage.writeFile('/a', 'content');
    await storage.symlink('a', '/l');
    await storage.truncate('/l', 3);
    await storage.chmod('/l', 0o640);
    await storage.chown('/l', 5, 6);
    await storage.utimes('/l', new Date(1000), 2.5);
    const stats = await storage.stat('/a');
    expect(stats).to.include({ size: 3, mode: 0o100640, uid: 5, gid: 6, atimeMs: 1000, mtimeMs: 2500 });
    expect(stats.mtime).to.deep.equal(new Date(2500));
    await storage.lutimes('/l', 7, '8');
    await storage.lchown('/l', 9, 9);
    expect(await storage.lstat('/l')).to.include({ uid: 9, atimeMs: 7000, mtimeMs: 8000 });
    expect((await storage.stat('/l')).uid).to.equal(5);
    await refused(storage.utimes('/a', Number.NaN, 0), 'EINVAL', '/a');
  });

  it('are owned by whom the context names', async () => {
    const theirs = new FileStorage(new MemoryBackend(), { context: { owner: { uid: 10_000, gid: 10_001 } } });
    await theirs.writeFile('/a', '');
    expect(await theirs.stat('/a')).to.include({ uid: 10_000, gid: 10_001 });
  });

  it('stay within the limits of the context, and the error names the file', async () => {
    const small = new FileStorage(new MemoryBackend(), { context: { limits: { bytes: 10 } } });
    await small.writeFile('/a', '0123456789');
    await refused(small.appendFile('/a', 'x'), 'EDQUOT', '/a');
    expect(await small.readFile('/a', 'utf8')).to.equal('0123456789');
  });

  it('tell their type, size and times in the shape of Node', async () => {
    await storage.writeFile('/a', '12345');
    await storage.symlink('a', '/l');
    const [file, directory, link] = [
      await storage.stat('/a'),
      await storage.stat('/'),
      await storage.lstat('/l'),
    ];
    expect([file.isFile(), file.isDirectory(), file.isSymbolicLink()]).to.deep.equal([true, false, false]);
    expect([directory.isFile(), directory.isDirectory(), directory.isSymbolicLink()]).to.deep.equal([
      false,
      true,
      false,
    ]);
    expect([link.isFile(), link.isDirectory(), link.isSymbolicLink()]).to.deep.equal([false, false, true]);
    for (const no of [file.isSocket(), file.isFIFO(), file.isBlockDevice(), file.isCharacterDevice()])
      expect(no).to.equal(false);
    expect(file).to.include({ size: 5, nlink: 1, blksize: 4096, blocks: 1 });
    expect(file.mtime.getTime()).to.be.within(Date.now() - 60_000, Date.now());
    expect((await storage.stat('/l')).isFile()).to.equal(true);
  });

  it('are refused with the code, the operation and the path that Node would name', async () => {
    await refused(storage.readFile('/missing'), 'ENOENT', '/missing');
    await refused(storage.readFile('/'), 'EISDIR', '/');
    await refused(storage.writeFile('/', 'x'), 'EISDIR', '/');
    await refused(storage.unlink('/missing'), 'ENOENT', '/missing');
    await refused(storage.stat(''), 'ENOENT');
    await refused(storage.stat('/a\0b'), 'EINVAL');
    await refused(storage.stat(undefined as unknown as string), 'EINVAL');
    await refused(storage.access('/missing'), 'ENOENT', '/missing');
    const error = await storage.readFile('/missing').catch((caught: unknown) => caught);
    expect(isVfsError(error) && error.message).to.equal("ENOENT: no such file or directory, open '/missing'");
  });

  it('are found by bytes, URLs and relative paths as well', async () => {
    await storage.writeFile('relative', 'x');
    expect(await storage.readFile('/relative', 'utf8')).to.equal('x');
    expect(await storage.readFile(new URL('file:///relative'), 'utf8')).to.equal('x');
    await storage.writeFile(Uint8Array.of(47, 0xff), 'odd');
    expect(await storage.readdir('/')).to.deep.equal(['relative', '\udcff']);
    expect(await storage.readFile('/\udcff', 'utf8')).to.equal('odd');
  });
});
