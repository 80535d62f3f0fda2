import { OPEN_FLAG, PACKET } from '../../../../server/sftp/protocol.ts';
import {
  attrs,
  packet,
  str,
  u32,
  u64,
  u8,
  type AttributeFields,
  type Field,
} from '../../../support/sftp-client.ts';
import { handle, opened, type Peer } from './peer.ts';

/** One question, named for the report; asked of both servers after those before it. */
export interface Step {
  readonly what: string;
  readonly ask: (peer: Peer) => Promise<string>;
}

/** Steps on one connection, after INIT and the tree of `plant`. */
export interface Script {
  readonly name: string;
  readonly steps: readonly Step[];
}

const { READ, WRITE, APPEND, CREAT, TRUNC, EXCL } = OPEN_FLAG;

function onPath(what: string, type: number, path: string, ...more: readonly Field[]): Step {
  return { what: `${what} ${path}`, ask: (peer) => peer.ask(type, str(peer.path(path)), ...more) };
}

function onPaths(what: string, type: number, from: string, to: string): Step {
  return {
    what: `${what} ${from} ${to}`,
    ask: (peer) => peer.ask(type, str(peer.path(from)), str(peer.path(to))),
  };
}

function onHandle(what: string, type: number, name: string, ...more: readonly Field[]): Step {
  return { what: `${what} ${name}`, ask: (peer) => peer.ask(type, handle(peer, name), ...more) };
}

function extended(what: string, name: string, fields: (peer: Peer) => readonly Field[]): Step {
  return { what, ask: (peer) => peer.ask(PACKET.EXTENDED, str(name), ...fields(peer)) };
}

function extendedPaths(name: string, from: string, to: string): Step {
  return extended(`${name} ${from} ${to}`, name, (peer) => [str(peer.path(from)), str(peer.path(to))]);
}

function open(name: string, path: string, flags: number, attributes: AttributeFields = {}): Step {
  const what = `open ${path} ${flagNames(flags)}`;
  return {
    what,
    ask: (peer) => opened(peer, name, PACKET.OPEN, str(peer.path(path)), u32(flags), attrs(attributes)),
  };
}

function opendir(name: string, path: string): Step {
  return { what: `opendir ${path}`, ask: (peer) => opened(peer, name, PACKET.OPENDIR, str(peer.path(path))) };
}

const close = (name: string): Step => onHandle('close', PACKET.CLOSE, name);
const fstat = (name: string): Step => onHandle('fstat', PACKET.FSTAT, name);
const readdir = (name: string): Step => onHandle('readdir', PACKET.READDIR, name);
const stat = (path: string): Step => onPath('stat', PACKET.STAT, path);
const lstat = (path: string): Step => onPath('lstat', PACKET.LSTAT, path);
const mkdir = (path: string, attributes: AttributeFields = {}): Step =>
  onPath('mkdir', PACKET.MKDIR, path, attrs(attributes));

function read(name: string, offset: number | bigint, length: number): Step {
  return onHandle(`read ${length} at ${offset} of`, PACKET.READ, name, u64(offset), u32(length));
}

function write(name: string, offset: number | bigint, text: string): Step {
  return onHandle(
    `write ${JSON.stringify(text)} at ${offset} of`,
    PACKET.WRITE,
    name,
    u64(offset),
    str(text),
  );
}

function symlink(target: string, path: string): Step {
  return {
    what: `symlink ${target} ${path}`,
    ask: (peer) => peer.ask(PACKET.SYMLINK, str(peer.path(target)), str(peer.path(path))),
  };
}

function flagNames(flags: number): string {
  const names = Object.entries(OPEN_FLAG).filter(([, bit]) => (flags & bit) !== 0);
  return names.length === 0 ? 'NONE' : names.map(([name]) => name).join('|');
}

/** One of each kind under `directory`. */
function plant(directory: string): Step[] {
  const under = (name: string): string => `${directory}/${name}`;
  return [
    mkdir(directory),
    open('planted', under('file'), WRITE | CREAT),
    write('planted', 0, 'hello'),
    close('planted'),
    mkdir(under('dir')),
    open('planted', under('dir/inner'), WRITE | CREAT),
    close('planted'),
    mkdir(under('empty')),
    symlink('file', under('link')),
    symlink('dir', under('dirlink')),
    symlink('nowhere', under('dangling')),
    symlink('loop', under('loop')),
  ];
}

