import { expect } from 'chai';
import { OPEN_FLAG, PACKET, STATUS } from '../../../server/sftp/protocol.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { override } from '../../../vfs/layer.ts';
import { quota } from '../../../vfs/middleware/quota.ts';
import {
  attributesIn,
  attrs,
  dataIn,
  extendedIn,
  namesIn,
  packet,
  ReplyReader,
  statusCode,
  statusMessage,
  str,
  u32,
  u64,
  type RawReply,
  type SftpClient,
} from '../../support/sftp-client.ts';
import { openSession } from '../../support/sftp-session.ts';
import { until } from '../../support/until.ts';

const { READ, WRITE, APPEND, CREAT } = OPEN_FLAG;
const { OK, EOF, NO_SUCH_FILE, FAILURE, BAD_MESSAGE } = STATUS;
const MIB = 1024 * 1024;

function nameOf(reply: RawReply): string {
  return namesIn(reply)[0]?.name.toString() ?? '';
}

describe('limits@openssh.com', () => {
  it('grants packets of 256 KiB, reads and writes of 255 KiB, and says how many handles there are', async () => {
    const { client } = await openSession({ handlesMax: 123 });
    const fields = extendedIn(await client.extended('limits@openssh.com'));
    expect([fields.u64(), fields.u64(), fields.u64(), fields.u64()]).to.deep.equal([
      262144n,
      261120n,
      261120n,
      123n,
    ]);
    expect(fields.left).to.equal(0);
  });
});

describe('statvfs@openssh.com and fstatvfs@openssh.com', () => {
  const asked = async (client: SftpClient, ...fields: Uint8Array[]) => {
    const [name, ...rest] = fields;
    const reply = extendedIn(await client.ask(PACKET.EXTENDED, name as Uint8Array, ...rest));
    const numbers = Array.from({ length: 11 }, () => reply.u64());
    expect(reply.left).to.equal(0);
    const [bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax] = numbers;
    return { bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax };
  };

  it('tell the quota as the size of the storage', async () => {
    const limits = { bytes: 100 * 4096, inodes: 50 };
    const { client } = await openSession({ layers: [quota(limits)] });
    const handle = await client.open('/file', WRITE | CREAT);
    await client.write(handle, 0, Buffer.alloc(10 * 4096, 1));
    const told = await asked(client, str('statvfs@openssh.com'), str('/'));
    expect(told).to.deep.equal({
      bsize: 4096n,
      frsize: 4096n,
      blocks: 100n,
      bfree: 90n,
      bavail: 90n,
      files: 50n,
      ffree: 49n,
      favail: 49n,
      fsid: 0n,
      flag: 0n,
      namemax: 255n,
    });
    expect(await asked(client, str('fstatvfs@openssh.com'), str(handle))).to.deep.equal(told);
  });

  it('say where the storage cannot be written', async () => {
    const readOnly = override((next) => ({
      statfs: async (call) => ({ ...(await next(call)), readOnly: true }),
    }));
    const { client } = await openSession({ layers: [readOnly] });
    expect((await asked(client, str('statvfs@openssh.com'), str('/'))).flag).to.equal(1n);
  });

  it('refuse a path that leads nowhere', async () => {
    const { client } = await openSession();
    expect(statusCode(await client.extended('statvfs@openssh.com', str('/missing')))).to.equal(NO_SUCH_FILE);
  });
});

describe('expand-path@openssh.com', () => {
  it('knows the home by `~` and by the name of the account', async () => {
    const { client } = await openSession();
    await client.ask(PACKET.MKDIR, str('/dir'), attrs());
    const wanted = {
      '~': '/',
      '~/': '/',
      '~/dir': '/dir',
      '~/missing': '/missing',
      '~alice': '/',
      '~alice/dir/../dir': '/dir',
      dir: '/dir',
      '': '/',
      '/dir/~': '/dir/~',
    };
    for (const [path, real] of Object.entries(wanted)) {
      expect(nameOf(await client.extended('expand-path@openssh.com', str(path))), path).to.equal(real);
    }
  });

  it('tells nothing of others', async () => {
    const { client } = await openSession();
    for (const path of ['~root', '~bob/x', '~alicex']) {
      const reply = await client.extended('expand-path@openssh.com', str(path));
      expect([statusCode(reply), statusMessage(reply)], path).to.deep.equal([NO_SUCH_FILE, 'no such user']);
    }
  });
});

