import { expect } from 'chai';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { nodeFs, nodePlatform } from '../../../vfs/extensions/node/index.ts';
import { FileStorage } from '../../../vfs/file-storage.ts';
import { override, stack } from '../../../vfs/layer.ts';
import { tracing } from '../../../vfs/middleware/tracing.ts';
import { rejection } from '../../support/rejection.ts';
import { until } from '../../support/until.ts';

const CONTENT = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251);

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** How many files are open: those that `open` made and `close` has not ended. */
function counting(): { backend: ReturnType<typeof stack>; open: () => number } {
  let open = 0;
  const backend = stack(
    new MemoryBackend(),
    tracing(({ op, outcome }) => {
      if (op === 'open' && outcome === 'ok') open++;
      if (op === 'close') open--;
    }),
  );
  return { backend, open: () => open };
}

describe('web streams of a FileStorage', () => {
  it('give a file, or the part of it from start to end', async () => {
    const { backend, open } = counting();
    const storage = new FileStorage(backend);
    await storage.writeFile('/f', CONTENT);
    expect(Buffer.compare(await collected(storage.createReadStream('/f')), CONTENT)).to.equal(0);
    const part = storage.createReadStream('/f', { start: 10, end: 100_010, highWaterMark: 999 });
    expect(Buffer.compare(await collected(part), CONTENT.subarray(10, 100_011))).to.equal(0);
    expect(open()).to.equal(0);
  });

  it('close the file when their reader has enough', async () => {
    const { backend, open } = counting();
    const storage = new FileStorage(backend);
    await storage.writeFile('/f', CONTENT);
    for await (const piece of storage.createReadStream('/f')) {
      expect(piece.length).to.be.above(0);
      break;
    }
    expect(open()).to.equal(0);
  });

  it('write text and bytes, and the file is there once they are closed', async () => {
    const { backend, open } = counting();
    const storage = new FileStorage(backend);
    const writer = storage.createWriteStream('/f', { flush: true }).getWriter();
    await writer.write('text ');
    await writer.write(Uint8Array.of(1, 2, 3));
    await writer.close();
    expect([...(await storage.readFile('/f'))]).to.deep.equal([...Buffer.from('text '), 1, 2, 3]);
    await new Response(CONTENT).body?.pipeTo(storage.createWriteStream('/g'));
    expect(Buffer.compare(await storage.readFile('/g'), CONTENT)).to.equal(0);
    expect(open()).to.equal(0);
  });

  it('read no further than their room while nobody takes what they have', async () => {
    let read = 0;
    const memory = new MemoryBackend();
    const storage = new FileStorage(
      stack(
        memory,
        tracing(({ op, bytes }) => (read += op === 'read' ? bytes : 0)),
      ),
    );
    await storage.writeFile('/f', CONTENT);
    const reader = storage.createReadStream('/f', { highWaterMark: 10_000 }).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(read).to.be.at.most(30_000);
    await reader.cancel();
  });

  it('fail with what the storage says, and with the reason of their signal', async () => {
    const { backend, open } = counting();
    const storage = new FileStorage(backend);
    const missing = await rejection(storage.createReadStream('/no').getReader().read());
    expect(missing).to.include({ code: 'ENOENT', path: '/no', syscall: 'open' });
    await storage.writeFile('/f', CONTENT);
    const control = new AbortController();
    const reader = storage.createReadStream('/f', { signal: control.signal, highWaterMark: 100 }).getReader();
    await reader.read();
    control.abort();
    const aborted = await rejection(
      (async () => {
        for (;;) if ((await reader.read()).done) return;
      })(),
    );
    expect(aborted).to.have.property('name', 'AbortError');
    await until('the file is closed', () => open() === 0);
  });

  it('close the file when their signal ends them, also while nobody reads or writes', async () => {
    const { backend, open } = counting();
    const storage = new FileStorage(backend);
    await storage.writeFile('/f', CONTENT);
    const control = new AbortController();
    const { signal } = control;
    const reader = storage.createReadStream('/f', { signal, highWaterMark: 100 }).getReader();
    const writer = storage.createWriteStream('/g', { signal }).getWriter();
    await reader.read();
    await writer.write('some');
    expect(open()).to.equal(2);
    const ended = rejection(writer.closed);
    control.abort();
    expect(await ended).to.have.property('name', 'AbortError');
    await until('the file is closed', () => open() === 0);
    expect(await rejection(reader.read())).to.have.property('name', 'AbortError');
  });

  it('refuse what is no range', async () => {
    const storage = new FileStorage(new MemoryBackend());
    for (const range of [{ start: -1 }, { start: 2.5 }, { start: 5, end: 4 }, { end: -1 }]) {
      expect(() => storage.createReadStream('/f', range)).to.throw('EINVAL');
    }
  });
});

