import type { CallContext, ReaddirPage } from '../../backend.ts';
import { checkPage } from '../../backends/shared/index.ts';
import { compareNames } from '../../names.ts';
import { join, nameOf, ROOT, type VfsPath } from '../../path.ts';
import type { DirectoryEntry } from '../../stats.ts';
import { directoryAt, isPrivateName, ofLower, ofUpper, type Directory, type Found } from './find.ts';
import { PRIVATE, toUpper } from './places.ts';
import { statsOf } from './stats.ts';
import { unlessMissing, type Store } from './store.ts';

/** Entries that are asked for at a time where all of them are wanted. */
const PAGE = 256;

export interface Listed {
  readonly name: string;
  readonly found: Found;
}

/** A page of names of both stores, merged. Memory: a page of each; whiteouts are passed over page by page. */
export async function readdir(
  store: Store,
  path: VfsPath,
  page: ReaddirPage,
  ctx: CallContext,
): Promise<DirectoryEntry[]> {
  const { after, limit } = checkPage(page);
  const directory = await directoryAt(store, path, ctx);
  const entries: DirectoryEntry[] = [];
  for await (const { name, found } of merged(store, directory, after, limit, ctx)) {
    entries.push({ name, stats: await statsOf(store, found, ctx) });
    if (entries.length === limit) break;
  }
  return entries;
}

export async function isEmpty(store: Store, path: VfsPath, ctx: CallContext): Promise<boolean> {
  const directory = await directoryAt(store, path, ctx);
  for await (const _ of merged(store, directory, undefined, 1, ctx)) return false;
  return true;
}

/** All that is seen in a directory. */
export function list(store: Store, directory: Directory): AsyncGenerator<Listed> {
  return merged(store, directory, undefined, PAGE, {});
}

/** What is seen in a directory from a name on, in the order of the names; `limit` is how many are asked for at a time. */
async function* merged(
  store: Store,
  directory: Directory,
  after: string | undefined,
  limit: number,
  ctx: CallContext,
): AsyncGenerator<Listed> {
  const uppers = entriesInUpper(store, directory, after, limit)[Symbol.asyncIterator]();
  const lowers = entriesInLower(store, directory, after, limit, ctx)[Symbol.asyncIterator]();
  let [upper, lower] = [await uppers.next(), await lowers.next()];
  while (upper.done !== true || lower.done !== true) {
    const order = orderOf(upper.value ?? undefined, lower.value ?? undefined);
    const entry = (order <= 0 ? upper.value : lower.value) as DirectoryEntry;
    const found = order <= 0 ? inUpper(store, directory, entry) : await inLower(store, directory, entry);
    if (found !== undefined) yield { name: entry.name, found };
    if (order <= 0) upper = await uppers.next();
    if (order >= 0) lower = await lowers.next();
  }
}

/** Below 0 where the upper entry comes first, 0 where it covers the lower one. */
function orderOf(upper: DirectoryEntry | undefined, lower: DirectoryEntry | undefined): number {
  if (upper === undefined) return 1;
  return lower === undefined ? -1 : compareNames(upper.name, lower.name);
}

function inUpper(store: Store, { path }: Directory, { name, stats }: DirectoryEntry): Found | undefined {
  return ofUpper(store, toUpper(join(path, name)), stats);
}

function inLower(store: Store, { lower }: Directory, { name, stats }: DirectoryEntry): Promise<Found> {
  return ofLower(store, join(lower as VfsPath, name), stats);
}

/** The names of the upper store, whiteouts included. */
async function* entriesInUpper(
  store: Store,
  { path, inUpper: isThere }: Directory,
  after: string | undefined,
  limit: number,
): AsyncGenerator<DirectoryEntry> {
  if (!isThere) return;
  const pages = paged(store.upper, toUpper(path), after, limit, {});
  if (path === ROOT) yield* withOwnName(store, pages, after);
  else yield* pages;
}

/** In the root, what the user calls by the name of the private directory stands in its place. */
async function* withOwnName(
  store: Store,
  entries: AsyncIterable<DirectoryEntry>,
  after: string | undefined,
): AsyncGenerator<DirectoryEntry> {
  for await (const entry of entries) {
    if (!isPrivateName(ROOT, entry.name)) {
      yield entry;
      continue;
    }
    const stats = await unlessMissing(store.upper.lstat(toUpper(PRIVATE), {}));
    if (stats !== undefined && after !== nameOf(PRIVATE)) yield { name: entry.name, stats };
  }
}

async function* entriesInLower(
  store: Store,
  { lower }: Directory,
  after: string | undefined,
  limit: number,
  ctx: CallContext,
): AsyncGenerator<DirectoryEntry> {
  if (lower !== undefined) yield* paged(store.lower, lower, after, limit, ctx);
}

/** Page by page, each of `limit` entries. */
async function* paged(
  store: Store['upper'],
  path: VfsPath,
  after: string | undefined,
  limit: number,
  ctx: CallContext,
): AsyncGenerator<DirectoryEntry> {
  for (let last = after; ;) {
    const page = await store.readdir(path, { after: last, limit }, ctx);
    yield* page;
    if (page.length < limit) return;
    last = page.at(-1)?.name;
  }
}
