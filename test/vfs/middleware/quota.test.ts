import { expect } from 'chai';
import type { CallContext, Limits } from '../../../vfs/backend.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { stack, type Layer } from '../../../vfs/layer.ts';
import { quota } from '../../../vfs/middleware/quota.ts';
import { ROOT, type VfsPath } from '../../../vfs/path.ts';
import { outcomeOf, refused } from '../../conformance/expectations.ts';

const f = '/f' as VfsPath;

/** Tells what limits arrive below. */
function watching(seen: (Limits | undefined)[]): Layer {
  return (next) => (call) => {
    seen.push(call.ctx.limits);
    return next(call);
  };
}

describe('quota', () => {
  it('lets as much in as it says, to the byte', async () => {
    const storage = stack(new MemoryBackend(), quota({ bytes: 100, inodes: 2, fileSize: 60 }));
    const open = (path: VfsPath) => storage.open(path, { access: 'rw', create: 'if-missing' }, 0o644, {});
    const [one, two] = [await open(f), await open('/g' as VfsPath)];
    await storage.write(one, 0, new Uint8Array(60), {});
    await refused(storage.write(one, 'end', new Uint8Array(1), {}), 'EFBIG');
    await storage.write(two, 0, new Uint8Array(40), {});
    const failure = await refused(storage.write(two, 'end', new Uint8Array(1), {}), 'EDQUOT');
    expect(failure.message).to.equal('EDQUOT: quota exceeded: 100 B used of 100 B, write');
    await refused(open('/h' as VfsPath), 'EDQUOT');
    expect(await storage.statfs({})).to.include({
      bytesTotal: 100,
      bytesFree: 0,
      inodesTotal: 2,
      inodesFree: 0,
    });
  });

  it('says its limits with every operation', async () => {
    const seen: (Limits | undefined)[] = [];
    const storage = stack(new MemoryBackend(), quota({ bytes: 5 }), watching(seen));
    await storage.lstat(ROOT, {});
    await storage.statfs({ session: 'x' });
    expect(seen.map((limits) => limits?.bytes)).to.deep.equal([5, 5]);
  });

  const CASES: readonly (readonly [Limits, Limits, Limits])[] = [
    [{ bytes: 5 }, { bytes: 7 }, { bytes: 5 }],
    [{ bytes: 7 }, { bytes: 5 }, { bytes: 5 }],
    [{ bytes: 5 }, { inodes: 7 }, { bytes: 5, inodes: 7 }],
    [
      { bytes: 0, inodes: 1 },
      { bytes: 1, inodes: 0, fileSize: 3 },
      { bytes: 0, inodes: 0, fileSize: 3 },
    ],
    [{}, { bytes: 9 }, { bytes: 9 }],
    [{ bytes: undefined }, { bytes: 9 }, { bytes: 9 }],
  ];
  for (const [outer, inner, wanted] of CASES) {
    it(`${JSON.stringify(outer)} over ${JSON.stringify(inner)} is the tightest of each`, async () => {
      const seen: (Limits | undefined)[] = [];
      const storage = stack(new MemoryBackend(), quota(outer), quota(inner), watching(seen));
      await storage.sync({});
      expect({ bytes: undefined, inodes: undefined, fileSize: undefined, ...seen[0] }).to.deep.equal({
        bytes: undefined,
        inodes: undefined,
        fileSize: undefined,
        ...wanted,
      });
    });
  }

  it('holds under limits that the caller says, the tighter of both', async () => {
    const storage = stack(new MemoryBackend(), quota({ bytes: 10 }));
    const handle = await storage.open(f, { access: 'w', create: 'exclusive' }, 0o644, {});
    const write = (length: number, ctx: CallContext) =>
      outcomeOf(storage.write(handle, 0, new Uint8Array(length), ctx));
    expect(await write(6, { limits: { bytes: 5 } })).to.equal('EDQUOT');
    expect(await write(11, { limits: { bytes: 20 } })).to.equal('EDQUOT');
    expect(await write(10, { limits: { bytes: 20 } })).to.equal('ok');
  });

  it('asks for its limits at each call, when they are a function', async () => {
    let bytes = 10;
    const storage = stack(
      new MemoryBackend(),
      quota(() => ({ bytes })),
    );
    const handle = await storage.open(f, { access: 'w', create: 'exclusive' }, 0o644, {});
    await storage.write(handle, 0, new Uint8Array(10), {});
    bytes = 5;
    await refused(storage.write(handle, 'end', new Uint8Array(1), {}), 'EDQUOT');
    await storage.write(handle, 0, new Uint8Array(10), {});
    bytes = 11;
    await storage.write(handle, 'end', new Uint8Array(1), {});
  });

  it('changes neither the call that it got nor the abilities below', async () => {
    const ctx: CallContext = Object.freeze({ session: 's' });
    const backend = new MemoryBackend();
    const storage = stack(backend, quota({ bytes: 1 }));
    await storage.lstat(ROOT, ctx);
    expect(ctx).to.deep.equal({ session: 's' });
    expect(storage.capabilities).to.deep.equal(backend.capabilities);
  });
});
