import { expect } from 'chai';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import type { VfsErrorCode } from '../../../vfs/errors.ts';
import { FileStorage } from '../../../vfs/file-storage.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function refused(promise: Promise<unknown>, code: VfsErrorCode, path?: string): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).to.have.property('code', code);
  if (path !== undefined) expect(error).to.have.property('path', path);
}

describe('a FileHandle', () => {
  let storage: FileStorage;

  beforeEach(async () => {
    storage = new FileStorage(new MemoryBackend());
    await storage.writeFile('/f', '0123456789');
  });

  it('reads into a buffer at a position, or on from where it was', async () => {
    const file = await storage.open('/f');
    const buffer = new Uint8Array(4);
    expect(await file.read(buffer, 0, 4, 3)).to.deep.equal({ bytesRead: 4, buffer });
    expect(text(buffer)).to.equal('3456');
    expect((await file.read(buffer)).bytesRead).to.equal(4);
    expect(text(buffer)).to.equal('0123');
    expect((await file.read(buffer, 1, 2, null)).bytesRead).to.equal(2);
    expect(text(buffer)).to.equal('0453');
    expect((await file.read({ buffer, position: -1 })).bytesRead).to.equal(4);
    expect((await file.read({ buffer })).bytesRead).to.equal(0);
    const { buffer: own, bytesRead } = await file.read({ position: 8 });
    expect([bytesRead, own.length]).to.deep.equal([2, 16_384]);
    await file.close();
  });

  it('writes bytes or text at a position, or on from where it was', async () => {
    const file = await storage.open('/f', 'r+');
    expect((await file.write('ab')).bytesWritten).to.equal(2);
    await file.write(new TextEncoder().encode('xcdx'), 1, 2);
    await file.write('Z', 9);
    await file.write(new TextEncoder().encode('YY'), 0, 1, 8);
    await file.write('e');
    expect(await storage.readFile('/f', 'utf8')).to.equal('abcde567YZ');
    await file.close();
  });

  it('appends wherever it is told to write, with the flag a', async () => {
    const file = await storage.open('/f', 'a');
    await file.write('one', 0);
    await storage.appendFile('/f', 'two');
    await file.write('three');
    expect(await storage.readFile('/f', 'utf8')).to.equal('0123456789onetwothree');
  });

  it('keeps the order of calls that share its position', async () => {
    const file = await storage.open('/f', 'w+');
    await Promise.all(Array.from({ length: 50 }, (_, index) => file.write(String(index % 10))));
    expect(await storage.readFile('/f', 'utf8')).to.equal('0123456789'.repeat(5));
    const again = await storage.open('/f');
    const pieces = await Promise.all(Array.from({ length: 10 }, () => again.read(new Uint8Array(5))));
    expect(pieces.map(({ buffer }) => text(buffer)).join('')).to.equal('0123456789'.repeat(5));
  });

  it('goes on after one of them fails', async () => {
    const small = new FileStorage(new MemoryBackend(), { context: { limits: { bytes: 3 } } });
    const file = await small.open('/f', 'w');
    await refused(file.write('four'), 'EDQUOT', '/f');
    await file.write('3 b');
    expect(await small.readFile('/f', 'utf8')).to.equal('3 b');
  });

  it('reads to the end and writes on from where it is', async () => {
    const file = await storage.open('/f', 'r+');
    await file.read(new Uint8Array(4));
    expect(await file.readFile('utf8')).to.equal('456789');
    await file.writeFile('more');
    await file.appendFile(' and more');
    expect(await storage.readFile('/f', 'utf8')).to.equal('0123456789more and more');
    expect(await file.readFile()).to.have.length(0);
  });

  it('changes what it is open on', async () => {
    const file = await storage.open('/f', 'r+');
    await file.truncate(4);
    await file.chmod(0o600);
    await file.chown(1, 2);
    await file.utimes(1, 2);
    await file.sync();
    await file.datasync();
    expect(await file.stat()).to.include({
      size: 4,
      mode: 0o100600,
      uid: 1,
      gid: 2,
      atimeMs: 1000,
      mtimeMs: 2000,
    });
    await file.truncate();
    expect((await file.stat()).size).to.equal(0);
  });

  it('refuses what it was not opened for, with the path it was opened by', async () => {
    const reader = await storage.open('/f', 'r');
    const writer = await storage.open('/f', 'w');
    await refused(reader.write('x'), 'EBADF', '/f');
    await refused(writer.read(new Uint8Array(1)), 'EBADF', '/f');
    await refused(reader.read(new Uint8Array(1), 0, 2), 'EINVAL');
    await refused(reader.read(new Uint8Array(1), 2), 'EINVAL');
    await refused(storage.open('/f', 'wx'), 'EEXIST', '/f');
    await refused(storage.open('/f', 'nonsense'), 'EINVAL', '/f');
  });

  it('takes flags as numbers too', async () => {
    const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY } = storage.constants;
    await (await storage.open('/n', O_WRONLY | O_CREAT | O_EXCL)).write('made');
    await refused(storage.open('/n', O_RDWR | O_CREAT | O_EXCL), 'EEXIST');
    await (await storage.open('/n', O_WRONLY | O_APPEND)).write('+', 0);
    expect(await storage.readFile('/n', 'utf8')).to.equal('made+');
    await storage.open('/n', O_WRONLY | O_TRUNC);
    expect((await storage.stat('/n')).size).to.equal(0);
    await refused(storage.open('/n', 3), 'EINVAL');
  });

  it('is closed once, and knows nothing after that', async () => {
    const file = await storage.open('/f');
    expect(file.fd).to.be.above(0);
    await Promise.all([file.close(), file.close()]);
    await file.close();
    expect(file.fd).to.equal(-1);
    await refused(file.read(new Uint8Array(1)), 'EBADF');
    await refused(file.stat(), 'EBADF', '/f');
  });

  it('is closed at the end of the block that it was made in', async () => {
    const kept = await storage.open('/f');
    {
      await using file = await storage.open('/f');
      expect((await file.stat()).size).to.equal(10);
      await storage.unlink('/f');
    }
    expect((await storage.statfs()).files - (await storage.statfs()).ffree).to.equal(1);
    await kept.close();
    expect((await storage.statfs()).files - (await storage.statfs()).ffree).to.equal(0);
  });

  it('reads and writes several buffers in one call', async () => {
    await using file = await storage.open('/f', 'r+');
    const buffers = [new Uint8Array(3), new Uint8Array(0), new Uint8Array(4), new Uint8Array(9)];
    expect((await file.readv(buffers)).bytesRead).to.equal(10);
    expect(buffers.map(text).join('|').replaceAll('\0', '.')).to.equal('012||3456|789......');
    expect(
      (await file.writev([new TextEncoder().encode('ab'), new DataView(new ArrayBuffer(1))], 1)).bytesWritten,
    ).to.equal(3);
    expect(await storage.readFile('/f', 'utf8')).to.equal('0ab\u0000456789');
    expect((await file.writev([Uint8Array.of(65), Uint8Array.of(66)])).bytesWritten).to.equal(2);
    expect(await storage.readFile('/f', 'utf8')).to.equal('0ab\u0000456789AB');
  });

  it('takes what to read and write as options, and positions as bigint', async () => {
    await using file = await storage.open('/f', 'r+');
    const buffer = new Uint8Array(4);
    await file.read(buffer, { offset: 1, length: 2, position: 5n });
    expect(text(buffer)).to.equal('\u000056\0');
    await file.write(new TextEncoder().encode('wxyz'), { offset: 2, position: 0 });
    expect(await storage.readFile('/f', 'utf8')).to.equal('yz23456789');
    const words = new Uint16Array(2);
    expect((await file.read({ buffer: words, position: 0 })).bytesRead).to.equal(4);
    expect(text(new Uint8Array(words.buffer))).to.equal('yz23');
    await refused(file.read(buffer, { offset: 3, length: 2 }), 'EINVAL', '/f');
  });

  it('writes what an iterable gives, and gives lines', async () => {
    const lines = ['first', '', 'ä'.repeat(40_000), 'last'];
    await using file = await storage.open('/lines', 'w+');
    async function* pieces() {
      for (const line of lines) yield `${line}\r\n`;
    }
    await file.writeFile(pieces());
    for (const end of ['\r\n', '\n', '\r']) {
      for (const highWaterMark of [1, 7, 65_536].slice(end === '\r\n' ? 1 : 2)) {
        await storage.writeFile('/lines', lines.join(end) + end);
        const found: string[] = [];
        const opened = await storage.open('/lines');
        for await (const line of opened.readLines({ highWaterMark })) found.push(line);
        expect(found).to.deep.equal(lines);
        expect(opened.fd).to.equal(-1);
      }
    }
    await storage.writeFile('/lines', 'no end');
    for await (const line of (await storage.open('/lines')).readLines()) expect(line).to.equal('no end');
  });

  it('is taken by the storage in place of a path', async () => {
    const file = await storage.open('/f', 'r+');
    expect(await storage.readFile(file, 'utf8')).to.equal('0123456789');
    await storage.writeFile(file, 'x');
    await storage.appendFile(file, 'y');
    expect(await storage.readFile('/f', 'utf8')).to.equal('0123456789xy');
  });

  it('is of a directory, or of no symlink, where the flags ask for that', async () => {
    const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = storage.constants;
    await storage.symlink('f', '/l');
    await storage.mkdir('/d');
    await refused(storage.open('/l', O_RDONLY | O_NOFOLLOW), 'ELOOP', '/l');
    await (await storage.open('/f', O_RDONLY | O_NOFOLLOW)).close();
    await refused(storage.open('/f', O_DIRECTORY), 'ENOTDIR', '/f');
    await (await storage.open('/d', O_DIRECTORY)).close();
  });
});

describe('a call with a signal', () => {
  it('ends with the reason of the signal, whichever it is', async () => {
    const storage = new FileStorage(new MemoryBackend());
    await storage.writeFile('/f', new Uint8Array(3_000_000));
    const reason = new Error('enough');
    const late = (): AbortSignal => {
      const control = new AbortController();
      queueMicrotask(() => control.abort(reason));
      return control.signal;
    };
    for (const signal of [AbortSignal.abort(reason), late()]) {
      const ended = await storage.readFile('/f', { signal }).catch((error: unknown) => error);
      expect(ended).to.equal(reason);
    }
    const signal = late();
    const ended = await storage
      .writeFile('/g', new Uint8Array(3_000_000), { signal })
      .catch((error: unknown) => error);
    expect(ended).to.equal(reason);
    expect((await storage.stat('/g')).size).to.be.below(3_000_000);
  });
});
