import { expect } from 'chai';
import { expectBytes, pattern, refused } from './expectations.ts';
import { bytesOf, textOf, type Suite } from './suite.ts';

const CHUNK = 131_072;

export function readsAndWrites(suite: Suite): void {
  describe('reads and writes', () => {
    it('a new file is empty', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      expect((await suite.stat('/f')).size).to.equal(0);
      expect(await suite.read(handle)).to.have.length(0);
    });

    for (const length of [1, 4096, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17]) {
      it(`${length} bytes come back as they were written`, async () => {
        const bytes = pattern(length);
        await suite.put('/f', bytes);
        expectBytes(await suite.get('/f'), bytes);
        expect((await suite.stat('/f')).size).to.equal(length);
      });
    }

    it('reads any part across chunk borders', async () => {
      const bytes = pattern(2 * CHUNK + 100);
      await suite.put('/f', bytes);
      const handle = await suite.open('/f');
      for (const [position, length] of [
        [0, 1],
        [CHUNK - 1, 2],
        [CHUNK, 1],
        [CHUNK - 10, CHUNK + 20],
        [5, 2 * CHUNK],
      ] as const) {
        expectBytes(await suite.read(handle, position, length), bytes.subarray(position, position + length));
      }
    });

    it('a read is shorter only at the end of the file, and empty at it and past it', async () => {
      await suite.put('/f', 'hello');
      const handle = await suite.open('/f');
      expect(textOf(await suite.read(handle, 3, 100))).to.equal('lo');
      expect(await suite.read(handle, 5, 100)).to.have.length(0);
      expect(await suite.read(handle, 6, 100)).to.have.length(0);
      expect(await suite.read(handle, Number.MAX_SAFE_INTEGER, 100)).to.have.length(0);
      expect(await suite.read(handle, 0, Number.MAX_SAFE_INTEGER)).to.have.length(5);
      expect(await suite.read(handle, 2, 0)).to.have.length(0);
    });

    it('a write in the middle replaces those bytes alone', async () => {
      const bytes = pattern(2 * CHUNK);
      await suite.put('/f', bytes);
      const handle = await suite.open('/f');
      await suite.write(handle, CHUNK - 3, 'middle');
      bytes.set(bytesOf('middle'), CHUNK - 3);
      expectBytes(await suite.get('/f'), bytes);
    });

    it('a write over the end makes the file longer', async () => {
      await suite.put('/f', 'hello');
      const handle = await suite.open('/f');
      await suite.write(handle, 3, 'p me');
      expect(await suite.text('/f')).to.equal('help me');
    });

    it("'end' appends, also after another handle has written", async () => {
      const one = await suite.open('/f', { create: 'exclusive' });
      const two = await suite.open('/f');
      await suite.write(one, 'end', 'one ');
      await suite.write(two, 'end', 'two ');
      await suite.write(one, 'end', 'three');
      expect(await suite.text('/f')).to.equal('one two three');
    });

    it('appends from many handles at once keep every record whole', async () => {
      await suite.put('/log', '');
      const writers = await Promise.all(Array.from({ length: 8 }, () => suite.open('/log', { access: 'w' })));
      const record = (writer: number, turn: number): string => `<${writer}:${turn}>`.padEnd(40, '.');
      await Promise.all(
        writers.flatMap((handle, writer) =>
          Array.from({ length: 25 }, (_, turn) => suite.write(handle, 'end', record(writer, turn))),
        ),
      );
      const text = await suite.text('/log');
      expect(text).to.have.length(8 * 25 * 40);
      const records = new Set(
        Array.from({ length: 200 }, (_, index) => text.slice(index * 40, index * 40 + 40)),
      );
      for (let writer = 0; writer < 8; writer++) {
        for (let turn = 0; turn < 25; turn++) expect(records.has(record(writer, turn))).to.equal(true);
      }
    });

    it('a write of zero bytes changes nothing, wherever it points', async () => {
      await suite.put('/f', 'hello');
      const before = await suite.stat('/f');
      const handle = await suite.open('/f');
      for (const position of [0, 5, 1000, 'end'] as const) await suite.write(handle, position, '');
      expect(await suite.stat('/f')).to.deep.equal(before);
    });

    it('every handle sees a write at once', async () => {
      const writer = await suite.open('/f', { create: 'exclusive' });
      const reader = await suite.open('/f', { access: 'r' });
      for (let turn = 0; turn < 20; turn++) {
        await suite.write(writer, turn * 1000, pattern(1000, turn + 1));
        expectBytes(await suite.read(reader, turn * 1000, 2000), pattern(1000, turn + 1));
      }
    });

    it("the caller's buffer is its own again once a write is settled", async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      const bytes = bytesOf('before');
      await suite.write(handle, 0, bytes);
      bytes.fill(0);
      expect(await suite.text('/f')).to.equal('before');
    });

    it('bytes that were read are the caller’s to change', async () => {
      await suite.put('/f', 'kept as it was');
      const handle = await suite.open('/f');
      (await suite.read(handle)).fill(0);
      expect(await suite.text('/f')).to.equal('kept as it was');
    });

    it('a read may put its bytes into memory that is lent for it, and into no more of that than it answers', async () => {
      await suite.put('/f', pattern(5000));
      const handle = await suite.open('/f');
      for (const size of [0, 99, 100, 400]) {
        const into = new Uint8Array(size).fill(1);
        const read = await suite.backend.read(handle, 4900, 300, { into });
        expectBytes(read, pattern(5000).subarray(4900));
        if (read.buffer === into.buffer) into.fill(1, read.byteOffset, read.byteOffset + read.length);
        expectBytes(into, new Uint8Array(size).fill(1));
      }
    });

    it('takes a view into a larger buffer, and a Node Buffer where there is one, for what they show', async () => {
      const large = pattern(1000);
      const hasBuffer = typeof Buffer !== 'undefined';
      const inBuffer = hasBuffer ? Buffer.from(large.buffer, 500, 100) : large.subarray(500, 600);
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 0, large.subarray(100, 300));
      await suite.write(handle, 200, inBuffer);
      expectBytes(
        await suite.get('/f'),
        Uint8Array.from([...large.subarray(100, 300), ...large.subarray(500, 600)]),
      );
    });

    it('a handle that was not opened for reading refuses to read, one not opened for writing to write', async () => {
      await suite.put('/f', 'x');
      const writer = await suite.open('/f', { access: 'w' });
      const reader = await suite.open('/f', { access: 'r' });
      await refused(suite.read(writer), 'EBADF');
      await refused(suite.write(reader, 0, 'y'), 'EBADF');
      await refused(suite.write(reader, 0, ''), 'EBADF');
      expect(await suite.text('/f')).to.equal('x');
    });

    it('overlapping writes leave what came last', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      const wanted = new Uint8Array(3 * CHUNK);
      for (let turn = 0; turn < 60; turn++) {
        const position = (turn * 7919 * 31) % (2 * CHUNK);
        const bytes = pattern(1 + ((turn * 104_729) % CHUNK), turn + 1);
        wanted.set(bytes, position);
        await suite.write(handle, position, bytes);
      }
      const { size } = await suite.stat('/f');
      expectBytes(await suite.get('/f'), wanted.subarray(0, size));
    });
  });
}