/** Every kind of name that a request can meet in `plant`. */
const KINDS = ['file', 'dir', 'empty', 'link', 'dirlink', 'dangling', 'loop', 'missing'];
const WITH_SLASH = KINDS.map((kind) => `${kind}/`);
const BELOW = [
  'missing/x',
  'file/x',
  'link/x',
  'dangling/x',
  'loop/x',
  'dirlink/inner',
  'dir/../file',
  'dir/./inner',
];
const ALL_NAMES = [...KINDS, ...WITH_SLASH, ...BELOW];

/** The same question about each name, each in a fresh tree. */
function forEach(names: readonly string[], steps: (path: string, directory: string) => Step[]): Step[] {
  return names.flatMap((name, index) => {
    const directory = `/t${index}`;
    return [...plant(directory), ...steps(`${directory}/${name}`, directory)];
  });
}

/** All flags on one kind of name. */
function openScript(name: string): Script {
  const steps = Array.from({ length: 64 }, (_, flags): Step[] => {
    const directory = `/f${flags}`;
    return [
      ...plant(directory),
      open('h', `${directory}/${name}`, flags, { permissions: 0o640 }),
      fstat('h'),
      write('h', 1, 'XY'),
      read('h', 0, 10),
      onHandle('fsetstat size 3 of', PACKET.FSETSTAT, 'h', attrs({ size: 3 })),
      onHandle('fsetstat mode of', PACKET.FSETSTAT, 'h', attrs({ permissions: 0o600 })),
      fstat('h'),
      close('h'),
      lstat(`${directory}/file`),
      lstat(`${directory}/nowhere`),
      lstat(`${directory}/missing`),
    ];
  });
  return { name: `OPEN with all flags on ${name}`, steps: steps.flat() };
}

const RENAME_TARGETS = [...KINDS, 'missing/', 'dir/', 'dir/new', 'file/x', 'missing/x', '.', 'dir/..'];

function renameSteps(what: (from: string, to: string) => Step): Step[] {
  const pairs = [...KINDS, 'file/', 'dir/', 'dirlink/', 'link/'].flatMap((from) =>
    RENAME_TARGETS.map((to): [string, string] => [from, to]),
  );
  return pairs.flatMap(([from, to], index) => {
    const directory = `/r${index}`;
    const step = what(`${directory}/${from}`, `${directory}/${to}`);
    const list = readdir('d');
    return [
      ...plant(directory),
      step,
      opendir('d', directory),
      { ...list, what: `${list.what} after ${step.what}` },
      close('d'),
    ];
  });
}

/** Requests on a handle, each with what else it needs. */
const ON_HANDLE: readonly (readonly [what: string, type: number, ...more: Field[]])[] = [
  ['fstat', PACKET.FSTAT],
  ['read', PACKET.READ, u64(0), u32(10)],
  ['write', PACKET.WRITE, u64(0), str('x')],
  ['fsetstat', PACKET.FSETSTAT, attrs({ permissions: 0o600 })],
  ['fsetstat nothing', PACKET.FSETSTAT, attrs()],
  ['readdir', PACKET.READDIR],
];

const EXTENDED_ON_HANDLE = ['fstatvfs@openssh.com', 'fsync@openssh.com'];

function allOnHandle(name: string): Step[] {
  return [
    ...ON_HANDLE.map(([what, type, ...more]) => onHandle(what, type, name, ...more)),
    ...EXTENDED_ON_HANDLE.map((request) =>
      extended(`${request} ${name}`, request, (peer) => [handle(peer, name)]),
    ),
    onHandle('close', PACKET.CLOSE, name),
  ];
}

function copyData(from: string, to: string, fromOffset: number, length: number, toOffset: number): Step {
  const what = `copy-data ${length} at ${fromOffset} of ${from} to ${to} at ${toOffset}`;
  return extended(what, 'copy-data', (peer) => [
    handle(peer, from),
    u64(fromOffset),
    u64(length),
    handle(peer, to),
    u64(toOffset),
  ]);
}

