import { isVfsError } from '../../../../vfs/errors.ts';
import { nameOf, parentOf, unresolved, type VfsPath } from '../../../../vfs/path.ts';
import { errorText } from '../../error-text.ts';
import { EXIT, RsyncError } from '../exit.ts';
import type { FileList } from '../list/file-list.ts';
import type { Session } from '../session.ts';
import { argumentPath, below, isMissing } from '../storage.ts';
import { fromVfsText } from '../wire/text.ts';

/** Where the entries of a list go. */
export interface Destination {
  /** The directory that is the root of the transfer. */
  readonly root: VfsPath;
  /** The only entry goes by this name instead of its own. */
  readonly single: string | undefined;
  /** The root is empty: it has just been made, or would have been in a dry run. */
  readonly fresh: boolean;
}

interface Found {
  readonly path: VfsPath;
  readonly stats?: { readonly type: string } | undefined;
}

/** get_local_name, main.c. */
export async function chooseDestination(session: Session, list: FileList): Promise<Destination> {
  const { program, options } = session;
  const argument = session.paths[1] ?? session.paths[0] ?? '.';
  const path = argumentPath(program.cwd, argument);
  const found = await find(session, path);
  if (found?.stats?.type === 'directory') return { root: found.path, single: undefined, fresh: false };
  if (found?.stats !== undefined) return ontoFile(found.path, argument, list);
  if (list.count === 0) return { root: path, single: undefined, fresh: true };
  const isMany = list.count > 1 || argument.endsWith('/');
  if (found === undefined && options.makePath) return makePath(session, path, argument, isMany);
  if (found === undefined && options.dryRun) return { root: path, single: undefined, fresh: true };
  if (found === undefined)
    throw new RsyncError(
      isMany ? EXIT.fileIo : EXIT.fileSelection,
      `rsync: [receiver] mkdir "${argument}" failed: No such file or directory (2)`,
    );
  if (isMany) return makeRoot(session, found.path, argument);
  return { root: parentOf(found.path), single: fromVfsText(nameOf(found.path)), fresh: false };
}

/** Something that is no directory has the name: only one file can take its place. */
function ontoFile(path: VfsPath, argument: string, list: FileList): Destination {
  if (list.count > 1)
    throw new RsyncError(
      EXIT.fileSelection,
      'ERROR: destination must be a directory when copying more than 1 file',
    );
  if (list.count === 1 && list.isDirectory(0))
    throw new RsyncError(EXIT.fileSelection, 'ERROR: cannot overwrite a file with a directory');
  if (argument.endsWith('/')) throw new RsyncError(EXIT.syntax, `ERROR: "${argument}" is not a directory`);
  return { root: parentOf(path), single: fromVfsText(nameOf(path)), fresh: false };
}

async function makeRoot(session: Session, path: VfsPath, argument: string): Promise<Destination> {
  const { program, options, ctx, report } = session;
  if (!options.dryRun) {
    try {
      await program.mount.mkdir(path, 0o777 & ~program.umask, ctx);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      throw new RsyncError(EXIT.fileIo, `rsync: [receiver] mkdir "${argument}" failed: ${errorText(error)}`);
    }
  }
  if (options.verbose > 0 || options.itemize > 0)
    report.info(`created directory ${argument.replace(/(?<=.)\/+$/, '')}`);
  return { root: path, single: undefined, fresh: true };
}

/** Absent where a directory on the way is missing. */
async function find({ program, ctx }: Session, path: VfsPath): Promise<Found | undefined> {
  // A slash at the end would ask for a directory, also where none is yet.
  const named = path.replace(/(?<=.)\/+$/, '') as VfsPath;
  try {
    return await program.mount.resolve(named, 'follow', ctx);
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (!isVfsError(error)) throw error;
    throw new RsyncError(
      EXIT.fileSelection,
      `rsync: [receiver] change_dir "${fromVfsText(path)}" failed: ${errorText(error)}`,
    );
  }
}

/** `--mkpath`: all directories above the destination, and itself where it is to be one. */
async function makePath(
  session: Session,
  path: VfsPath,
  argument: string,
  isMany: boolean,
): Promise<Destination> {
  const { program, options, ctx, report } = session;
  const directory = isMany ? (path.replace(/(?<=.)\/+$/, '') as VfsPath) : parentOf(path);
  if (options.dryRun) return { root: path, single: undefined, fresh: true };
  let made = 0;
  let at = '/' as VfsPath;
  for (const name of directory.split('/').filter((one) => one !== '' && one !== '.')) {
    const next = await program.mount.resolve(unresolved(`${at === '/' ? '' : at}/${name}`), 'follow', ctx);
    if (next.stats === undefined) await program.mount.mkdir(next.path, 0o777 & ~program.umask, ctx);
    if (next.stats === undefined) made++;
    at = next.path;
  }
  if (options.verbose > 0 || options.itemize > 0)
    report.info(
      `created ${made} ${made === 1 ? 'directory' : 'directories'} for ${argument.replace(/(?<=.)\/+$/, '')}`,
    );
  return { root: at, single: isMany ? undefined : fromVfsText(nameOf(path)), fresh: false };
}

/** Where an entry of the list goes. */
export function targetOf({ root, single }: Destination, name: string): VfsPath {
  return below(root, single ?? name);
}
