import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import type { Handle, VfsBackend } from '../../../../vfs/backend.ts';
import { isVfsError, VfsError } from '../../../../vfs/errors.ts';
import { decodeText } from '../../../../vfs/names.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { escapeUnsafe } from '../../../escape.ts';
import { componentsOf, type Component } from '../../command-line/glob-pattern.ts';
import { tool, type Run } from '../../tools/tool.ts';
import { Upload } from '../../upload.ts';

const OPTIONS = {
  list: '-l -v',
  overwrite: '-o',
  never: '-n',
  print: '-p',
  quiet: '-q',
  flat: '-j',
  test: '-t',
  directory: '-d=',
} as const;

type UnzipRun = Run<keyof typeof OPTIONS>;

const PIECE = 128 * 1024;
const LINK_MAX = 4095;
const TYPE_MASK = 0o170000;
const LINK_TYPE = 0o120000;
const BAD_ARCHIVE = 9;
const WARNING = 1;
const DAMAGED = 2;

/** A name and what the archive says of it. */
interface Member {
  readonly entry: Entry;
  readonly name: string;
  readonly isDirectory: boolean;
  readonly isLink: boolean;
  readonly mode: number | undefined;
}

/** `unzip ARCHIVE [MEMBER…] [-d DIRECTORY]`: entry by entry, with nothing held in memory; a name that leads out is refused. */
export const unzip = tool(
  'unzip',
  OPTIONS,
  async (run) => {
    const [archive = '', ...wanted] = run.operands;
    const handle = await openArchive(run, archive);
    try {
      const { size } = await run.storage.fstat(handle, run.ctx);
      const zipFile = await fromRandomAccessReaderPromise(new StorageReader(run.storage, handle), size, {
        lazyEntries: true,
        decodeStrings: false,
        autoClose: false,
      });
      await eachMember(run, zipFile, wanted);
    } catch (error) {
      run.context.signal.throwIfAborted();
      if (isVfsError(error)) throw error;
      // What yauzl finds wrong with the archive.
      await run.complain(
        `${escapeUnsafe(archive)}: ${error instanceof Error ? error.message : 'damaged'}`,
        BAD_ARCHIVE,
      );
    } finally {
      await run.storage.close(handle, {});
    }
  },
  { operandsMin: 1, usageStatus: 10 },
);

async function openArchive(run: UnzipRun, archive: string): Promise<Handle> {
  try {
    return await run.storage.open(run.path(archive), { access: 'r' }, 0, run.ctx);
  } catch (error) {
    if (!isVfsError(error, 'ENOENT')) throw error;
    return run.storage.open(run.path(`${archive}.zip`), { access: 'r' }, 0, run.ctx);
  }
}

async function eachMember(run: UnzipRun, zipFile: ZipFile, wanted: readonly string[]): Promise<void> {
  const patterns = wanted.map((text) => componentsOf([{ text, quoted: false }]));
  const links: { readonly path: VfsPath; readonly target: string }[] = [];
  let bytes = 0;
  let count = 0;
  if (run.options.has('list'))
    await run.print('  Length      Date    Time    Name\n---------  ---------- -----   ----\n');
  for await (const entry of entriesOf(zipFile, run.context.signal)) {
    const member = memberOf(entry);
    if (patterns.length > 0 && !patterns.some((pattern) => covers(pattern, member.name))) continue;
    count += 1;
    bytes += entry.uncompressedSize;
    if (run.options.has('list')) await list(run, member);
    else if (run.options.has('print')) await print(run, zipFile, member);
    else if (run.options.has('test')) await check(run, zipFile, member);
    else await extract(run, zipFile, member, links);
  }
  // Last, so that no later member is written through one.
  for (const { path, target } of links)
    await run.attempt(escapeUnsafe(path), () => run.storage.symlink(target, path, run.ctx), WARNING);
  if (run.options.has('list'))
    await run.print(
      `---------                     -------\n${String(bytes).padStart(9)}                     ${count} files\n`,
    );
}

async function* entriesOf(zipFile: ZipFile, signal: AbortSignal): AsyncGenerator<Entry> {
  for (;;) {
    signal.throwIfAborted();
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      const done = (act: () => void) => () => {
        zipFile.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error');
        act();
      };
      zipFile.once('entry', (found: Entry) => done(() => resolve(found))());
      zipFile.once(
        'end',
        done(() => resolve(undefined)),
      );
      zipFile.once('error', (error: Error) => done(() => reject(error))());
      zipFile.readEntry();
    });
    if (entry === undefined) return;
    yield entry;
  }
}

function memberOf(entry: Entry): Member {
  const name = decodeText(entry.fileName as unknown as Buffer);
  const mode = entry.versionMadeBy >>> 8 === 3 ? entry.externalFileAttributes >>> 16 : undefined;
  const isLink = mode !== undefined && (mode & TYPE_MASK) === LINK_TYPE;
  return { entry, name, isDirectory: name.endsWith('/'), isLink, mode };
}

/** Whether a name, part by part, is what the pattern says, or lies below that. */
function covers(pattern: readonly Component[], name: string): boolean {
  const parts = name.split('/');
  return pattern.every((component, at) => {
    const part = parts[at] ?? '';
    return component.kind === 'text' ? component.text === part : component.matches(part);
  });
}

/** Absent: it would lead out of where it is put. */
function safeName(name: string): string | undefined {
  const parts = name
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  const leadsOut =
    name.startsWith('/') || /^[a-z]:/i.test(name) || parts.includes('..') || name.includes('\0');
  return leadsOut || parts.length === 0 ? undefined : parts.join('/');
}

