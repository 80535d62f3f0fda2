import { expect } from 'chai';
import type { Handle } from '../../vfs/backend.ts';
import { clockMoves, expectBytes, pattern, randomSource, refused } from './expectations.ts';
import { at, bytesOf, type Suite } from './suite.ts';

const CHUNK = 131_072;

export function copyRange(suite: Suite): void {
  const copy = (
    from: Handle,
    fromPosition: number,
    length: number,
    to: Handle,
    toPosition: number,
  ): Promise<number> => suite.backend.copyRange(from, fromPosition, length, to, toPosition, {});

  async function twoFiles(
    source: Uint8Array | string,
    target: Uint8Array | string,
  ): Promise<[Handle, Handle]> {
    await suite.put('/source', source);
    await suite.put('/target', target);
    return [await suite.open('/source', { access: 'r' }), await suite.open('/target', { access: 'w' })];
  }

  describe('copying inside the store', () => {
    it('copies a range over, into and past what is there', async () => {
      const [from, to] = await twoFiles('0123456789', 'abcdefgh');
      expect(await copy(from, 2, 3, to, 1)).to.equal(3);
      expect(await suite.text('/target')).to.equal('a234efgh');
      expect(await copy(from, 7, 3, to, 7)).to.equal(3);
      expect(await suite.text('/target')).to.equal('a234efg789');
      expect(await copy(from, 0, 1, to, 12)).to.equal(1);
      expect(await suite.text('/target')).to.equal('a234efg789\0\x000');
      expect(await suite.text('/source')).to.equal('0123456789');
    });

    it("answers fewer bytes only at the source's end", async () => {
      const [from, to] = await twoFiles('0123456789', '');
      expect(await copy(from, 8, 100, to, 0)).to.equal(2);
      expect(await copy(from, 10, 100, to, 0)).to.equal(0);
      expect(await copy(from, 1000, 100, to, 0)).to.equal(0);
      expect(await copy(from, 0, Number.MAX_SAFE_INTEGER, to, 0)).to.equal(10);
      expect(await suite.text('/target')).to.equal('0123456789');
    });

    it('copying nothing changes nothing, times included', async () => {
      const [from, to] = await twoFiles('0123456789', 'abc');
      const before = await suite.stat('/target');
      await clockMoves();
      await copy(from, 0, 0, to, 1000);
      await copy(from, 10, 5, to, 1000);
      expect(await suite.stat('/target')).to.deep.equal(before);
    });

    it('moves mtime and ctime of the target alone', async () => {
      const [from, to] = await twoFiles('0123456789', 'abc');
      const [source, target] = [await suite.stat('/source'), await suite.stat('/target')];
      await clockMoves();
      await copy(from, 0, 1, to, 0);
      expect(await suite.stat('/source')).to.deep.equal(source);
      expect((await suite.stat('/target')).mtime).not.to.deep.equal(target.mtime);
      expect((await suite.stat('/target')).ctime).not.to.deep.equal(target.ctime);
    });

    it('within one file, ranges may touch but not overlap', async () => {
      await suite.put('/f', '0123456789');
      const handle = await suite.open('/f');
      await refused(copy(handle, 0, 5, handle, 4), 'EINVAL');
      await refused(copy(handle, 4, 5, handle, 0), 'EINVAL');
      await refused(copy(handle, 3, 1, handle, 3), 'EINVAL');
      expect(await suite.text('/f')).to.equal('0123456789');
      expect(await copy(handle, 0, 5, handle, 5)).to.equal(5);
      expect(await copy(handle, 8, 100, handle, 10)).to.equal(2);
      expect(await suite.text('/f')).to.equal('012340123434');
    });

    it('overlap counts through two handles of the file as well', async () => {
      await suite.put('/f', '0123456789');
      const [reader, writer] = [
        await suite.open('/f', { access: 'r' }),
        await suite.open('/f', { access: 'w' }),
      ];
      await refused(copy(reader, 0, 5, writer, 4), 'EINVAL');
      expect(await copy(reader, 0, 5, writer, 5)).to.equal(5);
    });

    it('needs a source that may be read and a target that may be written, both files', async () => {
      const [from, to] = await twoFiles('0123456789', 'abc');
      await suite.mkdir('/d');
      const directory = await suite.open('/d', { access: 'r' });
      await refused(copy(to, 0, 1, to, 1), 'EBADF');
      await refused(copy(from, 0, 1, from, 1), 'EBADF');
      await refused(copy(directory, 0, 1, to, 0), 'EISDIR');
      await refused(copy(from, 0, 1, directory, 0), 'EBADF');
      await refused(copy(from, -1, 1, to, 0), 'EINVAL');
      await refused(copy(from, 0, 1.5, to, 0), 'EINVAL');
      await refused(copy(from, 0, 1, to, -1), 'EINVAL');
      expect(await suite.text('/target')).to.equal('abc');
    });

    it('is refused past the largest file', async () => {
      const [from, to] = await twoFiles('0123456789', 'abc');
      await refused(copy(from, 0, 10, to, suite.fileSizeMax - 5), 'EFBIG');
      await refused(copy(from, 0, 1, to, 2 ** 53), 'EFBIG');
      const limits = { fileSize: 8 };
      await refused(suite.backend.copyRange(from, 0, 10, to, 0, { limits }), 'EFBIG');
      expect(await suite.text('/target')).to.equal('abc');
    });

    // A store that does not count its bytes may have to read a hole to know it.
    const length = suite.can.limits ? 2 ** 40 : 2 ** 26;
    it(`a hole that meets a hole stays one, of ${length} bytes too`, async () => {
      if (!suite.can.sparse) return;
      const [from, to] = await twoFiles('start', '');
      await suite.backend.setstat(at('/source'), { size: length }, {});
      expect(await copy(from, 0, length, to, 0)).to.equal(length);
      const { size, used } = await suite.stat('/target');
      expect(size).to.equal(length);
      if (suite.can.limits) expect(used).to.equal(CHUNK);
      else expect(used).to.be.below(length / 8);
      const reader = await suite.open('/target', { access: 'r' });
      expectBytes(await suite.read(reader, 0, 7), bytesOf('start\0\0'));
    });

    it('zeros out of a hole replace what was there', async () => {
      const [from, to] = await twoFiles('', pattern(3 * CHUNK));
      await suite.backend.setstat(at('/source'), { size: 10 * CHUNK }, {});
      expect(await copy(from, 5, 2 * CHUNK, to, 100)).to.equal(2 * CHUNK);
      const wanted = pattern(3 * CHUNK).fill(0, 100, 100 + 2 * CHUNK);
      expectBytes(await suite.get('/target'), wanted);
    });

    it('zeros out of a hole are stored where the target has a chunk, also behind the end of what is in it', async () => {
      // What a store that keeps no sum counts is in units of its own.
      if (!suite.can.limits) return;
      const [from, to] = await twoFiles('', 'end');
      await suite.backend.setstat(at('/source'), { size: CHUNK }, {});
      expect(await copy(from, 0, 1000, to, 3)).to.equal(1000);
      expect(await suite.stat('/target')).to.include({ size: 1003, used: 1003 });
    });

    it('copies as reading and writing would, whatever the ranges', async () => {
      const random = randomSource(7);
      const source = pattern(4 * CHUNK, 3);
      source.fill(0, CHUNK + 5, 3 * CHUNK);
      const [from, to] = await twoFiles('', '');
      const writer = await suite.open('/source', { access: 'w' });
      await suite.write(writer, 0, source.subarray(0, CHUNK + 5));
      await suite.write(writer, 3 * CHUNK, source.subarray(3 * CHUNK));
      let wanted = new Uint8Array(0);
      for (let turn = 0; turn < 40; turn++) {
        const [fromPosition, toPosition] = [random(source.length), random(4 * CHUNK)];
        const part = source.subarray(fromPosition, fromPosition + random(2 * CHUNK));
        expect(await copy(from, fromPosition, part.length, to, toPosition)).to.equal(part.length);
        if (part.length > 0) wanted = patched(wanted, part, toPosition);
      }
      expectBytes(await suite.get('/target'), wanted);
    });
  });
}

function patched(bytes: Uint8Array, part: Uint8Array, position: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(Math.max(bytes.length, position + part.length));
  result.set(bytes);
  result.set(part, position);
  return result;
}
