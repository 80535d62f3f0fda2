import { expect } from 'chai';
import { MessageChannel } from 'node:worker_threads';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import {
  connectBackend,
  PortChannel,
  serveBackend,
  type RemoteBackend,
} from '../../../../vfs/backends/remote/index.ts';
import { SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import { override, stack } from '../../../../vfs/layer.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { expectBytes, pattern } from '../../../conformance/expectations.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const FILE = '/f' as VfsPath;
const MAKE = { access: 'rw', create: 'if-missing' } as const;

describe('a storage over a MessagePort with memory that both ends have', () => {
  const directory = temporaryDirectory();
  const memory = new SharedArrayBuffer(1_000_000);
  /** What the storage was given to write. */
  const written: Uint8Array[] = [];
  let backend: VfsBackend;
  let remote: RemoteBackend;

  beforeEach(async () => {
    written.length = 0;
    backend = await SqliteBackend.open(`${directory()}/storage.db`);
    const watched = override((next) => ({
      write: (call) => {
        written.push(call.args[2]);
        return next(call);
      },
    }));
    const { port1, port2 } = new MessageChannel();
    serveBackend(stack(backend, watched), new PortChannel(port2, memory), { disposes: true });
    remote = await connectBackend(new PortChannel(port1, memory));
  });
  afterEach(() => remote.dispose());

  it('is written to from there, and read into it, without a copy', async () => {
    const handle = await remote.open(FILE, MAKE, 0o600, {});
    const bytes = Buffer.from(memory, 1003, 300_000);
    bytes.set(pattern(300_000));
    await remote.write(handle, 0, bytes, {});
    expect(written[0]?.byteOffset).to.equal(1003);
    bytes.fill(0);
    const into = Buffer.from(memory, 400_000, 262_144);
    const read = await remote.read(handle, 500, 200_000, { into });
    expect(read.buffer).to.equal(memory);
    expect(read.byteOffset).to.equal(400_000);
    expectBytes(read, pattern(300_000).subarray(500, 200_500));
    expectBytes(await remote.read(handle, 299_000, 262_144, { into }), pattern(300_000).subarray(299_000));
  });

  it('has other memory brought over as without it', async () => {
    const handle = await remote.open(FILE, MAKE, 0o600, {});
    await remote.write(handle, 0, pattern(5000), {});
    await remote.write(handle, 5000, pattern(6000).subarray(5000, 5100), {});
    expect(written.map(({ length }) => length)).to.deep.equal([5000, 100]);
    expectBytes(await remote.read(handle, 0, 6000, { into: new Uint8Array(6000) }), pattern(5100));
    const small = Buffer.from(memory, 0, 10);
    expectBytes(await remote.read(handle, 0, 6000, { into: small }), pattern(5100));
  });
});
