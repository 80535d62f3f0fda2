import { expect } from 'chai';
import { OPEN_FLAG, PACKET, STATUS } from '../../../server/sftp/protocol.ts';
import {
  attributesIn,
  attrs,
  dataIn,
  namesIn,
  statusCode,
  str,
  type RawReply,
  type SftpClient,
} from '../../support/sftp-client.ts';
import { openSession } from '../../support/sftp-session.ts';

const { READ, WRITE, CREAT } = OPEN_FLAG;
const { OK, NO_SUCH_FILE, FAILURE, BAD_MESSAGE, PERMISSION_DENIED } = STATUS;

async function put(client: SftpClient, path: string, text = ''): Promise<void> {
  const handle = await client.open(path, WRITE | CREAT);
  await client.write(handle, 0, text);
  await client.close(handle);
}

async function get(client: SftpClient, path: string): Promise<string> {
  const handle = await client.open(path, READ);
  const reply = await client.read(handle, 0, 1000);
  await client.close(handle);
  return dataIn(reply).toString();
}

/** Requests on names, answered with their status. */
function asker(client: SftpClient) {
  const on =
    (type: number) =>
    async (...paths: readonly (string | Uint8Array)[]): Promise<number> =>
      statusCode(await client.ask(type, ...paths.map((path) => str(path))));
  const extended =
    (name: string) =>
    async (...paths: readonly string[]): Promise<number> =>
      statusCode(await client.extended(name, ...paths.map((path) => str(path))));
  return {
    mkdir: async (path: string | Uint8Array) =>
      statusCode(await client.ask(PACKET.MKDIR, str(path), attrs())),
    rmdir: on(PACKET.RMDIR),
    remove: on(PACKET.REMOVE),
    rename: on(PACKET.RENAME),
    symlink: on(PACKET.SYMLINK),
    posixRename: extended('posix-rename@openssh.com'),
    hardlink: extended('hardlink@openssh.com'),
    readlink: (path: string) => client.ask(PACKET.READLINK, str(path)),
    realpath: (path: string) => client.ask(PACKET.REALPATH, str(path)),
    stat: (path: string) => client.ask(PACKET.STAT, str(path)),
    lstat: (path: string) => client.ask(PACKET.LSTAT, str(path)),
  };
}

function onlyName(reply: RawReply): string {
  const [entry, ...others] = namesIn(reply);
  expect(others).to.deep.equal([]);
  expect(entry?.longname).to.deep.equal(entry?.name);
  expect(Object.values(entry?.attributes ?? { a: 1 }).every((value) => value === undefined)).to.equal(true);
  return entry?.name.toString() ?? '';
}

