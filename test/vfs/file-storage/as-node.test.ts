import { expect } from 'chai';
import * as host from 'node:fs/promises';
import { join } from 'node:path';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { nodeFs, type NodeFsPromises } from '../../../vfs/extensions/node/index.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** The calls that both sides understand, and the tree that they work on: below `root`. */
type Fs = Pick<typeof host, keyof typeof host & keyof NodeFsPromises>;
type Probe = (fs: Fs, root: string) => Promise<unknown>;

async function prepare(fs: Fs, root: string): Promise<void> {
  await fs.mkdir(join(root, 'd/e'), { recursive: true });
  await fs.writeFile(join(root, 'f'), 'content', { mode: 0o640 });
  await fs.writeFile(join(root, 'd/.hidden'), '');
  await fs.writeFile(join(root, 'd/e/deep.txt'), 'deep');
  await fs.symlink('d/e', join(root, 'l'));
  await fs.symlink('nowhere', join(root, 'dangling'));
}

/** What a call answers or fails with, the place of the tree taken out. */
async function outcome(fs: Fs, root: string, probe: Probe): Promise<string> {
  const show = (value: unknown): string =>
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)) ?? 'undefined';
  const text = await probe(fs, root).then(show, (error: NodeJS.ErrnoException & { dest?: string }) =>
    show({
      message: error.message,
      code: error.code,
      errno: error.errno,
      syscall: error.syscall,
      path: error.path,
      dest: error.dest,
    }),
  );
  return text.replaceAll(root, 'ROOT');
}

const types = (
  items: readonly { name: unknown; isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }[],
) =>
  items
    .map((item) => [String(item.name), item.isFile(), item.isDirectory(), item.isSymbolicLink()])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));

