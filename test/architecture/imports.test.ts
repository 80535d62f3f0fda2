import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What each folder may import besides itself: `cli → server → {vfs, keys, config}`. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  cli: ['server', 'vfs', 'keys', 'config'],
  server: ['vfs', 'keys', 'config'],
  vfs: [],
  keys: [],
  config: [],
};

/** Where the VFS may ask for Node, files or packages; the rest of it runs in browsers too. */
const NATIVE = /^vfs\/(backends\/(sqlite|host|remote)|extensions\/node)\//;
/** Packages without a line of Node in them. */
const PORTABLE: ReadonlySet<string> = new Set(['minimatch', 'lru-cache']);
/** The library's index names the backends that need Node, and a program picks. */
const INDEX = 'vfs/index.ts';

interface Import {
  /** The file that imports, from the root of the repository. */
  readonly from: string;
  /** A file of ours from the root, or the name of something else. */
  readonly to: string;
}

const SPECIFIER =
  /^(?:import|export)\b[^;'"]*?\bfrom\s*'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;

function filesIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(SPECIFIER)].map(([, from, bare, dynamic]) => {
    const specifier = from ?? bare ?? dynamic ?? '';
    return {
      from: file,
      to: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier,
    };
  });
}

const isOurs = ({ to }: Import): boolean => to.endsWith('.ts');
const folderOf = (file: string): string => file.split('/')[0] ?? '';
const say = ({ from, to }: Import): string => `${from} → ${to}`;

/** All that a file leads to. */
function closureOf(file: string, seen = new Set<string>()): Import[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const imports = importsOf(file);
  return [...imports, ...imports.filter(isOurs).flatMap(({ to }) => closureOf(to, seen))];
}

describe('imports', () => {
  const folders = Object.keys(ALLOWED).filter((folder) => existsSync(join(ROOT, folder)));
  const all = folders.flatMap(filesIn).flatMap(importsOf);

  it('are found in every folder, or this test would not see a breach', () => {
    expect(folders).to.include.members(['vfs', 'server', 'keys', 'config']);
    expect(all.map(say)).to.include('vfs/layer.ts → vfs/ops.ts');
    expect(all.map(say)).to.include('server/mount.ts → vfs/layer.ts');
    expect(all.map(say)).to.include('vfs/backends/sqlite/database.ts → better-sqlite3');
  });

  for (const folder of folders) {
    it(`of ${folder}/ lead to itself${(ALLOWED[folder] ?? []).map((other) => `, ${other}/`).join('')} and nowhere else`, () => {
      const breaches = all.filter(
        (one) => isOurs(one) && folderOf(one.from) === folder && !allows(folder, one.to),
      );
      expect(breaches.map(say)).to.deep.equal([]);
    });
  }

  it('of vfs/ name no package of the server, and Node only in the backends and extensions that need it', () => {
    const outside = all.filter(
      ({ from, to }) => folderOf(from) === 'vfs' && !to.endsWith('.ts') && !PORTABLE.has(to),
    );
    expect(outside.filter(({ from }) => !NATIVE.test(from)).map(say)).to.deep.equal([]);
    expect(outside.filter(({ to }) => /ssh|winston|yargs|argon2/.test(to)).map(say)).to.deep.equal([]);
  });

  it('of FileStorage, memory, the fs adapter, the extensions and the layers never reach Node, so that they run in browsers', () => {
    const portable = [
      'vfs/portable.ts',
      'vfs/file-storage.ts',
      'vfs/backends/memory/index.ts',
      'vfs/backends/fs-adapter/index.ts',
      'vfs/extensions/index.ts',
      ...filesIn('vfs/middleware'),
    ];
    const reached = portable.flatMap((file) => closureOf(file));
    expect(reached.length).to.be.above(50);
    expect(
      reached.filter((one) => (!isOurs(one) && !PORTABLE.has(one.to)) || NATIVE.test(one.to)).map(say),
    ).to.deep.equal([]);
  });

  it('of our own code say the file, as Node needs it', () => {
    const relatives = folders
      .flatMap(filesIn)
      .flatMap((file) =>
        importsOf(file).filter(
          ({ to }) =>
            folders.includes(folderOf(to)) && (!isOurs({ from: file, to }) || !existsSync(join(ROOT, to))),
        ),
      );
    expect(relatives.map(say)).to.deep.equal([]);
  });

  it('of the index are the only ones of vfs/ that lead to backends with native code from outside of them', () => {
    const leading = all.filter(
      ({ from, to }) => folderOf(from) === 'vfs' && NATIVE.test(to) && !NATIVE.test(from),
    );
    expect(leading.filter(({ from }) => from !== INDEX).map(say)).to.deep.equal([]);
  });
});

function allows(folder: string, to: string): boolean {
  return folderOf(to) === folder || (ALLOWED[folder] ?? []).includes(folderOf(to));
}
