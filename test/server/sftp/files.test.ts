import { expect } from 'chai';
import { DATA_MAX, OPEN_FLAG, PACKET, STATUS } from '../../../server/sftp/protocol.ts';
import { quota } from '../../../vfs/middleware/quota.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { override } from '../../../vfs/layer.ts';
import {
  attributesIn,
  attrs,
  dataIn,
  handleIn,
  statusCode,
  statusMessage,
  str,
  u32,
  u64,
  type SftpClient,
} from '../../support/sftp-client.ts';
import { openSession } from '../../support/sftp-session.ts';

const { READ, WRITE, APPEND, CREAT, TRUNC, EXCL } = OPEN_FLAG;

async function put(client: SftpClient, path: string, text: string | Uint8Array): Promise<void> {
  const handle = await client.open(path, WRITE | CREAT | TRUNC);
  expect(await client.write(handle, 0, text)).to.equal(STATUS.OK);
  expect(await client.close(handle)).to.equal(STATUS.OK);
}

async function get(client: SftpClient, path: string): Promise<string> {
  const handle = await client.open(path, READ);
  const reply = await client.read(handle, 0, DATA_MAX);
  await client.close(handle);
  return reply.type === PACKET.STATUS ? '' : dataIn(reply).toString();
}

describe('files over SFTP', () => {
  it('come back as they were written, under relative and absolute names', async () => {
    const { client } = await openSession();
    await put(client, 'file', 'hello');
    expect(await get(client, '/file')).to.equal('hello');
    expect(await get(client, './/../file')).to.equal('hello');
  });

  it('take and give 255 KiB at once, and answer a longer READ with as much', async () => {
    const { client } = await openSession();
    const bytes = Buffer.alloc(DATA_MAX);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31) % 251;
    await put(client, '/file', bytes);
    const handle = await client.open('/file', READ | WRITE);
    await client.write(handle, DATA_MAX, 'beyond');
    expect(dataIn(await client.read(handle, 0, DATA_MAX))).to.deep.equal(bytes);
    for (const length of [DATA_MAX + 1, 0xffffffff]) {
      expect(dataIn(await client.read(handle, 0, length))).to.deep.equal(bytes);
    }
  });

  it('say EOF at the end and past it, and give what there is before it', async () => {
    const { client } = await openSession();
    await put(client, '/file', 'hello');
    const handle = await client.open('/file', READ);
    expect(dataIn(await client.read(handle, 3, 100)).toString()).to.equal('lo');
    for (const offset of [5, 6, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(statusCode(await client.read(handle, offset, 1)), String(offset)).to.equal(STATUS.EOF);
    }
  });

  it('answer a READ of no bytes with none, wherever', async () => {
    const { client } = await openSession();
    await put(client, '/file', 'hello');
    const handle = await client.open('/file', READ);
    for (const offset of [0, 5, 1000])
      expect(dataIn(await client.read(handle, offset, 0))).to.have.lengthOf(0);
  });

  it('take a WRITE of no bytes, which changes nothing', async () => {
    const { client } = await openSession();
    const handle = await client.open('/file', WRITE | CREAT);
    expect(await client.write(handle, 1000, '')).to.equal(STATUS.OK);
    expect(attributesIn(await client.ask(PACKET.STAT, str('/file'))).size).to.equal(0n);
  });

  it('refuse offsets that no file has as too large, and leave the file as it was', async () => {
    const { client } = await openSession();
    await put(client, '/file', 'hello');
    const handle = await client.open('/file', READ | WRITE);
    for (const offset of [2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      const reply = await client.ask(PACKET.WRITE, str(handle), u64(offset), str('x'));
      expect(statusCode(reply), String(offset)).to.equal(STATUS.FAILURE);
      expect(statusMessage(reply), String(offset)).to.match(/^file too large/);
    }
    for (const offset of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(statusCode(await client.read(handle, offset, 1)), String(offset)).to.equal(STATUS.FAILURE);
    }
    for (const size of [2n ** 53n, 2n ** 64n - 1n]) {
      const reply = await client.ask(PACKET.FSETSTAT, str(handle), attrs({ size }));
      expect(statusMessage(reply), String(size)).to.match(/^file too large/);
    }
    expect(await get(client, '/file')).to.equal('hello');
  });

  it('have holes that take no space', async () => {
    const { client, backend } = await openSession();
    const handle = await client.open('/file', READ | WRITE | CREAT);
    expect(await client.write(handle, 2 ** 40, 'end')).to.equal(STATUS.OK);
    expect(attributesIn(await client.ask(PACKET.FSTAT, str(handle))).size).to.equal(2n ** 40n + 3n);
    expect(dataIn(await client.read(handle, 2 ** 40 - 2, 10))).to.deep.equal(Buffer.from('\0\0end'));
    const { bytesTotal, bytesFree } = await backend.statfs({});
    expect(bytesTotal - bytesFree).to.be.lessThan(1024 * 1024);
  });

  it('opened to append are written at their end, whatever the offset', async () => {
    const { client } = await openSession();
    await put(client, '/file', 'one');
    const handle = await client.open('/file', WRITE | APPEND);
    await client.write(handle, 0, 'two');
    await client.write(handle, 1_000_000, 'three');
    expect(await get(client, '/file')).to.equal('onetwothree');
  });

  it('are cut by TRUNC, kept without it, refused with EXCL where they exist', async () => {
    const { client } = await openSession();
    await put(client, '/file', 'hello');
    await client.close(await client.open('/file', WRITE | CREAT));
    expect(await get(client, '/file')).to.equal('hello');
    await client.close(await client.open('/file', WRITE | TRUNC));
    expect(await get(client, '/file')).to.equal('');
    const refused = await client.ask(PACKET.OPEN, str('/file'), u32(WRITE | CREAT | EXCL), attrs());
    expect(statusCode(refused)).to.equal(STATUS.FAILURE);
  });

  it('are refused to be written or read on a handle that is not open for it', async () => {
    const { client } = await openSession();
    await put(client, '/file', 'hello');
    for (const flags of [READ, 0, APPEND, READ | TRUNC]) {
      const handle = await client.open('/file', flags);
      expect(await client.write(handle, 0, 'x'), `flags ${flags}`).to.equal(STATUS.FAILURE);
    }
    const writing = await client.open('/file', WRITE);
    expect(statusCode(await client.read(writing, 0, 1))).to.equal(STATUS.FAILURE);
  });

  it('are made with the mode that the client asks for, less the umask', async () => {
    const { client } = await openSession({ umask: 0o027 });
    const modes = [
      [undefined, 0o640],
      [0o777, 0o750],
      [0o100666, 0o640],
      [0o7777, 0o7750],
      [0, 0],
    ] as const;
    for (const [permissions, mode] of modes) {
      const handle = await client.open(
        '/file',
        WRITE | CREAT,
        permissions === undefined ? {} : { permissions },
      );
      const got = attributesIn(await client.ask(PACKET.FSTAT, str(handle)));
      expect(got).to.include({ permissions: 0o100000 | mode, uid: 10_000, gid: 10_000 });
      await client.ask(PACKET.REMOVE, str('/file'));
    }
  });

  it('go on after their name is removed, moved or given to another', async () => {
    const { client, backend } = await openSession();
    await put(client, '/file', 'hello');
    const handle = await client.open('/file', READ | WRITE);
    expect(statusCode(await client.ask(PACKET.REMOVE, str('/file')))).to.equal(STATUS.OK);
    await put(client, '/file', 'another');
    await client.write(handle, 5, '!');
    expect(dataIn(await client.read(handle, 0, 100)).toString()).to.equal('hello!');
    const before = (await backend.statfs({})).bytesFree;
    expect(await client.close(handle)).to.equal(STATUS.OK);
    expect((await backend.statfs({})).bytesFree).to.be.greaterThan(before);
    expect(await get(client, '/file')).to.equal('another');
  });

  it('tell of a quota in words, and are as they were', async () => {
    const { client } = await openSession({ layers: [quota({ bytes: 200_000 })] });
    const handle = await client.open('/file', READ | WRITE | CREAT);
    expect(await client.write(handle, 0, 'x'.repeat(100_000))).to.equal(STATUS.OK);
    const reply = await client.ask(PACKET.WRITE, str(handle), u64(100_000), str('y'.repeat(200_000)));
    expect(statusCode(reply)).to.equal(STATUS.FAILURE);
    expect(statusMessage(reply)).to.match(/^quota exceeded: .+ used of .+/);
    expect(attributesIn(await client.ask(PACKET.FSTAT, str(handle))).size).to.equal(100_000n);
    expect(await client.write(handle, 100_000, 'z')).to.equal(STATUS.OK);
  });

  it('tell at CLOSE what could not be kept, and the handle is gone all the same', async () => {
    const lost = override((next) => ({
      close: async (call) => {
        await next(call);
        throw new VfsError('ENOSPC');
      },
    }));
    const { client } = await openSession({ layers: [lost] });
    const handle = await client.open('/file', WRITE | CREAT);
    const reply = await client.ask(PACKET.CLOSE, str(handle));
    expect([statusCode(reply), statusMessage(reply)]).to.deep.equal([
      STATUS.FAILURE,
      'no space left on device',
    ]);
    expect(await client.close(handle)).to.equal(STATUS.FAILURE);
  });

  it('that are directories can be opened to be looked at, not to be read or written', async () => {
    const { client } = await openSession();
    await client.ask(PACKET.MKDIR, str('/dir'), attrs());
    const handle = await client.open('/dir', READ);
    expect(attributesIn(await client.ask(PACKET.FSTAT, str(handle))).permissions).to.equal(0o040755);
    expect(statusCode(await client.read(handle, 0, 10))).to.equal(STATUS.FAILURE);
    for (const flags of [WRITE, READ | WRITE, READ | CREAT, READ | TRUNC, WRITE | CREAT | TRUNC]) {
      const reply = await client.ask(PACKET.OPEN, str('/dir'), u32(flags), attrs());
      expect(statusCode(reply), `flags ${flags}`).to.equal(STATUS.FAILURE);
    }
  });

  it('are not made under a name with a slash at its end', async () => {
    const { client } = await openSession();
    const reply = await client.ask(PACKET.OPEN, str('/file/'), u32(WRITE | CREAT), attrs());
    expect(statusCode(reply)).to.equal(STATUS.FAILURE);
    expect(statusCode(await client.ask(PACKET.LSTAT, str('/file')))).to.equal(STATUS.NO_SUCH_FILE);
  });
});

describe('handles over SFTP', () => {
  const invalid = {
    empty: '',
    unknown: 'x'.repeat(16),
    'of 255 bytes': 'x'.repeat(255),
    'of 256 bytes': 'x'.repeat(256),
    'like a number': Buffer.from([0, 0, 0, 1]),
  };
  const uses = {
    CLOSE: (handle: Uint8Array) => [PACKET.CLOSE, str(handle)] as const,
    READ: (handle: Uint8Array) => [PACKET.READ, str(handle), u64(0), u32(1)] as const,
    WRITE: (handle: Uint8Array) => [PACKET.WRITE, str(handle), u64(0), str('x')] as const,
    FSTAT: (handle: Uint8Array) => [PACKET.FSTAT, str(handle)] as const,
    FSETSTAT: (handle: Uint8Array) => [PACKET.FSETSTAT, str(handle), attrs()] as const,
    READDIR: (handle: Uint8Array) => [PACKET.READDIR, str(handle)] as const,
    'fsync@openssh.com': (handle: Uint8Array) =>
      [PACKET.EXTENDED, str('fsync@openssh.com'), str(handle)] as const,
    'fstatvfs@openssh.com': (handle: Uint8Array) =>
      [PACKET.EXTENDED, str('fstatvfs@openssh.com'), str(handle)] as const,
    'copy-data': (handle: Uint8Array) =>
      [PACKET.EXTENDED, str('copy-data'), str(handle), u64(0), u64(1), str(handle), u64(0)] as const,
  };

  for (const [what, use] of Object.entries(uses)) {
    it(`that are not open are refused to ${what}`, async () => {
      const { client } = await openSession();
      const closed = await client.open('/file', WRITE | CREAT);
      await client.close(closed);
      const other = await openSession();
      const ofAnother = await other.client.open('/file', WRITE | CREAT);
      for (const [kind, handle] of Object.entries({ ...invalid, closed, ofAnother })) {
        const [type, ...fields] = use(Buffer.from(handle as string));
        const reply = await client.ask(type, ...fields);
        expect([statusCode(reply), statusMessage(reply)], kind).to.deep.equal([
          STATUS.FAILURE,
          'invalid handle',
        ]);
      }
    });
  }

  it('of directories are refused to be read, and those of files to be listed', async () => {
    const { client } = await openSession();
    const directory = handleIn(await client.ask(PACKET.OPENDIR, str('/')));
    expect(statusCode(await client.read(directory, 0, 10))).to.equal(STATUS.FAILURE);
    expect(await client.write(directory, 0, 'x')).to.equal(STATUS.FAILURE);
    const file = await client.open('/file', READ | WRITE | CREAT);
    expect(statusCode(await client.ask(PACKET.READDIR, str(file)))).to.equal(STATUS.FAILURE);
  });

  it('cannot be guessed: 128 random bits, never the same', async () => {
    const { client } = await openSession();
    const handles = new Set<string>();
    for (let count = 0; count < 50; count++) {
      const handle = await client.open('/file', WRITE | CREAT);
      expect(handle).to.have.lengthOf(16);
      handles.add(handle.toString('hex'));
    }
    expect(handles.size).to.equal(50);
  });

  it('are refused beyond the limit, directories counted; the others go on', async () => {
    const { client } = await openSession({ handlesMax: 3 });
    const first = await client.open('/file', WRITE | CREAT);
    await client.open('/file', READ);
    await client.ask(PACKET.OPENDIR, str('/'));
    const refused = await client.ask(PACKET.OPEN, str('/file'), u32(READ), attrs());
    expect(statusCode(refused)).to.equal(STATUS.FAILURE);
    expect(statusMessage(refused)).to.match(/too many open handles/);
    expect(statusCode(await client.ask(PACKET.OPENDIR, str('/')))).to.equal(STATUS.FAILURE);
    expect(await client.write(first, 0, 'x')).to.equal(STATUS.OK);
    await client.close(first);
    expect((await client.ask(PACKET.OPEN, str('/file'), u32(READ), attrs())).type).to.equal(PACKET.HANDLE);
  });

  it('of OPENs that fail count no more', async () => {
    const { client } = await openSession({ handlesMax: 1 });
    for (let count = 0; count < 3; count++) {
      const reply = await client.ask(PACKET.OPEN, str('/missing'), u32(READ), attrs());
      expect(statusCode(reply)).to.equal(STATUS.NO_SUCH_FILE);
    }
    await client.open('/file', WRITE | CREAT);
  });
});
