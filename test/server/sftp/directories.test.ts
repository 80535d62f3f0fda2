import { expect } from 'chai';
import { OPEN_FLAG, PACKET, PACKET_MAX, STATUS } from '../../../server/sftp/protocol.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { override, type Layer } from '../../../vfs/layer.ts';
import type { DirectoryEntry, Stats } from '../../../vfs/stats.ts';
import { heapInUse } from '../../support/heap-in-use.ts';
import {
  attributesIn,
  attrs,
  handleIn,
  namesIn,
  packet,
  statusCode,
  str,
  u32,
  type RawReply,
  type SftpClient,
} from '../../support/sftp-client.ts';
import { openSession } from '../../support/sftp-session.ts';

const { OK, EOF, NO_SUCH_FILE, FAILURE, PERMISSION_DENIED } = STATUS;
const { WRITE, CREAT } = OPEN_FLAG;

async function opendir(client: SftpClient, path: string): Promise<Buffer> {
  return handleIn(await client.ask(PACKET.OPENDIR, str(path)));
}

function readdir(client: SftpClient, handle: Uint8Array): Promise<RawReply> {
  return client.ask(PACKET.READDIR, str(handle));
}

/** What is left of a listing, page by page. */
async function pages(client: SftpClient, handle: Uint8Array): Promise<string[][]> {
  const found: string[][] = [];
  for (;;) {
    const reply = await readdir(client, handle);
    if (reply.type === PACKET.STATUS) {
      expect(statusCode(reply)).to.equal(EOF);
      return found;
    }
    found.push(namesIn(reply).map(({ name }) => name.toString()));
  }
}

async function fill(client: SftpClient, directory: string, count: number): Promise<string[]> {
  await client.ask(PACKET.MKDIR, str(directory), attrs());
  const names = Array.from({ length: count }, (_, index) => `file${String(index).padStart(4, '0')}`);
  for (const name of names) await client.close(await client.open(`${directory}/${name}`, WRITE | CREAT));
  return names;
}

