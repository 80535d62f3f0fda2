import { errorText } from '../../error-text.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import { ROOT, type VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import { DirectoryFilters } from '../filters/directory-filters.ts';
import { Filters } from '../filters/filters.ts';
import { ENTRY } from '../list/entry.ts';
import { writeIdNames } from '../list/id-names.ts';
import type { ListShape } from '../list/shape.ts';
import { ListWriter } from '../list/write-list.ts';
import { mergeFileReader } from '../merge-file-reader.ts';
import type { Session } from '../session.ts';
import { argumentPath } from '../storage.ts';
import { createListDigest } from '../sums/checksums.ts';
import { fromVfsText } from '../wire/text.ts';
import { xattrNamesOf } from '../xattrs/names.ts';
import { namesContent, readArgument, type Argument } from './arguments.ts';
import { readFilesFrom } from './files-from.ts';
import { ListBuilder, type Root } from './list-builder.ts';
import { SourceList } from './source-list.ts';

/** Sends the list of all that the client's arguments name, and what follows it (send_file_list, flist.c). */
export async function sendList(
  session: Session,
  shape: ListShape,
  rules: readonly string[],
): Promise<SourceList> {
  const { dialect, options, output, program, report } = session;
  const source = new SourceList();
  const writer = new ListWriter(output, shape);
  const digest = await createListDigest(dialect.checksums);
  const builder = new ListBuilder(session, source, {
    writer,
    digest,
    xattrNames: xattrNamesOf(session, rules),
  });
  const roots = new Roots(session, source, rules);
  const sent = new Set<string>();
  for await (const argument of argumentsOf(session))
    await sendArgument(session, builder, roots, argument, sent);
  writer.end(options.ignoreErrors ? 0 : report.ioError);
  const named = !shape.numericIds;
  if (named && (shape.owner || shape.acls))
    writeIdNames(output, shape.protocol, source.uids, (id) => bytesOf(program.names.user(id)));
  if (named && (shape.group || shape.acls))
    writeIdNames(output, shape.protocol, source.gids, (id) => bytesOf(program.names.group(id)));
  if (shape.protocol < 30) output.int(options.ignoreErrors ? 0 : report.ioError);
  await output.flushed();
  return source;
}

function bytesOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : fromVfsText(name);
}

/** An argument with the text that it was read from. */
interface Asked {
  readonly text: string;
  readonly argument: Argument;
  /** Directories are not descended into, unless a slash follows. */
  readonly listed: boolean;
}

async function* argumentsOf(session: Session): AsyncGenerator<Asked> {
  const { paths, dialect } = session;
  const { relative, impliedDirectories, filesFrom } = session.options;
  // Newer receivers need to know of directories that they are not to change.
  const options = { relative, impliedDirectories: impliedDirectories || dialect.protocol >= 30 };
  if (filesFrom === undefined) {
    for (const text of paths.length > 1 ? paths.slice(1) : ['.'])
      yield { text, argument: readArgument(text, options), listed: false };
    return;
  }
  const base = paths[1] ?? '.';
  for await (const text of readFilesFrom(session)) {
    const name = text.replace(/^\/+/, '');
    const argument = readArgument(name === '' ? '.' : name, options);
    yield { text: name, argument: { ...argument, base: `${base}/${argument.base}` }, listed: true };
  }
}

/** The directories that arguments begin in, each with its filters. */
class Roots {
  readonly #session: Session;
  readonly #source: SourceList;
  readonly #rules: readonly string[];
  readonly #known = new Map<VfsPath, Root>();

  constructor(session: Session, source: SourceList, rules: readonly string[]) {
    this.#session = session;
    this.#source = source;
    this.#rules = rules;
  }

  at(path: VfsPath): Root {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const { dialect, options } = this.#session;
    const top = path === ROOT ? '/' : `${fromVfsText(path)}/`;
    const filters = Filters.of(this.#rules, {
      protocol: dialect.protocol,
      root: top,
      deleteExcluded: options.deleteExcluded,
    });
    const root = {
      number: this.#source.rootNumber(path),
      path,
      filters: new DirectoryFilters(filters, mergeFileReader(this.#session, path)),
    };
    this.#known.set(path, root);
    return root;
  }
}

/** `sent`: implied directories that are in the list already. */
// prettier-ignore
async function sendArgument(session: Session, builder: ListBuilder, roots: Roots, { text, argument, listed }: Asked, sent: Set<string>): Promise<void> {
  const { options, program, ctx, report } = session;
  let path: VfsPath;
  try {
    const found = await program.mount.resolve(argumentPath(program.cwd, argument.base), 'follow', ctx);
    path = found.path;
  } catch (error) {
    if (!isVfsError(error) || error.code === 'EINTR') throw error;
    return missing(session, text, errorText(error));
  }
  const root = roots.at(path);
  const { name } = argument;
  const asked = name === '.' ? argument.base : `${argument.base}/${name}`;
  let stats: Stats | undefined;
  try {
    stats = await builder.look(root, name);
  } catch (error) {
    if (!isVfsError(error) || error.code === 'EINTR') throw error;
    return missing(session, asked, `${errorText(error)} (${-error.errno})`);
  }
  if (stats === undefined) {
    if (options.deleteMissingArguments) return builder.addMissing(root, name);
    return missing(session, asked, 'No such file or directory (2)');
  }
  await sendImplied(builder, root, argument, sent);
  const isTop = name === '.';
  const filters = await root.filters.in('.');
  if (!isTop && filters.excludes(name, stats.type === 'directory', 'sender')) return;
  if (stats.type !== 'directory') {
    if (isTop) return missing(session, text, 'Not a directory (20)');
    return builder.add(root, name, stats, 0);
  }
  const content = namesContent(text);
  const recurse = options.recurse;
  if (!recurse && !options.directories && !(listed && content)) {
    return report.info(`skipping directory ${name}`);
  }
  await builder.add(root, name, stats, recurse || content ? ENTRY.top | ENTRY.content : 0);
  if (recurse || content) await builder.below(root, name, recurse);
}

/** With `-R`, directories on the way come before what is in them. */
async function sendImplied(
  builder: ListBuilder,
  root: Root,
  { implied }: Argument,
  sent: Set<string>,
): Promise<void> {
  for (const name of implied) {
    const key = `${root.number}/${name}`;
    if (sent.has(key)) continue;
    sent.add(key);
    const stats = await builder.look(root, name);
    if (stats !== undefined) await builder.add(root, name, stats, ENTRY.implied);
  }
}

function missing({ options, report, program }: Session, text: string, reason: string): void {
  if (options.ignoreMissingArguments) return;
  const path = argumentPath(program.cwd, text).replaceAll(/\/(?:\.?\/)+/g, '/');
  report.error(`rsync: [sender] link_stat "${fromVfsText(path)}" failed: ${reason}`);
}
