import { Minimatch } from 'minimatch';
import type { CallContext, VfsBackend } from '../backend.ts';
import { VfsError } from '../errors.ts';
import { childOf, entriesOf } from '../extensions/entries.ts';
import { typeOf } from '../extensions/draft.ts';
import { nameOf, parentOf, ROOT, type VfsPath } from '../path.ts';
import type { FileType } from '../stats.ts';
import { directoryItem, type DirectoryItem } from './file-stats.ts';
import type { PathLike } from './paths.ts';

/** As `fs.glob` of Node. */
export interface GlobOptions {
  /** Where patterns without a leading `/` begin, and what is found is relative to. Default: the root. */
  readonly cwd?: PathLike | undefined;
  /** What to leave out, a directory with all that is in it: globs, or a function that is asked of each. */
  readonly exclude?:
    readonly string[] | ((found: string) => boolean) | ((found: DirectoryItem) => boolean) | undefined;
  /** Answers entries in place of paths. Default: false. */
  readonly withFileTypes?: boolean | undefined;
}

export interface Found {
  /** Relative to the directory that the search began in, where it is below. */
  readonly path: string;
  readonly item: DirectoryItem;
}

/** As Node has it: `*` passes over names that begin with a dot; `!` and `#` mean themselves; case counts. */
const OPTIONS = { nonegate: true, nocomment: true, platform: 'linux', optimizationLevel: 2 } as const;

/** A pattern, and the deepest path that all it can match lies at or below. */
interface Pattern {
  readonly matcher: Minimatch;
  readonly base: VfsPath;
  readonly onlyDirectories: boolean;
}

/**
 * What the patterns match, each once, in the order of the names of each directory. Symlinks are matched and not
 * entered, but where a pattern names them before
 * its first wildcard. Memory: a page of entries for each level; for several patterns also what was found.
 */
export async function* globbed(
  backend: VfsBackend,
  patterns: readonly string[],
  cwd: VfsPath,
  options: GlobOptions,
  ctx: CallContext,
): AsyncGenerator<Found> {
  const isExcluded = excluding(options, cwd);
  const seen = patterns.length > 1 ? new Set<string>() : undefined;
  for (const text of patterns) {
    const pattern = compile(text, cwd);
    const type = await typeOfBase(backend, pattern, ctx);
    if (type === undefined) continue;
    for await (const { path, type: found } of matchesIn(
      backend,
      pattern,
      pattern.base,
      type,
      isExcluded,
      ctx,
    )) {
      if (seen?.has(path) === true) continue;
      seen?.add(path);
      yield foundAt(path, found, cwd);
    }
  }
}

/** A symlink that a pattern goes through by its own name is followed. */
async function typeOfBase(
  backend: VfsBackend,
  { matcher, base }: Pattern,
  ctx: CallContext,
): Promise<FileType | undefined> {
  const type = await typeOf(backend, base, ctx);
  return type === 'symlink' && !matcher.match(base) ? typeOf(backend, base, { ...ctx, follow: true }) : type;
}

interface Match {
  readonly path: VfsPath;
  readonly type: FileType;
}

type IsExcluded = (path: VfsPath, type: FileType) => boolean;

async function* matchesIn(
  backend: VfsBackend,
  pattern: Pattern,
  path: VfsPath,
  type: FileType,
  isExcluded: IsExcluded,
  ctx: CallContext,
): AsyncGenerator<Match> {
  const { matcher, base, onlyDirectories } = pattern;
  if (isExcluded(path, type)) return;
  const isDirectory = type === 'directory';
  if (matcher.match(path) && (isDirectory || !onlyDirectories)) yield { path, type };
  if (!isDirectory || (path !== base && !matcher.match(path, true))) return;
  for await (const { name, stats } of entriesOf(backend, path, ctx)) {
    yield* matchesIn(backend, pattern, childOf(path, name), stats.type, isExcluded, ctx);
  }
}

function compile(text: string, cwd: VfsPath): Pattern {
  if (typeof text !== 'string' || text === '') {
    throw new VfsError('EINVAL', { detail: 'a pattern must be a string that is not empty' });
  }
  const directory = cwd === ROOT ? '' : cwd.replaceAll(/[?*()[\]{}!+@\\]/g, '\\$&');
  const whole = text.startsWith('/') ? text : `${directory}/${text}`;
  const onlyDirectories = whole.endsWith('/');
  const matcher = new Minimatch(onlyDirectories ? whole.replace(/\/+$/, '') : whole, OPTIONS);
  return { matcher, base: baseOf(matcher), onlyDirectories };
}

/** The names that all alternatives of a pattern begin with. */
function baseOf({ set }: Minimatch): VfsPath {
  const [first = [], ...others] = set;
  const names: string[] = [];
  for (const [index, part] of first.entries()) {
    if (typeof part !== 'string' || !others.every((row) => row[index] === part)) break;
    names.push(part);
  }
  return (names.join('/') || ROOT) as VfsPath;
}

function excluding({ exclude, withFileTypes = false }: GlobOptions, cwd: VfsPath): IsExcluded {
  if (exclude === undefined) return () => false;
  if (typeof exclude === 'function') {
    const ask = exclude as (found: string | DirectoryItem) => boolean;
    return (path, type) => {
      const { path: relative, item } = foundAt(path, type, cwd);
      return ask(withFileTypes ? item : relative);
    };
  }
  const patterns = exclude.map((text) => compile(text, cwd));
  return (path) => patterns.some(({ matcher }) => matcher.match(path));
}

function foundAt(path: VfsPath, type: FileType, cwd: VfsPath): Found {
  const item = directoryItem(nameOf(path), parentOf(path), type);
  const start = cwd === ROOT ? ROOT : `${cwd}/`;
  if (path === cwd) return { path: '.', item };
  return { path: path.startsWith(start) ? path.slice(start.length) : path, item };
}
