import type { Stats } from '../../../vfs/stats.ts';
import { encodeText } from '../../../vfs/names.ts';
import { escapeUnsafe } from '../../escape.ts';
import { send } from '../output.ts';
import { piecesOf, STDIN } from '../tools/content.ts';
import { UsageError } from '../tools/options.ts';
import type { Run } from '../tools/tool.ts';
import { treeOf, type Met } from '../tools/tree.ts';
import { archiveOutput } from './archive-output.ts';
import type { TarType } from './header.ts';
import { excluder } from './members.ts';
import type { TarSettings } from './settings.ts';
import { TarWriter } from './writer.ts';

/** Inodes with several names that are remembered, so that the second is written as a link. */
const LINKS_MAX = 1_000_000;
const SERIOUS = 2;
const NOTHING = Buffer.alloc(0);

interface Creation {
  readonly run: Run;
  readonly settings: TarSettings;
  readonly writer: TarWriter;
  readonly links: Map<number, string>;
  readonly toStdout: boolean;
  isAbsoluteTold: boolean;
}

/** `tar c`: everything below the operands, to a file of the storage or to stdout. `at` is where they are. */
export async function create(run: Run, at: Run, settings: TarSettings): Promise<void> {
  const { options, operands } = settings;
  if (operands.length === 0) throw new UsageError('Cowardly refusing to create an empty archive');
  const file = options.value('file') ?? STDIN;
  const gzip = options.has('gzip') || (options.has('autoCompress') && /\.t?gz$/.test(file));
  const output = await archiveOutput(run.context, file, gzip);
  try {
    const writer = new TarWriter((bytes) => output.write(bytes));
    const creation = {
      run: at,
      settings,
      writer,
      links: new Map(),
      toStdout: file === STDIN,
      isAbsoluteTold: false,
    };
    for (const name of operands) await addOperand(creation, name);
    await writer.end();
  } catch (error) {
    await output.abandon();
    throw error;
  }
  await output.end();
}

async function addOperand(creation: Creation, name: string): Promise<void> {
  const { run, settings } = creation;
  const excludes = excluder(settings.options.values('exclude'));
  const isExcluded = (met: Met): boolean => met.depth > 0 && excludes(met.name);
  const enters = (met: Met): boolean => !settings.options.has('noRecursion') && !isExcluded(met);
  await run.attempt(
    `${name}: Cannot stat`,
    async () => {
      const stats = settings.options.has('dereference') ? await run.stat(name) : await run.lstat(name);
      for await (const met of treeOf(run, { path: run.path(name), name, stats, depth: 0 }, { enters })) {
        if (!isExcluded(met)) await addMember(creation, met);
      }
    },
    SERIOUS,
  );
}

async function addMember(creation: Creation, met: Met): Promise<void> {
  const { run, settings } = creation;
  const isFollowed = settings.options.has('dereference') && met.stats.type === 'symlink';
  const stats = isFollowed
    ? await run.storage.lstat(met.path, run.following).catch(() => met.stats)
    : met.stats;
  const name = await memberName(creation, met.name, stats);
  if (name === '') return;
  if (settings.options.has('verbose')) await say(creation, name);
  const first = creation.links.get(stats.inode);
  if (stats.type !== 'directory' && stats.nlink > 1) {
    if (first !== undefined) return addPlain(creation, name, stats, 'hard link', first);
    if (creation.links.size < LINKS_MAX) creation.links.set(stats.inode, name);
  }
  if (stats.type === 'directory') return addPlain(creation, name, stats, 'directory', '');
  if (stats.type === 'symlink') {
    return addPlain(creation, name, stats, 'symlink', await run.storage.readlink(met.path, run.ctx));
  }
  await addFile(creation, met, name);
}

/** Without what would lead out of where it is extracted, unless that is wanted (-P). */
async function memberName(creation: Creation, name: string, stats: Stats): Promise<string> {
  let member = stats.type === 'directory' && !name.endsWith('/') ? `${name}/` : name;
  if (creation.settings.options.has('absoluteNames')) return member;
  const prefix = /^(?:\/+|(?:.*\/)?\.\.(?:\/|$))+/.exec(member)?.[0];
  if (prefix === undefined) return member;
  if (!creation.isAbsoluteTold)
    await creation.run.complain(`Removing leading \`${prefix}' from member names`, 0);
  creation.isAbsoluteTold = true;
  member = member.slice(prefix.length);
  return member === '' && stats.type === 'directory' ? './' : member;
}

function addPlain(
  { writer, run, settings }: Creation,
  name: string,
  stats: Stats,
  type: TarType,
  link: string,
): Promise<void> {
  return writer.header({
    ...common(run, settings, stats),
    type,
    name: bytesOf(name),
    link: bytesOf(link),
    size: 0,
  });
}

/** What a file has when it is opened is what is written, whatever happens to it meanwhile. */
async function addFile({ writer, run, settings }: Creation, met: Met, name: string): Promise<void> {
  const { storage, ctx } = run;
  await run.attempt(
    `${met.name}: Cannot open`,
    async () => {
      const handle = await storage.open(met.path, { access: 'r' }, 0, ctx);
      try {
        const stats = await storage.fstat(handle, ctx);
        await writer.header({
          ...common(run, settings, stats),
          type: 'file',
          name: bytesOf(name),
          link: NOTHING,
          size: stats.size,
        });
        let left = stats.size;
        for await (const piece of piecesOf(storage, handle, 0, stats.size, ctx)) {
          await writer.content(piece);
          left -= piece.length;
        }
        await writer.zeros(left);
        if (left > 0) await run.complain(`${met.name}: File shrank by ${left} bytes; padding with zeros`, 1);
        await writer.pad(stats.size);
      } finally {
        await storage.close(handle, {});
      }
    },
    SERIOUS,
  );
}

function common({ context: { names } }: Run, { options }: TarSettings, stats: Stats) {
  const isNumeric = options.has('numericOwner');
  const named = (name: string | undefined): Buffer =>
    isNumeric || name === undefined ? NOTHING : bytesOf(name);
  return {
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    mtime: stats.mtime.seconds,
    user: named(names.user(stats.uid)),
    group: named(names.group(stats.gid)),
  };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(encodeText(text));
}

/** Where the archive itself does not go. */
async function say({ run, toStdout }: Creation, name: string): Promise<void> {
  if (toStdout) await send(run.context.stderr, `${shownName(name)}\n`, run.context.signal);
  else await run.print(`${shownName(name)}\n`);
}

/** A name in a list of names: one line each, safe for terminals, and a backslash doubled as GNU's tar does. */
export function shownName(name: string): string {
  return escapeUnsafe(name.replaceAll('\\', '\\\\'));
}
