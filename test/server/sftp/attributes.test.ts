import { expect } from 'chai';
import { OPEN_FLAG, PACKET, STATUS } from '../../../server/sftp/protocol.ts';
import { attributesIn, attrs, statusCode, str, u32 } from '../../support/sftp-client.ts';
import { openSession } from '../../support/sftp-session.ts';

const { READ, WRITE, CREAT } = OPEN_FLAG;
const { OK, FAILURE, BAD_MESSAGE, NO_SUCH_FILE, OP_UNSUPPORTED } = STATUS;

async function session() {
  const { client, backend } = await openSession();
  const handle = await client.open('/file', WRITE | CREAT);
  await client.write(handle, 0, 'hello');
  await client.close(handle);
  await client.ask(PACKET.SYMLINK, str('file'), str('/link'));
  await client.ask(PACKET.MKDIR, str('/dir'), attrs());
  const look = async (path: string) => attributesIn(await client.ask(PACKET.LSTAT, str(path)));
  return { client, backend, look };
}

describe('attributes over SFTP', () => {
  it('have the type in the mode', async () => {
    const { look } = await session();
    expect((await look('/file')).permissions).to.equal(0o100644);
    expect((await look('/dir')).permissions).to.equal(0o040755);
    expect((await look('/link')).permissions).to.equal(0o120777);
  });

  it('are changed together by SETSTAT, through a symlink', async () => {
    const { client, look } = await session();
    const change = attrs({ size: 3, permissions: 0o100600, times: [1000, 0xffffffff] });
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/link'), change))).to.equal(OK);
    expect(await look('/file')).to.include({
      size: 3n,
      permissions: 0o100600,
      atime: 1000,
      mtime: 0xffffffff,
    });
  });

  it('are all changed or none', async () => {
    const { client, look } = await session();
    const before = await look('/dir');
    const change = attrs({ size: 3, permissions: 0o700, times: [1, 2] });
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/dir'), change))).to.equal(FAILURE);
    expect(await look('/dir')).to.deep.equal(before);
  });

  it('of a symlink itself are changed by lsetstat: times and owner, neither mode nor size', async () => {
    const { client, look } = await session();
    const change = async (fields: Uint8Array) =>
      statusCode(await client.extended('lsetstat@openssh.com', str('/link'), fields));
    expect(await change(attrs({ times: [5, 6] }))).to.equal(OK);
    expect(await look('/link')).to.include({ atime: 5, mtime: 6 });
    expect((await look('/file')).mtime).to.be.greaterThan(6);
    expect(await change(attrs({ permissions: 0o600 }))).to.equal(OP_UNSUPPORTED);
    expect(await change(attrs({ size: 0 }))).to.equal(BAD_MESSAGE);
    expect(await change(attrs({ owner: [7, 8] }))).to.equal(OK);
    expect(await look('/link')).to.include({ uid: 7, gid: 8 });
  });

  it('can be changed through a handle that only reads, but not the size', async () => {
    const { client, look } = await session();
    const handle = await client.open('/file', READ);
    const change = async (fields: Uint8Array) =>
      statusCode(await client.ask(PACKET.FSETSTAT, str(handle), fields));
    expect(await change(attrs({ permissions: 0o400, times: [7, 8] }))).to.equal(OK);
    expect(await look('/file')).to.include({ permissions: 0o100400, atime: 7, mtime: 8 });
    expect(await change(attrs({ size: 1 }))).to.equal(BAD_MESSAGE);
  });

  it('are changed after an upload, while the file is still open and once it is closed', async () => {
    const { client, look } = await session();
    const handle = await client.open('/upload', WRITE | CREAT, { permissions: 0o600 });
    await client.write(handle, 0, 'content');
    const change = attrs({ permissions: 0o644, times: [100, 200] });
    expect(statusCode(await client.ask(PACKET.FSETSTAT, str(handle), change))).to.equal(OK);
    expect(await client.close(handle)).to.equal(OK);
    expect(await look('/upload')).to.include({ permissions: 0o100644, mtime: 200, size: 7n });
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/upload'), attrs({ times: [1, 2] })))).to.equal(
      OK,
    );
    expect((await look('/upload')).mtime).to.equal(2);
  });

  it('grow a file by a hole and cut it', async () => {
    const { client, look } = await session();
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/file'), attrs({ size: 2 ** 40 })))).to.equal(OK);
    expect((await look('/file')).size).to.equal(2n ** 40n);
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/file'), attrs({ size: 0 })))).to.equal(OK);
    expect((await look('/file')).size).to.equal(0n);
  });

  it('of nothing to change are accepted', async () => {
    const { client, look } = await session();
    const before = await look('/file');
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/file'), attrs()))).to.equal(OK);
    expect(await look('/file')).to.deep.equal(before);
  });

  it('of what is not there are not told', async () => {
    const { client } = await session();
    for (const type of [PACKET.STAT, PACKET.LSTAT]) {
      for (const path of ['/missing', '/file/x', '/missing/x', '/file/']) {
        expect(statusCode(await client.ask(type, str(path))), path).to.equal(NO_SUCH_FILE);
      }
    }
    const change = attrs({ permissions: 0o600 });
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/missing'), change))).to.equal(NO_SUCH_FILE);
  });

  it('of times before 1970 or past 2106 are told as the nearest there is', async () => {
    const { look, backend } = await session();
    const at = (seconds: number) => ({ seconds, nanoseconds: 0 });
    const { path } = await backend.resolve('/file' as never, 'keep', {});
    await backend.setstat(path, { atime: at(-1), mtime: at(2 ** 33) }, {});
    expect(await look('/file')).to.include({ atime: 0, mtime: 0xffffffff });
  });

  it('that version 3 does not have are refused, and change nothing', async () => {
    const { client, look } = await session();
    const before = await look('/file');
    const unknown = Buffer.concat([u32(0x14), u32(0o600)]);
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/file'), unknown))).to.equal(BAD_MESSAGE);
    const manyExtended = Buffer.concat([u32(0x80000004), u32(0o600), u32(0xffffffff), str('a'), str('b')]);
    expect(statusCode(await client.ask(PACKET.SETSTAT, str('/file'), manyExtended))).to.equal(BAD_MESSAGE);
    expect(await look('/file')).to.deep.equal(before);
  });
});