describe('names over SFTP', () => {
  it('are not taken away from what has them by RENAME', async () => {
    const { client } = await openSession();
    const { rename } = asker(client);
    await put(client, '/a', 'A');
    await put(client, '/b', 'B');
    expect(await rename('/a', '/b')).to.equal(FAILURE);
    expect(await rename('/a', '/a')).to.equal(FAILURE);
    expect(await get(client, '/b')).to.equal('B');
    expect(await rename('/a', '/c')).to.equal(OK);
    expect(await get(client, '/c')).to.equal('A');
  });

  it('are taken over by posix-rename, atomically', async () => {
    const { client } = await openSession();
    const { posixRename } = asker(client);
    await put(client, '/a', 'A');
    await put(client, '/b', 'B');
    const reading = await client.open('/b', READ);
    expect(await posixRename('/a', '/b')).to.equal(OK);
    expect(await get(client, '/b')).to.equal('A');
    expect(dataIn(await client.read(reading, 0, 10)).toString()).to.equal('B');
    expect(await posixRename('/b', '/b')).to.equal(OK);
  });

  it('of directories never end up inside themselves', async () => {
    const { client } = await openSession();
    const { mkdir, rename, posixRename, lstat } = asker(client);
    await mkdir('/dir');
    await mkdir('/dir/sub');
    for (const move of [rename, posixRename]) {
      expect(await move('/dir', '/dir/sub/deep')).to.equal(BAD_MESSAGE);
      expect(await move('/dir', '/dir/sub/../inside')).to.equal(BAD_MESSAGE);
      expect(await move('/', '/dir/root')).to.equal(FAILURE);
      expect(await move('/dir', '/')).to.equal(FAILURE);
    }
    expect((await lstat('/dir/sub')).type).to.equal(PACKET.ATTRS);
  });

  it('of directories are kept from files, and those of full directories from all', async () => {
    const { client } = await openSession();
    const { mkdir, posixRename } = asker(client);
    await put(client, '/file');
    await mkdir('/dir');
    await mkdir('/full');
    await put(client, '/full/file');
    expect(await posixRename('/file', '/dir')).to.equal(FAILURE);
    expect(await posixRename('/dir', '/file')).to.equal(NO_SUCH_FILE);
    expect(await posixRename('/dir', '/full')).to.equal(FAILURE);
    expect(await posixRename('/full', '/dir')).to.equal(OK);
    expect(await get(client, '/dir/file').catch(() => '')).to.equal('');
  });

  it('are removed by the request that fits their kind only', async () => {
    const { client } = await openSession();
    const { mkdir, rmdir, remove } = asker(client);
    await put(client, '/file');
    await mkdir('/dir');
    await put(client, '/dir/file');
    expect(await remove('/dir')).to.equal(FAILURE);
    expect(await rmdir('/file')).to.equal(NO_SUCH_FILE);
    expect(await rmdir('/dir')).to.equal(FAILURE);
    expect(await rmdir('/')).to.equal(FAILURE);
    expect(await remove('/')).to.equal(FAILURE);
    expect(await remove('/dir/file')).to.equal(OK);
    expect(await rmdir('/dir')).to.equal(OK);
    expect(await remove('/file')).to.equal(OK);
    expect(await remove('/file')).to.equal(NO_SUCH_FILE);
  });

  it('can be several for one file, but not for a directory', async () => {
    const { client } = await openSession();
    const { mkdir, hardlink } = asker(client);
    await put(client, '/file', 'one');
    await mkdir('/dir');
    expect(await hardlink('/file', '/dir/again')).to.equal(OK);
    const handle = await client.open('/dir/again', WRITE);
    await client.write(handle, 0, 'two');
    expect(await get(client, '/file')).to.equal('two');
    expect(await hardlink('/dir', '/other')).to.equal(PERMISSION_DENIED);
    expect(await hardlink('/file', '/dir')).to.equal(FAILURE);
    expect(await hardlink('/missing', '/x')).to.equal(NO_SUCH_FILE);
  });

  it('of symlinks come with the target first, and keep it as it was said', async () => {
    const { client } = await openSession();
    const { symlink, readlink, stat, lstat } = asker(client);
    await put(client, '/file', 'hello');
    expect(await symlink('file', '/link')).to.equal(OK);
    expect(onlyName(await readlink('/link'))).to.equal('file');
    expect(attributesIn(await stat('/link')).permissions).to.equal(0o100644);
    expect(attributesIn(await lstat('/link')).permissions).to.equal(0o120777);
    for (const [index, target] of ['a//b/../c/', '/etc/passwd', '../../..', ' ', '~'].entries()) {
      expect(await symlink(target, `/to${index}`), target).to.equal(OK);
      expect(onlyName(await readlink(`/to${index}`))).to.equal(target);
    }
    expect(await symlink('file', '/link')).to.equal(FAILURE);
    expect(statusCode(await readlink('/file'))).to.equal(BAD_MESSAGE);
  });

  it('that lead out of the storage lead to its root', async () => {
    const { client } = await openSession();
    const { symlink, realpath, stat } = asker(client);
    await symlink('/etc/passwd', '/passwd');
    await symlink('../../../..', '/up');
    expect(onlyName(await realpath('/up'))).to.equal('/');
    expect(onlyName(await realpath('/up/up/up'))).to.equal('/');
    expect(statusCode(await stat('/passwd'))).to.equal(NO_SUCH_FILE);
    for (const path of ['..', '/../..', 'a/../../../etc/passwd', '/up/etc/passwd', '/./..//etc/passwd']) {
      const reply = await stat(path);
      const place = reply.type === PACKET.ATTRS ? attributesIn(reply).permissions : statusCode(reply);
      expect(place, path).to.be.oneOf([0o040755, NO_SUCH_FILE]);
    }
  });

  it('of symlinks in a circle, or more than 40 in a row, lead nowhere', async () => {
    const { client } = await openSession();
    const { symlink, stat, lstat, realpath, mkdir } = asker(client);
    await symlink('self', '/self');
    await symlink('pong', '/ping');
    await symlink('ping', '/pong');
    await mkdir('/end');
    await symlink('end', '/chain1');
    for (let hop = 2; hop <= 41; hop++) await symlink(`chain${hop - 1}`, `/chain${hop}`);
    for (const path of ['/self', '/ping', '/ping/x', '/chain41', '/chain41/x']) {
      expect(statusCode(await stat(path)), path).to.equal(NO_SUCH_FILE);
      expect(statusCode(await realpath(path)), path).to.equal(NO_SUCH_FILE);
    }
    expect((await stat('/chain40')).type).to.equal(PACKET.ATTRS);
    expect((await lstat('/self')).type).to.equal(PACKET.ATTRS);
  });

  it('are canonical after REALPATH, the last of them may be missing', async () => {
    const { client } = await openSession();
    const { mkdir, symlink, realpath } = asker(client);
    await mkdir('/dir');
    await mkdir('/dir/sub');
    await symlink('dir/sub', '/link');
    await symlink('/dir/gone', '/dangling');
    const wanted = {
      '': '/',
      '.': '/',
      '/': '/',
      '..': '/',
      '//dir/./sub/': '/dir/sub',
      link: '/dir/sub',
      'link/..': '/dir',
      'dir/missing': '/dir/missing',
      dangling: '/dir/gone',
    };
    for (const [path, real] of Object.entries(wanted))
      expect(onlyName(await realpath(path)), path).to.equal(real);
    for (const path of ['missing/x', 'missing/', 'missing/.', 'dangling/']) {
      expect(statusCode(await realpath(path)), path).to.equal(NO_SUCH_FILE);
    }
  });

  it('may hold any byte but the slash and NUL, and come back as they were', async () => {
    const { client, log } = await openSession();
    const { mkdir } = asker(client);
    const names = [
      Buffer.from("it's a file"),
      Buffer.from('new\nline\ttab\u0007\u001b[31m'),
      Buffer.from('\u202eright to left\u200f'),
      Buffer.from('\u00fc'),
      Buffer.from('u\u0308'),
      Buffer.from('😀'),
      Buffer.of(0xff, 0xfe, 0x80, 0xc3),
      Buffer.of(0xed, 0xa0, 0x80),
      Buffer.alloc(255, 0x6e),
      Buffer.from('...'),
    ];
    for (const name of names) expect(await mkdir(Buffer.concat([Buffer.from('/'), name]))).to.equal(OK);
    const listed = await list(client, '/');
    expect(listed).to.deep.equal(names.map((name) => name.toString('hex')).toSorted());
    for (const name of names) {
      expect((await client.ask(PACKET.LSTAT, str(name))).type).to.equal(PACKET.ATTRS);
      const target = await client.ask(PACKET.REALPATH, str(name));
      expect(namesIn(target)[0]?.name).to.deep.equal(Buffer.concat([Buffer.from('/'), name]));
    }
    expect(log.lines).to.deep.equal([]);
  });

  it('are refused where they are too long, empty, or hold NUL', async () => {
    const { client } = await openSession();
    const { mkdir, symlink, rename } = asker(client);
    const refused = {
      '': NO_SUCH_FILE,
      'a\0b': BAD_MESSAGE,
      'b\0': BAD_MESSAGE,
      ['n'.repeat(256)]: BAD_MESSAGE,
      ['ü'.repeat(128)]: BAD_MESSAGE,
      [`/${'a/'.repeat(2048)}`]: BAD_MESSAGE,
    };
    await mkdir('/dir');
    for (const [path, status] of Object.entries(refused)) {
      const label = JSON.stringify(path.slice(0, 20));
      expect(await mkdir(path), label).to.equal(status);
      expect(await symlink('target', path), label).to.equal(status);
      expect(await rename('/dir', path), label).to.equal(status);
      expect(statusCode(await client.ask(PACKET.STAT, str(path))), label).to.equal(status);
      expect(statusCode(await client.ask(PACKET.OPENDIR, str(path))), label).to.equal(status);
    }
    expect(await list(client, '/')).to.deep.equal([Buffer.from('dir').toString('hex')]);
  });

  it('may be 1,000 levels deep, as long as the path is not too long', async () => {
    const { client } = await openSession();
    const { mkdir, realpath } = asker(client);
    let path = '';
    for (let level = 0; level < 1000; level++) {
      path += '/d';
      expect(await mkdir(path)).to.equal(OK);
    }
    expect(onlyName(await realpath(path))).to.equal(path);
  });

  it('at the end of which a slash stands are those of directories', async () => {
    const { client } = await openSession();
    const { mkdir, rmdir, remove, rename, posixRename, symlink, hardlink } = asker(client);
    await put(client, '/file');
    await mkdir('/dir');
    await symlink('dir', '/dirlink');
    await symlink('nowhere', '/dangling');
    expect(await rmdir('/dirlink/')).to.equal(NO_SUCH_FILE);
    expect(await rename('/dirlink/', '/moved')).to.equal(NO_SUCH_FILE);
    expect(await mkdir('/dangling/')).to.equal(FAILURE);
    expect(await symlink('x', '/new/')).to.equal(NO_SUCH_FILE);
    expect(await symlink('x', '/dangling/')).to.equal(FAILURE);
    expect(await hardlink('/file', '/new/')).to.equal(NO_SUCH_FILE);
    expect(await posixRename('/file', '/new/')).to.equal(NO_SUCH_FILE);
    expect(await remove('/file/')).to.equal(NO_SUCH_FILE);
    expect(await remove('/dir/')).to.equal(FAILURE);
    expect(await rmdir('/dir/.')).to.equal(BAD_MESSAGE);
    expect(await rename('/dir/.', '/new')).to.equal(FAILURE);
    expect(await rename('/dir/', '/new/')).to.equal(OK);
    expect(await mkdir('/dir/')).to.equal(OK);
    expect(await rmdir('/dir//')).to.equal(OK);
  });
});

/** Names in a directory as hexadecimal, without `.` and `..`, in order. */
async function list(client: SftpClient, path: string): Promise<string[]> {
  const opened = await client.ask(PACKET.OPENDIR, str(path));
  const handle = opened.body.subarray(4);
  const names = namesIn(await client.ask(PACKET.READDIR, str(handle))).map(({ name }) => name);
  await client.close(handle);
  return names
    .filter((name) => !['.', '..'].includes(name.toString()))
    .map((name) => name.toString('hex'))
    .toSorted();
}