/** Each is called on Node's own `fs` and on a storage: answers, codes, numbers, paths and messages must be the same. */
const PROBES: Readonly<Record<string, Probe>> = {
  'readFile of nothing': (fs, root) => fs.readFile(`${root}/no`),
  'readFile as a buffer': (fs, root) => fs.readFile(`${root}/f`),
  'readFile as text': (fs, root) => fs.readFile(`${root}/f`, 'utf8'),
  'readFile in base64url': (fs, root) => fs.readFile(`${root}/f`, { encoding: 'base64url' }),
  'writeFile to a directory': (fs, root) => fs.writeFile(`${root}/d`, 'x'),
  'writeFile of an iterable': async (fs, root) => {
    await fs.writeFile(`${root}/w`, ['a', 'bc', 'd']);
    return fs.readFile(`${root}/w`, 'utf8');
  },
  'writeFile of a typed array': async (fs, root) => {
    await fs.writeFile(`${root}/w`, Uint16Array.of(0x4142, 0x4344));
    return fs.readFile(`${root}/w`, 'hex');
  },
  'appendFile twice': async (fs, root) => {
    await fs.appendFile(`${root}/f`, ' and');
    await fs.appendFile(`${root}/f`, ' more');
    return fs.readFile(`${root}/f`, 'latin1');
  },
  'appendFile below a file': (fs, root) => fs.appendFile(`${root}/f/x`, 'x'),
  'open of nothing': (fs, root) => fs.open(`${root}/no`),
  'open of what is there, exclusively': (fs, root) => fs.open(`${root}/f`, 'xw'),
  'stat of nothing': (fs, root) => fs.stat(`${root}/no`),
  'stat below a file': (fs, root) => fs.stat(`${root}/f/x`),
  'stat in numbers': async (fs, root) => {
    const { size, mode, nlink, mtimeMs, mtime } = await fs.stat(`${root}/f`);
    return [size, mode, nlink, mtimeMs - mtime.getTime() < 1];
  },
  'stat in bigints': async (fs, root) => {
    const { size, mode, nlink, mtimeMs, mtimeNs } = await fs.stat(`${root}/f`, { bigint: true });
    return [size, mode, nlink, mtimeNs / 1_000_000n - mtimeMs];
  },
  'lstat of nothing': (fs, root) => fs.lstat(`${root}/no`),
  'lstat of a symlink': async (fs, root) => (await fs.lstat(`${root}/l`)).isSymbolicLink(),
  'stat of a dangling symlink': (fs, root) => fs.stat(`${root}/dangling`),
  'readdir of nothing': (fs, root) => fs.readdir(`${root}/no`),
  'readdir of a file': (fs, root) => fs.readdir(`${root}/f`),
  readdir: async (fs, root) => (await fs.readdir(root)).sort(),
  // Node goes into what symlinks lead to, unless types are asked for; we never do.
  'readdir below': async (fs, root) => (await fs.readdir(`${root}/d`, { recursive: true })).sort(),
  'readdir as buffers': async (fs, root) => (await fs.readdir(`${root}/d`, 'buffer')).map(String).sort(),
  'readdir with types': async (fs, root) => types(await fs.readdir(root, { withFileTypes: true })),
  'mkdir where something is': (fs, root) => fs.mkdir(`${root}/d`),
  'mkdir without what is above': (fs, root) => fs.mkdir(`${root}/x/y`),
  'mkdir recursive': (fs, root) => fs.mkdir(`${root}/x/y/z`, { recursive: true }),
  'mkdir recursive of what is there': (fs, root) => fs.mkdir(`${root}/d/e`, { recursive: true }),
  'mkdir recursive below a file': (fs, root) => fs.mkdir(`${root}/f/g`, { recursive: true }),
  'mkdtemp below nothing': (fs, root) =>
    fs.mkdtemp(`${root}/no/x-`).catch((error: NodeJS.ErrnoException) => [error.code, error.syscall]),
  mkdtemp: async (fs, root) => {
    const made = await fs.mkdtemp(`${root}/x-`);
    return [made.length - root.length, (await fs.stat(made)).mode & 0o777];
  },
  'rmdir of a full directory': (fs, root) => fs.rmdir(`${root}/d`),
  'rmdir of a file': (fs, root) => fs.rmdir(`${root}/f`),
  'rm of nothing': (fs, root) => fs.rm(`${root}/no`),
  'rm of nothing, forced': (fs, root) => fs.rm(`${root}/no`, { force: true }),
  'rm of a tree': async (fs, root) => {
    await fs.rm(`${root}/d`, { recursive: true });
    return (await fs.readdir(root)).sort();
  },
  'unlink of nothing': (fs, root) => fs.unlink(`${root}/no`),
  'rename of nothing': (fs, root) => fs.rename(`${root}/no`, `${root}/b`),
  'rename over a full directory': (fs, root) => fs.rename(`${root}/d/e`, `${root}/d`),
  'copyFile of nothing': (fs, root) => fs.copyFile(`${root}/no`, `${root}/b`),
  'copyFile onto what must not be there': (fs, root) => fs.copyFile(`${root}/f`, `${root}/d/.hidden`, 1),
  'copyFile keeps the mode': async (fs, root) => {
    await fs.copyFile(`${root}/f`, `${root}/g`);
    return [(await fs.stat(`${root}/g`)).mode, await fs.readFile(`${root}/g`, 'utf8')];
  },
  'link of nothing': (fs, root) => fs.link(`${root}/no`, `${root}/b`),
  'link to what is there': (fs, root) => fs.link(`${root}/f`, `${root}/d`),
  'symlink to what is there': (fs, root) => fs.symlink('x', `${root}/f`),
  'readlink of a file': (fs, root) => fs.readlink(`${root}/f`),
  readlink: (fs, root) => fs.readlink(`${root}/l`),
  'readlink as a buffer': (fs, root) => fs.readlink(`${root}/l`, 'buffer'),
  'realpath of nothing': (fs, root) => fs.realpath(`${root}/no`),
  realpath: (fs, root) => fs.realpath(`${root}/l/../e/./`),
  'chmod of nothing': (fs, root) => fs.chmod(`${root}/no`, 0o600),
  'chmod by octal digits': async (fs, root) => {
    await fs.chmod(`${root}/f`, '4711');
    return (await fs.stat(`${root}/f`)).mode;
  },
  'chown of nothing': (fs, root) => fs.chown(`${root}/no`, 0, 0),
  'lchown of nothing': (fs, root) => fs.lchown(`${root}/no`, 0, 0),
  'utimes of nothing': (fs, root) => fs.utimes(`${root}/no`, 0, 0),
  'lutimes of nothing': (fs, root) => fs.lutimes(`${root}/no`, 0, 0),
  utimes: async (fs, root) => {
    await fs.utimes(`${root}/l`, '12', new Date(34_567));
    const { atimeMs, mtimeMs } = await fs.stat(`${root}/d/e`);
    return [atimeMs, mtimeMs];
  },
  lutimes: async (fs, root) => {
    await fs.lutimes(`${root}/l`, 12, 34);
    const { mtimeMs } = await fs.lstat(`${root}/l`);
    return mtimeMs;
  },
  'truncate of nothing': (fs, root) => fs.truncate(`${root}/no`),
  truncate: async (fs, root) => {
    await fs.truncate(`${root}/f`, 3);
    return fs.readFile(`${root}/f`, 'utf8');
  },
  'access to nothing': (fs, root) => fs.access(`${root}/no`),
  'access to run what is no program': (fs, root) => fs.access(`${root}/f`, 1),
  access: (fs, root) => fs.access(`${root}/f`, 4),
  'statfs of nothing': (fs, root) => fs.statfs(`${root}/no`),
  'statfs in bigints': async (fs, root) => typeof (await fs.statfs(root, { bigint: true })).bavail,
  'opendir of nothing': (fs, root) => fs.opendir(`${root}/no`).then(() => 'opened'),
  'opendir of a file': (fs, root) => fs.opendir(`${root}/f`).then(() => 'opened'),
  'opendir below': async (fs, root) => {
    const found: string[] = [];
    const directory = await fs.opendir(root, { recursive: true });
    for await (const { name, parentPath } of directory) found.push(`${parentPath}/${name}`);
    return found.sort();
  },
  'cp of nothing': (fs, root) => fs.cp(`${root}/no`, `${root}/b`),
  'cp of a tree': async (fs, root) => {
    await fs.cp(root, `${root}/d/../../copy`, { recursive: true }).catch(() => undefined);
    await fs.cp(`${root}/d`, `${root}/x/y`, { recursive: true });
    return (await fs.readdir(`${root}/x`, { recursive: true })).sort();
  },
  'cp of a tree through a filter': async (fs, root) => {
    await fs.cp(`${root}/d`, `${root}/x`, {
      recursive: true,
      filter: (source) => !source.includes('.hidden'),
    });
    return (await fs.readdir(`${root}/x`, { recursive: true })).sort();
  },
  'cp of symlinks': async (fs, root) => {
    await fs.cp(`${root}/l`, `${root}/d/absolute`);
    await fs.cp(`${root}/l`, `${root}/d/as-it-is`, { verbatimSymlinks: true });
    return [await fs.readlink(`${root}/d/absolute`), await fs.readlink(`${root}/d/as-it-is`)];
  },
  'cp of what a symlink leads to': async (fs, root) => {
    await fs.cp(`${root}/l`, `${root}/x`, { recursive: true, dereference: true });
    return [(await fs.lstat(`${root}/x`)).isDirectory(), await fs.readFile(`${root}/x/deep.txt`, 'utf8')];
  },
  'cp over a file': async (fs, root) => {
    await fs.cp(`${root}/f`, `${root}/d/.hidden`);
    return fs.readFile(`${root}/d/.hidden`, 'utf8');
  },
  'cp over a file, not forced': async (fs, root) => {
    await fs.cp(`${root}/f`, `${root}/d/.hidden`, { force: false });
    return fs.readFile(`${root}/d/.hidden`, 'utf8');
  },
  'cp with times': async (fs, root) => {
    await fs.utimes(`${root}/f`, 1, 2);
    await fs.cp(`${root}/f`, `${root}/g`, { preserveTimestamps: true });
    const { mtimeMs, mode } = await fs.stat(`${root}/g`);
    return [mtimeMs, mode];
  },
};