const LONG_NAME = 'n'.repeat(255);
const BIG = 'x'.repeat(100_000);

export const SCRIPTS: readonly Script[] = [
  ...['file', 'dir', 'link', 'dangling', 'missing', 'file/', 'missing/', 'missing/x'].map(openScript),
  { name: 'STAT on every kind of name', steps: forEach(ALL_NAMES, (path) => [stat(path)]) },
  { name: 'LSTAT on every kind of name', steps: forEach(ALL_NAMES, (path) => [lstat(path)]) },
  {
    name: 'REMOVE of every kind of name',
    steps: forEach(ALL_NAMES, (path) => [onPath('remove', PACKET.REMOVE, path), lstat(path)]),
  },
  {
    name: 'RMDIR of every kind of name',
    steps: forEach([...ALL_NAMES, 'empty/.', 'empty/..'], (path) => [
      onPath('rmdir', PACKET.RMDIR, path),
      lstat(path),
    ]),
  },
  {
    name: 'MKDIR of every kind of name',
    steps: forEach([...ALL_NAMES, 'missing/.', '.', '..'], (path) => [mkdir(path), lstat(path)]),
  },
  {
    name: 'READLINK of every kind of name',
    steps: forEach(ALL_NAMES, (path) => [onPath('readlink', PACKET.READLINK, path)]),
  },
  {
    name: 'OPENDIR and READDIR of every kind of name',
    steps: forEach([...ALL_NAMES, '.', '..'], (path) => [
      opendir('d', path),
      readdir('d'),
      readdir('d'),
      close('d'),
    ]),
  },
  {
    name: 'REALPATH of every kind of name',
    steps: [
      ...forEach(
        [...ALL_NAMES, 'missing/.', 'missing/..', 'file/..', 'file/.', 'dir//inner', 'dirlink/../file'],
        (path) => [onPath('realpath', PACKET.REALPATH, path)],
      ),
      onPath('realpath', PACKET.REALPATH, ''),
      onPath('realpath', PACKET.REALPATH, '.'),
      onPath('realpath', PACKET.REALPATH, 'nothing-here'),
      onPath('realpath', PACKET.REALPATH, 't0/dir'),
      onPath('realpath', PACKET.REALPATH, './t0/../t1'),
    ],
  },
  {
    name: 'SETSTAT on every kind of name',
    steps: forEach(ALL_NAMES, (path, directory) => [
      onPath('setstat nothing', PACKET.SETSTAT, path, attrs()),
      onPath('setstat mode', PACKET.SETSTAT, path, attrs({ permissions: 0o100600 })),
      lstat(path),
      onPath('setstat times', PACKET.SETSTAT, path, attrs({ times: [1000, 2000] })),
      lstat(path),
      onPath('setstat size', PACKET.SETSTAT, path, attrs({ size: 2, times: [1, 2] })),
      lstat(path),
      lstat(`${directory}/file`),
    ]),
  },
  {
    name: 'lsetstat on every kind of name',
    steps: forEach(ALL_NAMES, (path, directory) => {
      const change = (what: string, attributes: AttributeFields): Step =>
        extended(`lsetstat ${what} ${path}`, 'lsetstat@openssh.com', (peer) => [
          str(peer.path(path)),
          attrs(attributes),
        ]);
      return [
        change('nothing', {}),
        change('times', { times: [1000, 2000] }),
        lstat(path),
        change('mode', { permissions: 0o600 }),
        lstat(path),
        change('size', { size: 2 }),
        lstat(`${directory}/file`),
      ];
    }),
  },
  {
    name: 'RENAME of every kind onto every kind',
    steps: renameSteps((from, to) => onPaths('rename', PACKET.RENAME, from, to)),
  },
  {
    name: 'posix-rename of every kind onto every kind',
    steps: renameSteps((from, to) => extendedPaths('posix-rename@openssh.com', from, to)),
  },
  {
    name: 'hardlink of every kind onto every kind',
    steps: renameSteps((from, to) => extendedPaths('hardlink@openssh.com', from, to)),
  },
  {
    name: 'SYMLINK at every kind of name',
    steps: [
      ...forEach(ALL_NAMES, (path) => [
        symlink('somewhere', path),
        onPath('readlink', PACKET.READLINK, path),
      ]),
      symlink('', '/empty-target'),
      symlink('a//b/../c/', '/odd-target'),
      onPath('readlink', PACKET.READLINK, '/odd-target'),
      symlink('x'.repeat(4095), '/long-target'),
      symlink('x'.repeat(4096), '/longer-target'),
    ],
  },
  {
    name: 'statvfs of every kind of name',
    steps: forEach(ALL_NAMES, (path) => [
      extended(`statvfs ${path}`, 'statvfs@openssh.com', (peer) => [str(peer.path(path))]),
    ]),
  },
  {
    name: 'expand-path',
    steps: [
      ...plant('/t'),
      ...[
        '',
        '.',
        '~',
        '~/',
        '~/t/dir',
        '~/missing',
        '~/missing/x',
        't/link',
        'nothing',
        '~nobody-of-this-name',
        '~nobody-of-this-name/x',
        't/~',
      ].map((path) => extended(`expand-path ${path}`, 'expand-path@openssh.com', () => [str(path)])),
      extended('expand-path of an absolute path', 'expand-path@openssh.com', (peer) => [
        str(peer.path('/t/dirlink')),
      ]),
    ],
  },
  {
    name: 'home-directory and users-groups-by-id',
    steps: [
      extended('home-directory of nobody', 'home-directory', () => [str('nobody-of-this-name')]),
      extended('home-directory of the empty name', 'home-directory', () => [str('')]),
      extended('users-groups-by-id without any', 'users-groups-by-id@openssh.com', () => [str(''), str('')]),
      extended('users-groups-by-id of unknown ones', 'users-groups-by-id@openssh.com', () => [
        str(Buffer.concat([u32(4_000_000_001), u32(4_000_000_002)])),
        str(u32(4_000_000_003)),
      ]),
    ],
  },
  {
    name: 'modes of new files and directories',
    steps: [0, 0o777, 0o666, 0o7777, 0o100644, 0o40700, 0xffffffff]
      .flatMap((permissions, index) => [
        open('h', `/file${index}`, WRITE | CREAT, { permissions }),
        fstat('h'),
        close('h'),
        mkdir(`/dir${index}`, { permissions }),
        lstat(`/dir${index}`),
      ])
      .concat([
        open('h', '/plain', WRITE | CREAT),
        fstat('h'),
        mkdir('/plaindir'),
        lstat('/plaindir'),
        open('h', '/sized', WRITE | CREAT, { size: 100, times: [1, 2] }),
        fstat('h'),
      ]),
  },
  {
    name: 'READ and WRITE at every place',
    steps: [
      open('h', '/file', READ | WRITE | CREAT),
      write('h', 0, ''),
      write('h', 100, ''),
      fstat('h'),
      write('h', 3, 'abc'),
      read('h', 0, 100),
      read('h', 2, 2),
      read('h', 6, 1),
      read('h', 5, 0),
      read('h', 1000, 0),
      read('h', 1000, 10),
      read('h', 2 ** 40, 10),
      read('h', 0, 0xffffffff),
      read('h', 2n ** 53n - 1n, 10),
      read('h', 2n ** 53n, 10),
      read('h', 2n ** 63n - 1n, 10),
      read('h', 2n ** 63n, 10),
      read('h', 2n ** 64n - 1n, 10),
      write('h', 2n ** 53n - 1n, 'x'),
      write('h', 2n ** 63n - 1n, 'x'),
      write('h', 2n ** 63n, 'x'),
      write('h', 2n ** 64n - 1n, 'x'),
      fstat('h'),
      write('h', 1_000_000, 'end'),
      fstat('h'),
      read('h', 999_998, 10),
      open('a', '/file', WRITE | APPEND),
      write('a', 0, 'more'),
      fstat('a'),
      read('h', 1_000_000, 10),
      onHandle('fsetstat size of', PACKET.FSETSTAT, 'h', attrs({ size: 4 })),
      read('h', 0, 100),
      onHandle('fsetstat times of', PACKET.FSETSTAT, 'h', attrs({ times: [5, 6] })),
      fstat('h'),
      onHandle(
        'fsetstat greatest times of',
        PACKET.FSETSTAT,
        'h',
        attrs({ times: [0x7fffffff, 0x7fffffff] }),
      ),
      onHandle('fsetstat size 2^63 of', PACKET.FSETSTAT, 'h', attrs({ size: 2n ** 63n })),
      onHandle('fsetstat size 2^64-1 of', PACKET.FSETSTAT, 'h', attrs({ size: 2n ** 64n - 1n })),
      fstat('h'),
      write('h', 0, BIG),
      fstat('h'),
      extended('fsync h', 'fsync@openssh.com', (peer) => [handle(peer, 'h')]),
      close('h'),
      close('h'),
      read('h', 0, 1),
    ],
  },
  {
    name: 'a file that loses its name while it is open',
    steps: [
      ...plant('/t'),
      open('h', '/t/file', READ | WRITE),
      onPath('remove', PACKET.REMOVE, '/t/file'),
      read('h', 0, 10),
      write('h', 5, ' again'),
      fstat('h'),
      read('h', 0, 20),
      open('n', '/t/file', READ | WRITE | CREAT | EXCL),
      write('n', 0, 'new'),
      read('h', 0, 20),
      onPaths('rename', PACKET.RENAME, '/t/file', '/t/renamed'),
      write('n', 3, 'er'),
      close('n'),
      stat('/t/renamed'),
      extendedPaths('posix-rename@openssh.com', '/t/dir/inner', '/t/renamed'),
      stat('/t/renamed'),
      close('h'),
    ],
  },
  {
    name: 'requests on handles of the wrong kind',
    steps: [
      ...plant('/t'),
      opendir('directory', '/t'),
      ...allOnHandle('directory'),
      open('directory opened as a file', '/t/dir', READ),
      ...allOnHandle('directory opened as a file'),
      open('reading', '/t/file', READ),
      ...allOnHandle('reading'),
      open('writing', '/t/file', WRITE),
      ...allOnHandle('writing'),
      open('closed', '/t/file', READ),
      close('closed'),
      ...allOnHandle('closed'),
      ...allOnHandle('unknown'),
    ],
  },
  {
    name: 'handles of odd lengths',
    steps: ['', 'a', 'x'.repeat(255), 'x'.repeat(256), 'x'.repeat(1000)].map((name) => ({
      what: `read of a handle of ${name.length} bytes`,
      ask: (peer) => peer.ask(PACKET.READ, str(name), u64(0), u32(1)),
    })),
  },
  {
    name: 'copy-data',
    steps: [
      open('source', '/source', READ | WRITE | CREAT),
      write('source', 0, `begin${BIG}end`),
      open('target', '/target', READ | WRITE | CREAT),
      copyData('source', 'target', 0, 0, 0),
      fstat('target'),
      copyData('source', 'target', 0, 5, 3),
      read('target', 0, 12),
      copyData('source', 'target', 100_005, 0, 200_000),
      fstat('target'),
      read('target', 199_999, 10),
      copyData('source', 'target', 1_000_000, 0, 0),
      copyData('source', 'target', 0, 300_000, 0),
      copyData('source', 'target', 100_003, 100, 0),
      copyData('source', 'target', 0, 100_008, 0),
      copyData('source', 'source', 0, 5, 10),
      open('again', '/source', READ | WRITE),
      copyData('source', 'again', 0, 5, 10),
      open('readonly', '/target', READ),
      copyData('source', 'readonly', 0, 5, 0),
      open('writeonly', '/other', WRITE | CREAT),
      copyData('writeonly', 'target', 0, 5, 0),
      copyData('unknown', 'target', 0, 5, 0),
      copyData('source', 'unknown', 0, 5, 0),
      open('append', '/appended', READ | WRITE | CREAT | APPEND),
      copyData('source', 'append', 0, 5, 100),
      copyData('source', 'append', 0, 5, 0),
      read('append', 0, 100),
      mkdir('/dir'),
      open('directory', '/dir', READ),
      copyData('directory', 'target', 0, 5, 0),
      opendir('listing', '/dir'),
      copyData('listing', 'target', 0, 5, 0),
    ],
  },
  {
    name: 'names that are hard to read',
    steps: [
      ...[
        'a b',
        '-rf',
        '~',
        '*',
        "it's",
        'new\nline',
        '\u001b[31m',
        '\u202e',
        'ü',
        'ü',
        '😀',
        '...',
        'x'.repeat(255),
      ].flatMap((name, index) => [
        open('h', `/${name}`, WRITE | CREAT | EXCL),
        close('h'),
        lstat(`/${name}`),
        onPaths('rename', PACKET.RENAME, `/${name}`, `/moved${index}${name.slice(0, 100)}`),
      ]),
      {
        what: 'mkdir of bytes that are not UTF-8',
        ask: (peer) =>
          peer.ask(
            PACKET.MKDIR,
            str(Buffer.concat([Buffer.from(peer.path('/')), Buffer.of(0xff, 0xfe, 0x41)])),
            attrs(),
          ),
      },
      opendir('d', '/'),
      readdir('d'),
      open('h', `/${LONG_NAME}n`, WRITE | CREAT),
      stat(`/${LONG_NAME}n`),
      mkdir(`/${LONG_NAME}n`),
      onPaths('rename', PACKET.RENAME, '/moved0a b', `/${LONG_NAME}n`),
      stat(`/${'a/'.repeat(2500)}`),
      stat(''),
      onPath('remove', PACKET.REMOVE, ''),
      mkdir(''),
      open('h', '', WRITE | CREAT),
      opendir('d', ''),
      onPath('readlink', PACKET.READLINK, ''),
      onPaths('rename', PACKET.RENAME, '', '/x'),
      onPaths('rename', PACKET.RENAME, '/moved1-rf', ''),
      {
        what: 'mkdir of a name with NUL in it',
        ask: (peer) => peer.ask(PACKET.MKDIR, str(`${peer.path('/')}a\0b`), attrs()),
      },
    ],
  },
  {
    name: 'an unknown extended request',
    steps: [extended('unknown@example.com', 'unknown@example.com', () => [str('whatever')])],
  },
  {
    name: 'bytes left over after the data of a WRITE',
    steps: [
      open('h', '/file', READ | WRITE | CREAT),
      onHandle('write and more to', PACKET.WRITE, 'h', u64(0), str('abc'), Buffer.alloc(100)),
      read('h', 0, 100),
    ],
  },
  {
    name: 'attributes of vendors',
    steps: [
      open('h', '/file', WRITE | CREAT),
      onHandle(
        'fsetstat with an extended attribute of',
        PACKET.FSETSTAT,
        'h',
        u32(0x80000004),
        u32(0o600),
        u32(1),
        str('a@b'),
        str('c'),
      ),
      fstat('h'),
    ],
  },
  ...malformed('attributes with unknown flags', (peer) =>
    peer.ask(PACKET.FSETSTAT, handle(peer, 'h'), u32(0x40)),
  ),
  ...malformed('an extended count of 2^32-1', (peer) =>
    peer.ask(PACKET.FSETSTAT, handle(peer, 'h'), u32(0x80000000), u32(0xffffffff)),
  ),
  ...malformed('bytes left over', (peer) => peer.ask(PACKET.FSTAT, handle(peer, 'h'), u8(0))),
  ...malformed('a string longer than the packet', (peer) => peer.ask(PACKET.STAT, u32(100))),
  ...malformed('no fields', (peer) => peer.ask(PACKET.OPEN)),
  ...malformed('half an offset', (peer) => peer.ask(PACKET.READ, handle(peer, 'h'), u32(0))),
  ...malformed('a second INIT', async (peer) => {
    peer.client.send(packet(PACKET.INIT, u32(3)));
    return peer.describe(await peer.client.next());
  }),
  ...malformed('a packet of more than 256 KiB', async (peer) => {
    peer.client.send(Buffer.concat([u32(256 * 1024 + 1), Buffer.alloc(9)]));
    return peer.describe(await peer.client.next());
  }),
  ...malformed('a packet without an id', async (peer) => {
    peer.client.send(packet(PACKET.STAT, u8(0)));
    return peer.describe(await peer.client.next());
  }),
];

/** Each on a connection of its own: OpenSSH's server ends at the first. */
function malformed(name: string, ask: (peer: Peer) => Promise<string>): Script[] {
  return [{ name, steps: [open('h', '/file', READ | WRITE | CREAT | TRUNC), { what: name, ask }] }];
}
