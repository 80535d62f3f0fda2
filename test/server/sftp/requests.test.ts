import { expect } from 'chai';
import { extensionsOf } from '../../../server/sftp/extensions.ts';
import { PACKET } from '../../../server/sftp/protocol.ts';
import { decoderOf, type Request } from '../../../server/sftp/requests.ts';
import { WireReader } from '../../../server/sftp/wire-reader.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { isVfsError, type VfsErrorCode } from '../../../vfs/errors.ts';
import { attrs, str, u32, u64, type Field } from '../../support/sftp-client.ts';

interface Row {
  /** Of draft-ietf-secsh-filexfer-02, or of OpenSSH's PROTOCOL. */
  readonly section: string;
  readonly type: number;
  /** After the request id: as bytes, and as fields. */
  readonly hex: string;
  readonly fields: readonly Field[];
  readonly request: Request;
}

const NO_CHANGE = {
  size: undefined,
  uid: undefined,
  gid: undefined,
  mode: undefined,
  atime: undefined,
  mtime: undefined,
};
const A = '00000002 2f61';
const B = '00000002 2f62';
const H = '00000003 01ff00';
const HANDLE = '\u0001\u00ff\u0000';
const HANDLE_BYTES = Buffer.of(1, 0xff, 0);

const ROWS: readonly Row[] = [
  {
    section: '6.3',
    type: PACKET.OPEN,
    hex: `${A} 0000001a 00000004 000081a4`,
    fields: [str('/a'), u32(26), attrs({ permissions: 0o100644 })],
    request: { name: 'open', path: '/a', flags: 26, attributes: { ...NO_CHANGE, mode: 0o644 } },
  },
  {
    section: '6.3',
    type: PACKET.CLOSE,
    hex: H,
    fields: [str(HANDLE_BYTES)],
    request: { name: 'close', handle: HANDLE },
  },
  {
    section: '6.4',
    type: PACKET.READ,
    hex: `${H} 001fffff ffffffff 00008000`,
    fields: [str(HANDLE_BYTES), u64(Number.MAX_SAFE_INTEGER), u32(32768)],
    request: { name: 'read', handle: HANDLE, offset: Number.MAX_SAFE_INTEGER, length: 32768 },
  },
  {
    section: '6.4',
    type: PACKET.WRITE,
    hex: `${H} 00000001 00000002 00000003 616263`,
    fields: [str(HANDLE_BYTES), u64(2 ** 32 + 2), str('abc')],
    request: { name: 'write', handle: HANDLE, offset: 2 ** 32 + 2, bytes: Buffer.from('abc') },
  },
  {
    section: '6.5',
    type: PACKET.REMOVE,
    hex: A,
    fields: [str('/a')],
    request: { name: 'remove', path: '/a' },
  },
  {
    section: '6.5',
    type: PACKET.RENAME,
    hex: `${A} ${B}`,
    fields: [str('/a'), str('/b')],
    request: { name: 'rename', from: '/a', to: '/b' },
  },
  {
    section: '6.6',
    type: PACKET.MKDIR,
    hex: `${A} 00000000`,
    fields: [str('/a'), attrs()],
    request: { name: 'mkdir', path: '/a', attributes: NO_CHANGE },
  },
  { section: '6.6', type: PACKET.RMDIR, hex: A, fields: [str('/a')], request: { name: 'rmdir', path: '/a' } },
  {
    section: '6.7',
    type: PACKET.OPENDIR,
    hex: A,
    fields: [str('/a')],
    request: { name: 'opendir', path: '/a' },
  },
  {
    section: '6.7',
    type: PACKET.READDIR,
    hex: H,
    fields: [str(HANDLE_BYTES)],
    request: { name: 'readdir', handle: HANDLE },
  },
  { section: '6.8', type: PACKET.STAT, hex: A, fields: [str('/a')], request: { name: 'stat', path: '/a' } },
  { section: '6.8', type: PACKET.LSTAT, hex: A, fields: [str('/a')], request: { name: 'lstat', path: '/a' } },
  {
    section: '6.8',
    type: PACKET.FSTAT,
    hex: H,
    fields: [str(HANDLE_BYTES)],
    request: { name: 'fstat', handle: HANDLE },
  },
  {
    section: '6.9',
    type: PACKET.SETSTAT,
    hex: `${A} 0000000f 00000000 00000005 000003e8 000003e9 000001ff 00000001 ffffffff`,
    fields: [str('/a'), attrs({ size: 5, owner: [1000, 1001], permissions: 0o777, times: [1, 0xffffffff] })],
    request: {
      name: 'setstat',
      path: '/a',
      change: {
        size: 5,
        uid: 1000,
        gid: 1001,
        mode: 0o777,
        atime: { seconds: 1, nanoseconds: 0 },
        mtime: { seconds: 0xffffffff, nanoseconds: 0 },
      },
    },
  },
  {
    section: '6.9',
    type: PACKET.FSETSTAT,
    hex: `${H} 80000001 00000000 00000007 00000001 00000001 61 00000001 62`,
    fields: [str(HANDLE_BYTES), u32(0x80000001), u64(7), u32(1), str('a'), str('b')],
    request: { name: 'fsetstat', handle: HANDLE, change: { ...NO_CHANGE, size: 7 } },
  },
  {
    section: '6.10',
    type: PACKET.READLINK,
    hex: A,
    fields: [str('/a')],
    request: { name: 'readlink', path: '/a' },
  },
  {
    section: "6.10 in the order of OpenSSH's PROTOCOL 4.1",
    type: PACKET.SYMLINK,
    hex: `${A} ${B}`,
    fields: [str('/a'), str('/b')],
    request: { name: 'symlink', target: '/a', path: '/b' },
  },
  {
    section: '6.11',
    type: PACKET.REALPATH,
    hex: A,
    fields: [str('/a')],
    request: { name: 'realpath', path: '/a' },
  },
];

