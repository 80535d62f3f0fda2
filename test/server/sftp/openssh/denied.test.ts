import { expect } from 'chai';
import { PACKET } from '../../../../server/sftp/protocol.ts';
import { stack } from '../../../../vfs/layer.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { readOnly } from '../../../../vfs/middleware/read-only.ts';
import { restrictions } from '../../../../vfs/middleware/request-words.ts';
import { REQUEST_WORDS, type RequestWord } from '../../../../vfs/request-words.ts';
import { missing } from '../../../support/require-program.ts';
import { attrs, ReplyReader, str, u32, u64, type Field } from '../../../support/sftp-client.ts';
import { findSftpServer, opensshPeer, ourPeer, type Peer } from './peer.ts';

type Asked = readonly [type: number, ...fields: Field[]];

const NAME = str('none');
const HANDLE = str('none');
const extended = (name: string, ...fields: Field[]): Asked => [PACKET.EXTENDED, str(name), ...fields];

/** Each request, about nothing that there is. */
const REQUESTS: Readonly<Record<RequestWord, Asked>> = {
  open: [PACKET.OPEN, NAME, u32(1), attrs()],
  close: [PACKET.CLOSE, HANDLE],
  read: [PACKET.READ, HANDLE, u64(0), u32(10)],
  write: [PACKET.WRITE, HANDLE, u64(0), str('x')],
  lstat: [PACKET.LSTAT, NAME],
  fstat: [PACKET.FSTAT, HANDLE],
  setstat: [PACKET.SETSTAT, NAME, attrs({ permissions: 0o600 })],
  fsetstat: [PACKET.FSETSTAT, HANDLE, attrs({ permissions: 0o600 })],
  opendir: [PACKET.OPENDIR, NAME],
  readdir: [PACKET.READDIR, HANDLE],
  remove: [PACKET.REMOVE, NAME],
  mkdir: [PACKET.MKDIR, str('none/none'), attrs()],
  rmdir: [PACKET.RMDIR, NAME],
  realpath: [PACKET.REALPATH, NAME],
  stat: [PACKET.STAT, NAME],
  rename: [PACKET.RENAME, NAME, str('other')],
  readlink: [PACKET.READLINK, NAME],
  symlink: [PACKET.SYMLINK, NAME, str('none/none')],
  'posix-rename': extended('posix-rename@openssh.com', NAME, str('other')),
  statvfs: extended('statvfs@openssh.com', NAME),
  fstatvfs: extended('fstatvfs@openssh.com', HANDLE),
  hardlink: extended('hardlink@openssh.com', NAME, str('other')),
  fsync: extended('fsync@openssh.com', HANDLE),
  lsetstat: extended('lsetstat@openssh.com', NAME, attrs({ times: [1, 1] })),
  limits: extended('limits@openssh.com'),
  'expand-path': extended('expand-path@openssh.com', NAME),
  'copy-data': extended('copy-data', HANDLE, u64(0), u64(0), HANDLE, u64(0)),
  'home-directory': extended('home-directory', str('nobody-at-all')),
  'users-groups-by-id': extended('users-groups-by-id@openssh.com', str(''), str('')),
};

interface Told {
  /** The extensions in VERSION, in order. */
  readonly announced: readonly string[];
  /** The requests that are answered with PERMISSION_DENIED. */
  readonly refused: readonly RequestWord[];
}

async function toldBy(peer: Peer): Promise<Told> {
  try {
    const announced = namesOf((await peer.client.init()).body);
    const refused: RequestWord[] = [];
    for (const word of REQUEST_WORDS) {
      const answer = await peer.ask(...REQUESTS[word]);
      if (answer === 'PERMISSION_DENIED') refused.push(word);
    }
    return { announced, refused };
  } finally {
    await peer.end();
  }
}

function namesOf(version: Buffer): string[] {
  const fields = new ReplyReader(version);
  const names: string[] = [];
  while (fields.left > 0) {
    names.push(fields.text());
    fields.text();
  }
  return names;
}

describe("what is denied, beside OpenSSH's sftp-server", () => {
  let program = '';

  before(function () {
    program =
      findSftpServer() ?? missing(this, 'sftp-server is not installed (Debian package openssh-sftp-server)');
  });

  for (const word of REQUEST_WORDS) {
    it(`${word} is not announced and refused with PERMISSION_DENIED, and nothing else is, as by -P`, async () => {
      const ours = await toldBy(ourPeer({ layers: [restrictions([word])] }));
      const openssh = await toldBy(await opensshPeer(program, ['-P', word]));
      expect(openssh.refused).to.deep.equal([word]);
      // Our OPENDIR looks into the directory, which without `readdir` is refused as well.
      const refused = word === 'readdir' ? ['opendir', 'readdir'] : [word];
      expect(ours).to.deep.equal({ ...openssh, refused });
    });
  }

  it('a read-only storage announces and refuses what -R does, but for fsync, which changes nothing', async () => {
    const openssh = await toldBy(await opensshPeer(program, ['-R']));
    const ours = await toldBy(ourPeer({ layers: [readOnly()] }));
    expect(ours.announced.filter((name) => name !== 'fsync@openssh.com')).to.deep.equal(openssh.announced);
    expect(ours.refused).to.deep.equal(openssh.refused.filter((word) => word !== 'fsync'));
  });

  it('what a stack below denies is denied too', async () => {
    const backend = stack(new MemoryBackend(), restrictions(['statvfs']), restrictions(['limits']));
    const ours = await toldBy(ourPeer({ backend, layers: [restrictions(['fsync'])] }));
    expect(ours).to.deep.equal(await toldBy(await opensshPeer(program, ['-P', 'statvfs,limits,fsync'])));
  });
});