async function list(run: UnzipRun, { entry, name }: Member): Promise<void> {
  const date = entry.getLastModDate();
  const time = Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 16).replace('T', ' ');
  await run.print(`${String(entry.uncompressedSize).padStart(9)}  ${time}   ${escapeUnsafe(name)}\n`);
}

async function print(run: UnzipRun, zipFile: ZipFile, member: Member): Promise<void> {
  if (!member.isDirectory) await content(run, zipFile, member, (bytes) => run.write(bytes));
}

async function check(run: UnzipRun, zipFile: ZipFile, member: Member): Promise<void> {
  await content(run, zipFile, member, async () => {});
  await run.print(`    testing: ${escapeUnsafe(member.name)}   OK\n`);
}

async function extract(
  run: UnzipRun,
  zipFile: ZipFile,
  member: Member,
  links: { readonly path: VfsPath; readonly target: string }[],
): Promise<void> {
  const safe = safeName(member.name);
  if (safe === undefined) {
    await run.complain(`${escapeUnsafe(member.name)}: refused, it leads out of where it is put`, WARNING);
    return;
  }
  const inside = run.options.has('flat') ? (safe.split('/').at(-1) ?? safe) : safe;
  if (run.options.has('flat') && member.isDirectory) return;
  const base = run.options.value('directory') ?? '.';
  const written = `${base.replace(/(.)\/+$/, '$1')}/${inside}`;
  const path = run.path(written);
  await run.attempt(
    escapeUnsafe(written),
    async () => {
      await makeAbove(run, base, member.isDirectory ? `${inside}/` : inside);
      if (member.isDirectory) return;
      if (await isInTheWay(run, path))
        return run.complain(`${escapeUnsafe(written)} is there already; -o replaces, -n leaves`, WARNING);
      if (run.options.has('never') && (await exists(run, path))) return;
      if (member.isLink) links.push({ path, target: await linkTarget(run, zipFile, member) });
      else await extractFile(run, zipFile, member, path);
      if (!run.options.has('quiet')) await run.print(`  extracting: ${escapeUnsafe(written)}\n`);
    },
    WARNING,
  );
}

async function isInTheWay(run: UnzipRun, path: VfsPath): Promise<boolean> {
  if (run.options.has('overwrite') || run.options.has('never')) return false;
  return exists(run, path);
}

async function exists(run: UnzipRun, path: VfsPath): Promise<boolean> {
  try {
    await run.storage.lstat(path, run.ctx);
    return true;
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return false;
    throw error;
  }
}

async function makeAbove(run: UnzipRun, base: string, inside: string): Promise<void> {
  const parts = [
    ...base.split('/').map((_, at, all) => all.slice(0, at + 1).join('/')),
    ...inside
      .split('/')
      .slice(0, -1)
      .map((_, at, all) => `${base}/${all.slice(0, at + 1).join('/')}`),
  ];
  for (const part of parts) {
    if (part === '' || part === '.') continue;
    try {
      await run.storage.mkdir(run.path(part), 0o777 & ~run.context.umask, run.ctx);
    } catch (error) {
      if (!isVfsError(error, 'EEXIST')) throw error;
    }
  }
}

async function extractFile(run: UnzipRun, zipFile: ZipFile, member: Member, path: VfsPath): Promise<void> {
  const mode = (member.mode === undefined ? 0o666 : member.mode & 0o777) & ~run.context.umask;
  const upload = await Upload.begin(run.storage, path, mode, run.ctx);
  let size = 0;
  try {
    await content(run, zipFile, member, async (bytes) => {
      await upload.write(size, bytes);
      size += bytes.length;
    });
  } catch (error) {
    await upload.abandon();
    throw error;
  }
  const seconds = Math.floor(member.entry.getLastModDate().getTime() / 1000);
  await upload.finish({ size, ...(Number.isNaN(seconds) ? {} : { mtime: { seconds, nanoseconds: 0 } }) });
}

async function linkTarget(run: UnzipRun, zipFile: ZipFile, member: Member): Promise<string> {
  const parts: Uint8Array[] = [];
  if (member.entry.uncompressedSize > LINK_MAX) throw new VfsError('ENAMETOOLONG');
  await content(run, zipFile, member, async (bytes) => void parts.push(bytes));
  return decodeText(Buffer.concat(parts));
}

/** Gives the bytes of a member piece by piece; an `EIO` where they are not what the archive promises. */
async function content(
  run: UnzipRun,
  zipFile: ZipFile,
  { entry }: Member,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  let sum = 0;
  const damaged = (cause?: unknown): VfsError =>
    new VfsError('EIO', { detail: 'damaged in the archive', cause });
  let stream: Readable;
  try {
    stream = await zipFile.openReadStreamPromise(entry);
  } catch (error) {
    throw damaged(error);
  }
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      run.context.signal.throwIfAborted();
      sum = crc32(bytes, sum);
      await take(bytes);
    }
  } catch (error) {
    throw isVfsError(error) || run.context.signal.aborted ? error : damaged(error);
  }
  if (sum === entry.crc32) return;
  run.status = Math.max(run.status, DAMAGED);
  throw damaged();
}

/** The archive in the storage, for yauzl. */
class StorageReader extends RandomAccessReader {
  readonly #storage: VfsBackend;
  readonly #handle: Handle;

  constructor(storage: VfsBackend, handle: Handle) {
    super();
    this.#storage = storage;
    this.#handle = handle;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const storage = this.#storage;
    const handle = this.#handle;
    let position = start;
    return new Readable({
      highWaterMark: PIECE,
      read(): void {
        const length = Math.min(PIECE, end - position);
        if (length <= 0) return void this.push(null);
        storage.read(handle, position, length, {}).then(
          (bytes) => {
            position += bytes.length;
            this.push(bytes.length === 0 ? null : bytes);
          },
          (error: Error) => this.destroy(error),
        );
      },
    });
  }
}