describe('streams of Node over a storage', () => {
  it('give a file, or the part of it from start to end, and say what they do', async () => {
    const { backend, open } = counting();
    const fs = nodeFs(backend);
    await fs.promises.writeFile('/f', CONTENT);
    const stream = fs.createReadStream('/f', { start: 5, end: 200_000 });
    const [fd] = (await once(stream, 'open')) as [number];
    expect(fd).to.be.above(0);
    expect(Buffer.compare(await collected(stream), CONTENT.subarray(5, 200_001))).to.equal(0);
    expect([stream.path, stream.bytesRead, stream.pending]).to.deep.equal(['/f', 199_996, false]);
    const text = fs.createReadStream('/f', { encoding: 'hex', end: 2 });
    expect((await text.toArray()).join('')).to.equal(Buffer.from(CONTENT.subarray(0, 3)).toString('hex'));
    expect(open()).to.equal(0);
  });

  it('are those of the web where an open file is asked for one, which stays open as with Node', async () => {
    const { backend, open } = counting();
    const fs = nodeFs(backend);
    await fs.promises.writeFile('/f', CONTENT);
    const file = await fs.promises.open('/f');
    await file.read(Buffer.alloc(5), 0, 5);
    const rest = new Uint8Array(await new Response(file.readableWebStream()).arrayBuffer());
    expect(Buffer.compare(rest, CONTENT.subarray(5))).to.equal(0);
    expect((await file.stat()).size).to.equal(CONTENT.length);
    expect(await new Response(file.readableWebStream({ autoClose: true })).text()).to.equal('');
    expect(open()).to.equal(0);
  });

  it('write what is piped into them, at a start, appending, and in place', async () => {
    const { backend, open } = counting();
    const fs = nodeFs(backend);
    const stream = fs.createWriteStream('/f');
    await pipeline(Readable.from([CONTENT.subarray(0, 1000), CONTENT.subarray(1000)]), stream);
    expect(stream.bytesWritten).to.equal(CONTENT.length);
    expect(Buffer.compare(await fs.promises.readFile('/f'), CONTENT)).to.equal(0);
    await pipeline(['XY'], fs.createWriteStream('/f', { flags: 'r+', start: 3 }));
    await pipeline(['end'], fs.createWriteStream('/f', { flags: 'a' }));
    const changed = await fs.promises.readFile('/f');
    expect([changed.subarray(3, 5).toString(), changed.subarray(-3).toString()]).to.deep.equal(['XY', 'end']);
    expect(open()).to.equal(0);
  });

  it('hold back who writes faster than the storage', async () => {
    const release: (() => void)[] = [];
    const slow = override((next) => ({
      write: async (call) => {
        await new Promise<void>((resolve) => release.push(resolve));
        return next(call);
      },
    }));
    const fs = nodeFs(stack(new MemoryBackend(), slow));
    const stream = fs.createWriteStream('/f', { highWaterMark: 1000 });
    await once(stream, 'ready');
    expect(stream.write(Buffer.alloc(600))).to.equal(true);
    expect(stream.write(Buffer.alloc(600))).to.equal(false);
    const drained = once(stream, 'drain');
    const finished = once(stream, 'finish');
    stream.end();
    const releasing = setInterval(() => release.shift()?.(), 1);
    await finished.finally(() => clearInterval(releasing));
    drained.catch(() => undefined);
    expect((await fs.promises.stat('/f')).size).to.equal(1200);
  });

  it('fail with what the storage says, also only when it is closed', async () => {
    const failing = override((next) => ({
      close: async (call) => {
        await next(call);
        throw Object.assign(new Error('lost'), { code: 'EIO' });
      },
    }));
    const lossy = nodeFs(stack(new MemoryBackend(), failing));
    expect(await rejection(pipeline(['x'], lossy.createWriteStream('/f')))).to.include({ code: 'EIO' });
    const fs = nodeFs(new MemoryBackend(), { context: { limits: { bytes: 1000 } } });
    const full = rejection(pipeline([CONTENT], fs.createWriteStream('/f')));
    expect(await full).to.include({ code: 'EDQUOT', path: '/f' });
    expect(await rejection(once(fs.createReadStream('/no'), 'end'))).to.include({
      code: 'ENOENT',
      errno: -2,
    });
  });

  it('end with their signal, and close the file', async () => {
    const { backend, open } = counting();
    const fs = nodeFs(backend);
    await fs.promises.writeFile('/f', CONTENT);
    const control = new AbortController();
    const stream = fs.createReadStream('/f', { signal: control.signal, highWaterMark: 100 });
    await once(stream, 'readable');
    control.abort();
    expect(await rejection(collected(stream))).to.have.property('name', 'AbortError');
    if (!stream.closed) await once(stream, 'close');
    expect(open()).to.equal(0);
  });

  it('come from open files too, which stay open where that is asked for', async () => {
    const storage = new FileStorage(new MemoryBackend(), { platform: nodePlatform });
    await storage.writeFile('/f', '0123456789');
    await using file = await storage.open('/f', 'r+');
    await file.read(Buffer.alloc(2));
    const rest = file.createReadStream({ autoClose: false, end: 4 });
    expect((await collected(rest)).toString()).to.equal('23456');
    await pipeline(['ab'], file.createWriteStream({ start: 0, autoClose: false }));
    expect(await storage.readFile('/f', 'utf8')).to.equal('ab23456789');
    expect(file.fd).to.be.above(0);
    expect((await collected(file.createReadStream({ start: 8 }))).toString()).to.equal('89');
    expect(file.fd).to.equal(-1);
  });
});