describe('home-directory', () => {
  it('is the root for the user, by name or without one, and refused for others', async () => {
    const { client } = await openSession();
    for (const user of ['alice', '']) {
      expect(nameOf(await client.extended('home-directory', str(user)))).to.equal('/');
    }
    expect(statusCode(await client.extended('home-directory', str('root')))).to.equal(FAILURE);
  });
});

describe('users-groups-by-id@openssh.com', () => {
  const lists = (reply: RawReply): string[][] => {
    const fields = extendedIn(reply);
    const texts = (bytes: Buffer): string[] => {
      const inner = new ReplyReader(bytes);
      const found: string[] = [];
      while (inner.left > 0) found.push(inner.text());
      return found;
    };
    return [texts(fields.bytes()), texts(fields.bytes())];
  };

  it('names who is known and leaves the rest empty', async () => {
    const { client } = await openSession();
    const uids = str(Buffer.concat([u32(10_000), u32(0), u32(10_000)]));
    const reply = await client.extended('users-groups-by-id@openssh.com', uids, str(u32(10_000)));
    expect(lists(reply)).to.deep.equal([['alice', '', 'alice'], ['alice']]);
    expect(lists(await client.extended('users-groups-by-id@openssh.com', str(''), str('')))).to.deep.equal([
      [],
      [],
    ]);
  });

  it('refuses halves of numbers, and more than an answer can hold', async () => {
    const { client } = await openSession();
    const half = await client.extended('users-groups-by-id@openssh.com', str('abc'), str(''));
    expect(statusCode(half)).to.equal(BAD_MESSAGE);
    const many = Buffer.concat(Array.from({ length: 60_000 }, () => u32(10_000)));
    const reply = await client.extended('users-groups-by-id@openssh.com', str(many), str(''));
    expect(statusCode(reply)).to.equal(FAILURE);
  });
});

describe('fsync@openssh.com', () => {
  it('asks the store, and tells when that fails', async () => {
    const synced: number[] = [];
    const watching = override((next) => ({
      fsync: async (call) => {
        synced.push(call.args[0]);
        if (synced.length > 1) throw new VfsError('ENOSPC');
        await next(call);
      },
    }));
    const { client } = await openSession({ layers: [watching] });
    const handle = await client.open('/file', WRITE | CREAT);
    expect(statusCode(await client.extended('fsync@openssh.com', str(handle)))).to.equal(OK);
    expect(statusCode(await client.extended('fsync@openssh.com', str(handle)))).to.equal(FAILURE);
    expect(synced).to.have.lengthOf(2);
  });
});