interface ExtensionRow extends Omit<Row, 'type'> {
  readonly name: string;
}

const EXTENSION_ROWS: readonly ExtensionRow[] = [
  {
    section: '4.3',
    name: 'posix-rename@openssh.com',
    hex: `${A} ${B}`,
    fields: [str('/a'), str('/b')],
    request: { name: 'posix-rename', from: '/a', to: '/b' },
  },
  {
    section: '4.4',
    name: 'statvfs@openssh.com',
    hex: A,
    fields: [str('/a')],
    request: { name: 'statvfs', path: '/a' },
  },
  {
    section: '4.4',
    name: 'fstatvfs@openssh.com',
    hex: H,
    fields: [str(HANDLE_BYTES)],
    request: { name: 'fstatvfs', handle: HANDLE },
  },
  {
    section: '4.5',
    name: 'hardlink@openssh.com',
    hex: `${A} ${B}`,
    fields: [str('/a'), str('/b')],
    request: { name: 'hardlink', from: '/a', to: '/b' },
  },
  {
    section: '4.6',
    name: 'fsync@openssh.com',
    hex: H,
    fields: [str(HANDLE_BYTES)],
    request: { name: 'fsync', handle: HANDLE },
  },
  {
    section: '4.7',
    name: 'lsetstat@openssh.com',
    hex: `${A} 00000004 000001a4`,
    fields: [str('/a'), attrs({ permissions: 0o644 })],
    request: { name: 'lsetstat', path: '/a', change: { ...NO_CHANGE, mode: 0o644 } },
  },
  { section: '4.8', name: 'limits@openssh.com', hex: '', fields: [], request: { name: 'limits' } },
  {
    section: '4.9',
    name: 'expand-path@openssh.com',
    hex: '00000001 7e',
    fields: [str('~')],
    request: { name: 'expand-path', path: '~' },
  },
  {
    section: '4.10',
    name: 'copy-data',
    hex: `${H} 00000000 00000001 00000000 00000002 00000001 78 00000000 00000003`,
    fields: [str(HANDLE_BYTES), u64(1), u64(2), str('x'), u64(3)],
    request: { name: 'copy-data', from: HANDLE, fromOffset: 1, length: 2, to: 'x', toOffset: 3 },
  },
  {
    section: '4.11',
    name: 'home-directory',
    hex: '00000005 616c696365',
    fields: [str('alice')],
    request: { name: 'home-directory', user: 'alice' },
  },
  {
    section: '4.12',
    name: 'users-groups-by-id@openssh.com',
    hex: '00000008 00002710 00000000 00000004 ffffffff',
    fields: [str(Buffer.concat([u32(10000), u32(0)])), str(u32(0xffffffff))],
    request: { name: 'users-groups-by-id', uids: [10000, 0], gids: [0xffffffff] },
  },
];

