import type { Readable } from 'node:stream';
import { ZipFile, type ReadStreamOptions } from 'yazl';
import { VfsError } from '../../../../vfs/errors.ts';
import { walk } from '../../../../vfs/extensions/walk.ts';
import { encodeText } from '../../../../vfs/names.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import { send } from '../../output.ts';
import { openToRead } from '../files.ts';
import { quoted } from '../../tools/quoted.ts';
import { tool, type Run } from '../../tools/tool.ts';
import { Upload } from '../../upload.ts';

const OPTIONS = {
  recursive: '-r --recurse-paths',
  quiet: '-q --quiet',
  links: '-y --symlinks',
  flat: '-j --junk-paths',
  none: '-0',
  fast: '-1 --compress-1',
  best: '-9 --compress-9',
  noDirectories: '-D --no-dir-entries',
} as const;

type ZipRun = Run<keyof typeof OPTIONS>;

/** Beyond it the sizes of an entry need ZIP64. */
const SIZE_32 = 0xffff_ffff;
const LINK_TYPE = 0o120000;
const FILE_TYPE = 0o100000;
const DIRECTORY_TYPE = 0o040000;

/** `zip [-r] ARCHIVE FILE…`: makes a new archive, entry by entry, with nothing held in memory. `-` as the archive is standard output. */
export const zip = tool(
  'zip',
  OPTIONS,
  async (run) => {
    const [archive = '', ...names] = run.operands;
    const zipFile = new ZipFile();
    const output = zipFile.outputStream as Readable;
    // Entries are added one by one as they are read, so that a million of them are not in memory.
    const writing = archive === '-' ? toStdout(run, output) : toFile(run, withEnding(archive), output);
    // Told by `await writing`.
    writing.catch(() => {});
    for (const name of names) await run.attempt(quoted(name), () => addTree(run, zipFile, name));
    zipFile.end();
    await writing;
  },
  { operandsMin: 2, usageStatus: 16 },
);

function withEnding(archive: string): string {
  return /\.[^/]*$/.test(archive) ? archive : `${archive}.zip`;
}

async function addTree(run: ZipRun, zipFile: ZipFile, name: string): Promise<void> {
  const keepsLinks = run.options.has('links');
  const stats = keepsLinks ? await run.lstat(name) : await run.stat(name);
  await add(run, zipFile, run.path(name), name, stats);
  if (stats.type !== 'directory' || !run.options.has('recursive')) return;
  const { path: base } = await run.storage.resolve(run.path(name), 'follow', run.ctx);
  for await (const one of walk(run.storage, base, {}, run.ctx)) {
    const below = one.path.slice(base === '/' ? 1 : base.length + 1);
    const isLink = one.stats.type === 'symlink' && !keepsLinks;
    const found = isLink ? await run.storage.lstat(one.path, run.following) : one.stats;
    // A directory behind a link could lead round in a circle.
    if (isLink && found.type === 'directory') continue;
    await add(run, zipFile, one.path, `${name.replace(/\/+$/, '')}/${below}`, found);
  }
}

async function add(
  run: ZipRun,
  zipFile: ZipFile,
  path: VfsPath,
  written: string,
  stats: Stats,
): Promise<void> {
  run.context.signal.throwIfAborted();
  const name = entryName(run, written);
  if (name === undefined) return;
  if (!name.isWellFormed())
    return run.complain(`${written}: the name is no UTF-8, which an archive cannot hold`, 18);
  const mtime = new Date(stats.mtime.seconds * 1000);
  if (stats.type === 'directory') {
    if (run.options.has('noDirectories') || run.options.has('flat')) return;
    zipFile.addEmptyDirectory(name, { mtime, mode: DIRECTORY_TYPE | stats.mode });
  } else if (stats.type === 'symlink') {
    const target = await run.storage.readlink(path, run.ctx);
    zipFile.addBuffer(Buffer.from(encodeText(target)), name, {
      mtime,
      mode: LINK_TYPE | stats.mode,
      compress: false,
    });
  } else await addFile(run, zipFile, path, name, stats, { mtime, mode: FILE_TYPE | stats.mode });
  if (!run.options.has('quiet')) await run.print(`  adding: ${written}\n`);
}

/** Resolves when all of the file has been read, so that one is open at a time. */
async function addFile(
  run: ZipRun,
  zipFile: ZipFile,
  path: VfsPath,
  name: string,
  { size }: Stats,
  options: Partial<ReadStreamOptions>,
): Promise<void> {
  const stream = await openToRead(path, { ...run.context, cwd: '/' as VfsPath });
  const done = new Promise<void>((resolve, reject) => {
    stream.once('close', () => resolve());
    stream.once('error', reject);
    run.context.signal.addEventListener('abort', () => stream.destroy());
  });
  const level = run.options.has('none') ? 0 : run.options.has('best') ? 9 : run.options.has('fast') ? 1 : 6;
  const all = { ...options, compress: level > 0, compressionLevel: level, forceZip64Format: size >= SIZE_32 };
  zipFile.addReadStream(stream, name, all);
  await done;
}

/** As it is written in the archive: no leading `/`, no `.`, no `..`. */
function entryName(run: ZipRun, written: string): string | undefined {
  const names = written.split('/').filter((name) => name !== '' && name !== '.');
  const kept = names.slice(names.lastIndexOf('..') + 1);
  const name = run.options.has('flat') ? (kept.at(-1) ?? '') : kept.join('/');
  return name === '' ? undefined : name;
}

async function toStdout(run: ZipRun, output: Readable): Promise<void> {
  for await (const chunk of output as AsyncIterable<Buffer>)
    await send(run.context.stdout, chunk, run.context.signal);
}

/** An archive that does not become whole leaves the old one. */
async function toFile(run: ZipRun, name: string, output: Readable): Promise<void> {
  const upload = await Upload.begin(run.storage, run.path(name), 0o666 & ~run.context.umask, run.ctx);
  let size = 0;
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) {
      run.context.signal.throwIfAborted();
      await upload.write(size, chunk);
      size += chunk.length;
    }
    await upload.finish({ size });
  } catch (error) {
    output.destroy();
    await upload.abandon();
    throw error instanceof VfsError
      ? new VfsError(error.code, { op: error.op, path: name, detail: error.detail })
      : error;
  }
}