describe('copy-data', () => {
  const copy = (
    client: SftpClient,
    from: Buffer,
    at: number,
    length: number | bigint,
    to: Buffer,
    start: number,
  ) => client.extended('copy-data', str(from), u64(at), u64(length), str(to), u64(start));

  async function twoFiles(content: Uint8Array, options = {}) {
    const session = await openSession(options);
    const { client } = session;
    const from = await client.open('/from', READ | WRITE | CREAT);
    for (let at = 0; at < content.length; at += MIB / 8) {
      await client.write(from, at, content.subarray(at, at + MIB / 8));
    }
    const to = await client.open('/to', READ | WRITE | CREAT);
    return { ...session, from, to };
  }

  it('copies a part, or all to the end where the length is 0', async () => {
    const content = Buffer.from(Array.from({ length: 3 * MIB + 17 }, (_, index) => (index * 7) % 253));
    const { client, from, to, backend } = await twoFiles(content);
    expect(statusCode(await copy(client, from, 5, 10, to, 3))).to.equal(OK);
    expect(dataIn(await client.read(to, 0, 100))).to.deep.equal(
      Buffer.concat([Buffer.alloc(3), content.subarray(5, 15)]),
    );
    expect(statusCode(await copy(client, from, 0, 0, to, 0))).to.equal(OK);
    const { path } = await backend.resolve('/to' as never, 'keep', {});
    const file = await backend.open(path, { access: 'r' }, 0, {});
    expect(Buffer.from(await backend.read(file, 0, content.length + 1, {})).equals(content)).to.equal(true);
  });

  it('says EOF where there is less than was asked for, having copied it', async () => {
    const { client, from, to } = await twoFiles(Buffer.from('hello'));
    expect(statusCode(await copy(client, from, 3, 10, to, 0))).to.equal(EOF);
    expect(dataIn(await client.read(to, 0, 100)).toString()).to.equal('lo');
    expect(statusCode(await copy(client, from, 100, 1, to, 0))).to.equal(EOF);
    expect(statusCode(await copy(client, from, 100, 0, to, 0))).to.equal(OK);
  });

  it('goes to the end of a file that is open to append', async () => {
    const { client, from } = await twoFiles(Buffer.from('hello'));
    const to = await client.open('/log', READ | WRITE | CREAT | APPEND);
    await client.write(to, 0, 'one ');
    expect(statusCode(await copy(client, from, 0, 0, to, 0))).to.equal(OK);
    expect(dataIn(await client.read(to, 0, 100)).toString()).to.equal('one hello');
  });

  it('refuses one handle, or one name, for both sides', async () => {
    const { client, from } = await twoFiles(Buffer.from('hello'));
    const again = await client.open('from', READ | WRITE);
    expect(statusCode(await copy(client, from, 0, 5, from, 10))).to.equal(FAILURE);
    expect(statusCode(await copy(client, from, 0, 5, again, 10))).to.equal(FAILURE);
  });

  it('refuses what may not be read or written, and lengths that no file has', async () => {
    const { client, from, to } = await twoFiles(Buffer.from('hello'));
    const reading = await client.open('/to', READ);
    const writing = await client.open('/other', WRITE | CREAT);
    expect(statusCode(await copy(client, from, 0, 5, reading, 0))).to.equal(FAILURE);
    expect(statusCode(await copy(client, writing, 0, 5, to, 0))).to.equal(FAILURE);
    expect(statusCode(await copy(client, from, 0, 2n ** 64n - 1n, to, 0))).to.equal(FAILURE);
  });

  it('stops at the quota, with the target as long as what fitted', async () => {
    const { client, from, to } = await twoFiles(Buffer.alloc(4 * MIB, 1), {
      layers: [quota({ bytes: 6 * MIB })],
    });
    const reply = await copy(client, from, 0, 0, to, 0);
    expect(statusCode(reply)).to.equal(FAILURE);
    expect(statusMessage(reply)).to.match(/^quota exceeded/);
    const { size } = attributesIn(await client.ask(PACKET.FSTAT, str(to)));
    expect(Number(size)).to.be.within(MIB, 2 * MIB);
  });

  it('is made in slices, and ends where the channel does', async () => {
    const lengths: number[] = [];
    const watching = override((next) => ({
      copyRange: (call) => {
        lengths.push(call.args[2]);
        return next(call);
      },
    }));
    const { client, from, to, channel, done } = await twoFiles(Buffer.alloc(8), { layers: [watching] });
    await client.ask(PACKET.FSETSTAT, str(from), attrs({ size: 2 ** 40 }));
    client.send(
      packet(PACKET.EXTENDED, u32(1), str('copy-data'), str(from), u64(0), u64(0), str(to), u64(0)),
    );
    await until('a few slices are copied', () => lengths.length > 3);
    channel.destroy();
    await done;
    expect(Math.max(...lengths)).to.be.at.most(MIB);
  });
});
