import { expect } from 'chai';
import { clockMoves, expectBytes, pattern, refused } from './expectations.ts';
import { at, textOf, type Suite } from './suite.ts';

const CHUNK = 131_072;

export function sizes(suite: Suite): void {
  const resize = (path: string, size: number): Promise<void> => suite.backend.setstat(at(path), { size }, {});

  describe('holes, sizes and large offsets', () => {
    it('a write past the end leaves a hole of zeros', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 3 * CHUNK + 5, 'far');
      const bytes = await suite.get('/f');
      expect(bytes).to.have.length(3 * CHUNK + 8);
      expect(bytes.subarray(0, 3 * CHUNK + 5).every((byte) => byte === 0)).to.equal(true);
      expect(textOf(bytes.subarray(3 * CHUNK + 5))).to.equal('far');
    });

    it('a hole within a chunk reads as zeros too', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 0, 'ab');
      await suite.write(handle, 6, 'gh');
      expect(await suite.text('/f')).to.equal('ab\0\0\0\0gh');
    });

    for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK]) {
      it(`cut to ${size} bytes, nothing of what was behind comes back`, async () => {
        const before = pattern(2 * CHUNK + 100);
        await suite.put('/f', before);
        await resize('/f', size);
        expectBytes(await suite.get('/f'), before.subarray(0, size));
        await resize('/f', before.length);
        const wanted = new Uint8Array(before.length);
        wanted.set(before.subarray(0, size));
        expectBytes(await suite.get('/f'), wanted);
      });
    }

    it('after a cut within a chunk, a later write beyond it finds zeros between', async () => {
      await suite.put('/f', 'abcdefgh');
      const handle = await suite.open('/f');
      await suite.backend.fsetstat(handle, { size: 2 }, {});
      await suite.write(handle, 6, 'gh');
      expect(await suite.text('/f')).to.equal('ab\0\0\0\0gh');
    });

    it('grows and cuts through a handle with write access alone', async () => {
      await suite.put('/f', 'abcdefgh');
      const writer = await suite.open('/f', { access: 'w' });
      const reader = await suite.open('/f', { access: 'r' });
      await suite.backend.fsetstat(writer, { size: 3 }, {});
      expect(await suite.text('/f')).to.equal('abc');
      await suite.backend.fsetstat(writer, { size: 5 }, {});
      expect(await suite.text('/f')).to.equal('abc\0\0');
      await refused(suite.backend.fsetstat(reader, { size: 1 }, {}), 'EINVAL');
      expect(await suite.text('/f')).to.equal('abc\0\0');
    });

    it('a change of size moves mtime and ctime; the size it has already moves ctime alone', async () => {
      await suite.put('/f', 'abc');
      const before = await suite.stat('/f');
      await clockMoves();
      await resize('/f', 3);
      const same = await suite.stat('/f');
      expect(same.mtime).to.deep.equal(before.mtime);
      expect(same.ctime).not.to.deep.equal(before.ctime);
      await resize('/f', 2);
      expect((await suite.stat('/f')).mtime).not.to.deep.equal(before.mtime);
    });

    it('takes and gives bytes at 2^40', async () => {
      if (suite.fileSizeMax <= 2 ** 41) return;
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 2 ** 40, 'here');
      expect(await suite.backend.fstat(handle, {})).to.include({ size: 2 ** 40 + 4 });
      expect(textOf(await suite.read(handle, 2 ** 40, 10))).to.equal('here');
      expectBytes(await suite.read(handle, 2 ** 40 - 5, 5), new Uint8Array(5));
      expectBytes(await suite.read(handle, 2 ** 39, 1000), new Uint8Array(1000));
    });

    it('writes up to the last byte that a file can have and refuses the one after it', async () => {
      const last = suite.fileSizeMax;
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, last - 3, 'end');
      expect((await suite.stat('/f')).size).to.equal(last);
      expect(textOf(await suite.read(handle, last - 3, 100))).to.equal('end');
      await refused(suite.write(handle, 'end', 'x'), 'EFBIG');
      await refused(suite.write(handle, last - 1, 'xy'), 'EFBIG');
      await refused(suite.write(handle, 2 ** 53, 'x'), 'EFBIG');
      expect((await suite.stat('/f')).size).to.equal(last);
    });

    it('grows to the largest size and refuses a larger one, with nothing of the change made', async () => {
      await suite.put('/f', 'x');
      await resize('/f', suite.fileSizeMax);
      expect((await suite.stat('/f')).size).to.equal(suite.fileSizeMax);
      if (suite.can.limits) expect((await suite.stat('/f')).used).to.equal(1);
      const larger = { size: 2 ** 53, mode: 0o600 };
      await refused(suite.backend.setstat(at('/f'), larger, {}), 'EFBIG');
      expect(await suite.stat('/f')).to.include({ size: suite.fileSizeMax, mode: 0o644 });
      await resize('/f', 1);
      expect(await suite.text('/f')).to.equal('x');
    });

    it('cuts a file of 2^40 bytes with content in its first chunk at once', async () => {
      if (suite.fileSizeMax <= 2 ** 41) return;
      await suite.put('/f', 'abc');
      await resize('/f', 2 ** 40);
      await resize('/f', 2);
      expect(await suite.text('/f')).to.equal('ab');
    });

    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      it(`${bad} is neither position, length nor size`, async () => {
        await suite.put('/f', 'abc');
        const handle = await suite.open('/f');
        await refused(suite.read(handle, bad, 1), 'EINVAL');
        await refused(suite.read(handle, 0, bad), 'EINVAL');
        await refused(suite.write(handle, bad, 'x'), 'EINVAL');
        await refused(resize('/f', bad), 'EINVAL');
        await refused(suite.backend.fsetstat(handle, { size: bad }, {}), 'EINVAL');
        expect(await suite.text('/f')).to.equal('abc');
      });
    }
  });
}