describe('directories over SFTP', () => {
  it('are listed with `.` and `..` first, then EOF, however often it is asked', async () => {
    const { client } = await openSession();
    await fill(client, '/dir', 2);
    const handle = await opendir(client, '/dir');
    expect(await pages(client, handle)).to.deep.equal([['.', '..', 'file0000', 'file0001']]);
    for (let again = 0; again < 3; again++) expect(statusCode(await readdir(client, handle))).to.equal(EOF);
    expect(await client.close(handle)).to.equal(OK);
  });

  it('that are empty have `.` and `..`', async () => {
    const { client } = await openSession();
    await client.ask(PACKET.MKDIR, str('/dir'), attrs({ permissions: 0o700 }));
    const handle = await opendir(client, 'dir/');
    const entries = namesIn(await readdir(client, handle));
    expect(entries.map(({ name }) => name.toString())).to.deep.equal(['.', '..']);
    expect(entries.map(({ attributes }) => attributes.permissions)).to.deep.equal([0o040700, 0o040755]);
    expect(statusCode(await readdir(client, handle))).to.equal(EOF);
  });

  for (const count of [97, 98, 99, 100, 198, 250]) {
    it(`of ${count} names come in pages of 100 at most, each name once and in order`, async () => {
      const { client } = await openSession();
      const names = await fill(client, '/dir', count);
      const found = await pages(client, await opendir(client, '/dir'));
      expect(found.flat()).to.deep.equal(['.', '..', ...names]);
      expect(Math.max(...found.map(({ length }) => length))).to.be.at.most(100);
    });
  }

  it('with the longest names come in packets that clients take', async () => {
    const { client } = await openSession();
    for (let index = 0; index < 120; index++) {
      const name = `${String(index).padStart(3, '0')}${'ü'.repeat(126)}`;
      await client.ask(PACKET.MKDIR, str(`/${name}`), attrs());
    }
    const handle = await opendir(client, '/');
    const reply = await readdir(client, handle);
    expect(namesIn(reply)).to.have.lengthOf(100);
    expect(reply.packet.length).to.be.lessThan(PACKET_MAX / 2);
  });

  it('show changes that are made while they are listed, and no name twice', async () => {
    const { client } = await openSession();
    const names = await fill(client, '/dir', 250);
    const handle = await opendir(client, '/dir');
    const first = namesIn(await readdir(client, handle)).map(({ name }) => name.toString());
    for (const name of names.slice(0, 150)) await client.ask(PACKET.REMOVE, str(`/dir/${name}`));
    await client.close(await client.open('/dir/file9999', WRITE | CREAT));
    const rest = (await pages(client, handle)).flat();
    expect([...first, ...rest]).to.deep.equal([
      '.',
      '..',
      ...names.slice(0, 98),
      ...names.slice(150),
      'file9999',
    ]);
  });

  it('that are renamed while they are listed go on being listed', async () => {
    const { client } = await openSession();
    const names = await fill(client, '/dir', 250);
    const handle = await opendir(client, '/dir');
    const first = namesIn(await readdir(client, handle)).map(({ name }) => name.toString());
    expect(statusCode(await client.ask(PACKET.RENAME, str('/dir'), str('/moved')))).to.equal(OK);
    await fill(client, '/dir', 3);
    const rest = (await pages(client, handle)).flat();
    expect([...first, ...rest]).to.deep.equal(['.', '..', ...names]);
  });

  it('that are removed while they are listed are at their end', async () => {
    const { client } = await openSession();
    await client.ask(PACKET.MKDIR, str('/dir'), attrs());
    const handle = await opendir(client, '/dir');
    expect(statusCode(await client.ask(PACKET.RMDIR, str('/dir')))).to.equal(OK);
    expect(statusCode(await readdir(client, handle))).to.equal(EOF);
    await client.ask(PACKET.MKDIR, str('/dir'), attrs());
    expect(statusCode(await readdir(client, handle))).to.equal(EOF);
    expect(await client.close(handle)).to.equal(OK);
  });

  it('are listed through a symlink, and are nothing else', async () => {
    const { client } = await openSession();
    await fill(client, '/dir', 1);
    await client.ask(PACKET.SYMLINK, str('dir'), str('/link'));
    expect((await pages(client, await opendir(client, '/link'))).flat()).to.deep.equal([
      '.',
      '..',
      'file0000',
    ]);
    for (const path of ['/dir/file0000', '/missing', '/dir/file0000/x', '/link/file0000']) {
      expect(statusCode(await client.ask(PACKET.OPENDIR, str(path))), path).to.equal(NO_SUCH_FILE);
    }
  });

  it('that may not be listed are refused at OPENDIR', async () => {
    const refusing = override(() => ({ readdir: () => Promise.reject(new VfsError('EACCES')) }));
    const { client } = await openSession({ layers: [refusing] });
    expect(statusCode(await client.ask(PACKET.OPENDIR, str('/')))).to.equal(PERMISSION_DENIED);
  });

  it('are listed in order by two READDIRs that are sent together', async () => {
    const { client } = await openSession();
    const names = await fill(client, '/dir', 250);
    const handle = await opendir(client, '/dir');
    const ids = [101, 102, 103, 104];
    client.send(...ids.map((id) => packet(PACKET.READDIR, u32(id), str(handle))));
    const replies = await client.take(4);
    expect(replies.map(({ id }) => id)).to.deep.equal(ids);
    const found = replies.slice(0, 3).flatMap((reply) => namesIn(reply).map(({ name }) => name.toString()));
    expect(found).to.deep.equal(['.', '..', ...names]);
    expect(statusCode(replies[3] as RawReply)).to.equal(EOF);
  });

  it('of 1,000,000 names are listed in pages, of which few are in memory', async function () {
    this.timeout(60_000);
    const { client } = await openSession({ layers: [million()] });
    const handle = await opendir(client, '/');
    const before = heapInUse();
    let count = 0;
    let peak = 0;
    for (;;) {
      const reply = await readdir(client, handle);
      if (reply.type === PACKET.STATUS) break;
      count += namesIn(reply).length;
      if (count % 100_000 < 100) peak = Math.max(peak, heapInUse() - before);
    }
    expect(count).to.equal(1_000_002);
    expect(peak).to.be.below(32 * 1024 * 1024);
  });

  it('are made with the mode that the client asks for, less the umask, and never set ids', async () => {
    const { client } = await openSession({ umask: 0o027 });
    const modes = [
      [undefined, 0o750],
      [0o777, 0o750],
      [0o7777, 0o1750],
      [0, 0],
    ] as const;
    for (const [permissions, mode] of modes) {
      const wanted = attrs(permissions === undefined ? {} : { permissions });
      expect(statusCode(await client.ask(PACKET.MKDIR, str('/dir'), wanted))).to.equal(OK);
      expect(statusCode(await client.ask(PACKET.MKDIR, str('/dir'), wanted))).to.equal(FAILURE);
      const got = attributesIn(await client.ask(PACKET.LSTAT, str('/dir')));
      expect(got).to.include({ permissions: 0o040000 | mode, uid: 10_000, gid: 10_000 });
      await client.ask(PACKET.RMDIR, str('/dir'));
    }
  });

  it('have lines in the layout of ls -l, with the names of owners that are known', async () => {
    const now = Date.now();
    const { client } = await openSession({ now: () => now });
    await client.close(await client.open('/file', WRITE | CREAT));
    await client.ask(PACKET.SETSTAT, str('/file'), attrs({ owner: [10_000, 77], times: [0, 0] }));
    const lines = namesIn(await readdir(client, await opendir(client, '/'))).map(({ longname }) =>
      longname.toString(),
    );
    expect(lines[2]).to.match(/^-rw-r--r-- {4}1 alice {4}77 {14}0 (Jan {2}1|Dec 31) {2}19(70|69) file$/);
  });
});

/** A root that claims to have a million files. */
function million(): Layer {
  return override((next) => ({
    readdir: async (call): Promise<DirectoryEntry[]> => {
      const { after, limit } = call.args[1];
      const stats: Stats = {
        ...(await next({ op: 'lstat', args: [call.args[0]], ctx: call.ctx })),
        type: 'file',
      };
      const first = after === undefined ? 0 : Number(after) + 1;
      const count = Math.max(0, Math.min(limit, 1_000_000 - first));
      return Array.from({ length: count }, (_, index) => ({
        name: String(first + index).padStart(7, '0'),
        stats,
      }));
    },
  }));
}