/** What fails with a code of Node's own in place of one of POSIX. */
const NODES_OWN: Readonly<Record<string, readonly [probe: Probe, ours: string, nodes: string]>> = {
  'rm of a directory': [(fs, root) => fs.rm(`${root}/d`), 'EISDIR', 'ERR_FS_EISDIR'],
  'cp of a directory': [(fs, root) => fs.cp(`${root}/d`, `${root}/b`), 'EISDIR', 'ERR_FS_EISDIR'],
  'cp of a directory into itself': [
    (fs, root) => fs.cp(`${root}/d`, `${root}/d/e/x`, { recursive: true }),
    'EINVAL',
    'ERR_FS_CP_EINVAL',
  ],
  'cp onto itself': [(fs, root) => fs.cp(`${root}/f`, `${root}/f`), 'EINVAL', 'ERR_FS_CP_EINVAL'],
  'cp of a file over a directory': [
    (fs, root) => fs.cp(`${root}/f`, `${root}/d`),
    'EISDIR',
    'ERR_FS_CP_NON_DIR_TO_DIR',
  ],
  'cp of a directory over a file': [
    (fs, root) => fs.cp(`${root}/d`, `${root}/f`, { recursive: true }),
    'ENOTDIR',
    'ERR_FS_CP_DIR_TO_NON_DIR',
  ],
  'cp over what is there': [
    (fs, root) => fs.cp(`${root}/f`, `${root}/d/.hidden`, { force: false, errorOnExist: true }),
    'EEXIST',
    'ERR_FS_CP_EEXIST',
  ],
  'a path with a NUL': [(fs) => fs.stat('a\0b'), 'EINVAL', 'ERR_INVALID_ARG_VALUE'],
  'a path of another type': [(fs) => fs.stat(1 as unknown as string), 'EINVAL', 'ERR_INVALID_ARG_TYPE'],
};

describe('a FileStorage beside the fs/promises of Node', () => {
  const directory = temporaryDirectory();
  let ours: Fs;

  beforeEach(async () => {
    // Classes of Node's own are answered as objects of the same shape.
    ours = nodeFs(new MemoryBackend()).promises as unknown as Fs;
    await prepare(ours, '/');
    await prepare(host, directory());
  });

  for (const [title, probe] of Object.entries(PROBES)) {
    it(`says the same of ${title}`, async () => {
      const wanted = await outcome(host, directory(), probe);
      await ours.mkdir('/root');
      await prepare(ours, '/root');
      expect(await outcome(ours, '/root', probe)).to.equal(wanted);
    });
  }

  for (const [title, [probe, code, nodes]] of Object.entries(NODES_OWN)) {
    it(`refuses ${title} with ${code} where Node has ${nodes}`, async () => {
      const codeOf = (fs: Fs, root: string): Promise<unknown> =>
        probe(fs, root).then(
          () => 'none',
          (error: NodeJS.ErrnoException) => error.code,
        );
      expect(await codeOf(host, directory())).to.equal(nodes);
      expect(await codeOf(ours, '')).to.equal(code);
    });
  }
});
