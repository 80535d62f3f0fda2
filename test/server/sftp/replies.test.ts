import { expect } from 'chai';
import { extensionsOf } from '../../../server/sftp/extensions.ts';
import { encodeReply, encodeVersion, type Reply } from '../../../server/sftp/replies.ts';
import { EOF, OK, statusOf, UNSUPPORTED } from '../../../server/sftp/status.ts';
import { WireWriter } from '../../../server/sftp/wire-writer.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { VfsError } from '../../../vfs/errors.ts';
import type { Stats } from '../../../vfs/stats.ts';

const STATS: Stats = {
  inode: 2,
  type: 'file',
  mode: 0o4644,
  nlink: 1,
  uid: 10_000,
  gid: 10_001,
  size: 2 ** 32 + 5,
  used: 5,
  atime: { seconds: 1, nanoseconds: 999_999_999 },
  mtime: { seconds: 2 ** 31, nanoseconds: 0 },
  ctime: { seconds: 3, nanoseconds: 0 },
};
/** Flags, size, owner, mode with the type of a file, times. */
const STATS_HEX = '0000000f 0000000100000005 00002710 00002711 000089a4 00000001 80000000';

interface Row {
  /** Of draft-ietf-secsh-filexfer-02, or of OpenSSH's PROTOCOL. */
  readonly section: string;
  readonly reply: Reply;
  /** The whole packet with request id 7; of `data` without the data. */
  readonly hex: string;
}

const ROWS: readonly Row[] = [
  { section: '7', reply: OK, hex: '00000018 65 00000007 00000000 00000007 53756363657373 00000000' },
  { section: '7', reply: EOF, hex: '0000001c 65 00000007 00000001 0000000b 456e64206f662066696c65 00000000' },
  {
    section: '7',
    reply: { kind: 'handle', handle: '\u0000\u00ff' },
    hex: '0000000b 66 00000007 00000002 00ff',
  },
  { section: '7', reply: { kind: 'data', bytes: Buffer.from('abc') }, hex: '0000000c 67 00000007 00000003' },
  {
    section: '7',
    reply: {
      kind: 'names',
      entries: [
        { name: 'ä', longname: '-', stats: STATS },
        { name: '\udcff', longname: '' },
      ],
    },
    hex: `00000041 68 00000007 00000002 00000002 c3a4 00000001 2d ${STATS_HEX} 00000001 ff 00000000 00000000`,
  },
  { section: '5', reply: { kind: 'attributes', stats: STATS }, hex: `00000025 69 00000007 ${STATS_HEX}` },
  {
    section: '4.4 of PROTOCOL',
    reply: {
      kind: 'storage',
      stats: {
        bytesTotal: 10 * 4096,
        bytesFree: 4095,
        inodesTotal: 9,
        inodesFree: 8,
        nameMax: 255,
        readOnly: true,
      },
    },
    hex:
      '0000005d c9 00000007 0000000000001000 0000000000001000 000000000000000a 0000000000000000 0000000000000000' +
      '0000000000000009 0000000000000008 0000000000000008 0000000000000000 0000000000000001 00000000000000ff',
  },
  {
    section: '4.8 of PROTOCOL',
    reply: { kind: 'limits', handles: 100 },
    hex: '00000025 c9 00000007 0000000000040000 000000000003fc00 000000000003fc00 0000000000000064',
  },
  {
    section: '4.12 of PROTOCOL',
    reply: { kind: 'accounts', users: ['bob', ''], groups: ['a'] },
    hex: '0000001d c9 00000007 0000000b 00000003 626f62 00000000 00000005 00000001 61',
  },
];

describe('replies on the wire', () => {
  for (const { section, reply, hex } of ROWS) {
    it(`has ${reply.kind} as in section ${section}`, () => {
      expect(hexOf(encodeReply(new WireWriter(), 7, reply))).to.equal(hex.replaceAll(' ', ''));
    });
  }

  it('keeps times within 32 bits without a sign', () => {
    const early = { seconds: -5, nanoseconds: 0 };
    const late = { seconds: 2 ** 32, nanoseconds: 0 };
    const reply: Reply = { kind: 'attributes', stats: { ...STATS, atime: early, mtime: late } };
    expect(hexOf(encodeReply(new WireWriter(), 7, reply)).slice(-16)).to.equal('00000000ffffffff');
  });

  it('tells what has no limit as the greatest number there is', () => {
    const stats = {
      bytesTotal: Infinity,
      bytesFree: Infinity,
      inodesTotal: Infinity,
      inodesFree: Infinity,
      nameMax: 255,
      readOnly: false,
    };
    const bytes = Buffer.from(encodeReply(new WireWriter(), 7, { kind: 'storage', stats }));
    expect(bytes.readBigUInt64BE(25)).to.equal(2n ** 41n - 1n);
    expect(bytes.readBigUInt64BE(49)).to.equal(2n ** 53n - 1n);
  });

  it('says VERSION 3 with the extensions in order (section 4)', () => {
    const extensions = [...extensionsOf(new MemoryBackend()).values()].slice(0, 1);
    expect(hexOf(encodeVersion(new WireWriter(), extensions))).to.equal(
      `0000002602 00000003 00000018 ${Buffer.from('posix-rename@openssh.com').toString('hex')} 00000001 31`.replaceAll(
        ' ',
        '',
      ),
    );
  });

  it('tells the words of an error, but not those of its cause', () => {
    const quota = new VfsError('EDQUOT', {
      detail: 'quota exceeded: 10 GiB used of 10 GiB',
      path: '/secret',
    });
    expect(statusOf(quota)).to.deep.equal({
      kind: 'status',
      code: 4,
      message: 'quota exceeded: 10 GiB used of 10 GiB',
    });
    const unknown = new VfsError('EIO', { cause: new Error('SQLITE_CORRUPT in /var/lib') });
    expect(statusOf(unknown)).to.deep.equal({ kind: 'status', code: 4, message: 'input/output error' });
    expect(UNSUPPORTED.code).to.equal(8);
  });

  it('writes a packet larger than all before it', () => {
    const writer = new WireWriter();
    const name = 'n'.repeat(200_000);
    const bytes = encodeReply(writer, 7, { kind: 'names', entries: [{ name, longname: '' }] });
    expect(bytes.length).to.equal(4 + 1 + 4 + 4 + 4 + 200_000 + 4 + 4);
    expect(hexOf(encodeReply(writer, 7, OK))).to.equal((ROWS[0] as Row).hex.replaceAll(' ', ''));
  });
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