const EXTENSIONS = extensionsOf(new MemoryBackend());

describe('requests on the wire', () => {
  for (const { section, type, hex, fields, request } of ROWS) {
    it(`has ${request.name} as in section ${section}`, () => {
      expect(Buffer.concat(fields)).to.deep.equal(bytesOf(hex));
      expect(decode(decoderOf(type), bytesOf(hex))).to.deep.equal(request);
    });
  }

  for (const { section, name, hex, fields, request } of EXTENSION_ROWS) {
    it(`has ${name} as in OpenSSH's PROTOCOL, section ${section}`, () => {
      expect(Buffer.concat(fields)).to.deep.equal(bytesOf(hex));
      expect(decode(EXTENSIONS.get(name)?.decode, bytesOf(hex))).to.deep.equal(request);
    });
  }

  it('has a row for each type and each extension', () => {
    const types = Object.values(PACKET).filter((type) => decoderOf(type) !== undefined);
    expect(ROWS.map(({ type }) => type)).to.have.members(types);
    expect(EXTENSION_ROWS.map(({ name }) => name)).to.deep.equal([...EXTENSIONS.keys()]);
  });

  it('refuses each request that is a byte too short or too long', () => {
    const all = [
      ...ROWS.map(({ type, hex }) => ({ decoder: decoderOf(type), hex, longer: longerIs(type) })),
      ...EXTENSION_ROWS.map(({ name, hex }) => ({
        decoder: EXTENSIONS.get(name)?.decode,
        hex,
        longer: 'EINVAL',
      })),
    ];
    for (const { decoder, hex, longer } of all) {
      const bytes = bytesOf(hex);
      expect(
        errorOf(() => decode(decoder, Buffer.concat([bytes, Buffer.of(0)]))),
        hex,
      ).to.equal(longer);
      for (let length = 0; length < bytes.length; length++) {
        expect(
          errorOf(() => decode(decoder, bytes.subarray(0, length))),
          `${length} of ${hex}`,
        ).to.equal('EINVAL');
      }
    }
  });

  it('passes over what is left over after the data of a WRITE, which rclone 1.60 sends', () => {
    const request = decode(
      decoderOf(PACKET.WRITE),
      bytesOf(`${H} 00000000 00000000 00000003 616263 ffffffff ffffffff`),
    );
    expect(request).to.deep.equal({ name: 'write', handle: HANDLE, offset: 0, bytes: Buffer.from('abc') });
  });

  it('keeps bytes that are not UTF-8 in paths', () => {
    const request = decode(decoderOf(PACKET.STAT), bytesOf('00000004 2f ff c3a4'));
    expect(request).to.deep.equal({ name: 'stat', path: '/\udcffä' });
  });

  for (const beyond of ['0020000000000000', '8000000000000000', 'ffffffffffffffff']) {
    it(`refuses the offset 0x${beyond} as too large`, () => {
      expect(errorOf(() => decode(decoderOf(PACKET.READ), bytesOf(`${H} ${beyond} 00000001`)))).to.equal(
        'EFBIG',
      );
    });
  }

  it('refuses attributes that version 3 does not have, and counts that the packet cannot hold', () => {
    for (const flags of ['00000010', '40000000', '80000000 ffffffff']) {
      expect(errorOf(() => decode(decoderOf(PACKET.SETSTAT), bytesOf(`${A} ${flags}`)))).to.equal('EINVAL');
    }
  });
});

/** What becomes of a request with a byte too many. */
function longerIs(type: number): VfsErrorCode | undefined {
  return type === PACKET.WRITE ? undefined : 'EINVAL';
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function decode(decoder: ((reader: WireReader) => Request) | undefined, bytes: Buffer): Request {
  if (decoder === undefined) throw new Error('no decoder');
  const reader = new WireReader();
  reader.begin(bytes);
  const request = decoder(reader);
  reader.end();
  return request;
}

function errorOf(action: () => unknown): VfsErrorCode | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return isVfsError(error) ? error.code : undefined;
  }
}
