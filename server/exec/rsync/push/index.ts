import { readRules } from '../filters/read-filters.ts';
import { Filters } from '../filters/filters.ts';
import { DirectoryFilters } from '../filters/directory-filters.ts';
import { orderList } from '../list/order.ts';
import { readList } from '../list/read-list.ts';
import { listShape } from '../list/shape.ts';
import type { DeleteTiming } from '../options/options.ts';
import { mergeFileReader } from '../merge-file-reader.ts';
import type { Session } from '../session.ts';
import { createFileDigest, createListDigest } from '../sums/checksums.ts';
import { tokenReader } from '../tokens/index.ts';
import { DELETE_STATS } from '../wire/index-coding.ts';
import { TAG } from '../wire/tags.ts';
import { fromVfsText } from '../wire/text.ts';
import { xattrNamesOf } from '../xattrs/names.ts';
import { ReceivedXattrs } from '../xattrs/received-xattrs.ts';
import { Attributes } from './attributes.ts';
import { Backups } from './backups.ts';
import { BasisDirectories } from './basis-directories.ts';
import { Budget } from './budget.ts';
import { DeadEntries, findDuplicates, pruneEmptyDirectories } from './dead-entries.ts';
import { DelayedUpdates } from './delayed-updates.ts';
import { Deletion } from './deletion.ts';
import { chooseDestination, targetOf } from './destination.ts';
import { EntryXattrs } from './entry-xattrs.ts';
import { Existing } from './existing.ts';
import { FileRequests } from './file-requests.ts';
import { Finishing } from './finishing.ts';
import { Generator } from './generator.ts';
import { HardLinks } from './hard-links.ts';
import { Items } from './items.ts';
import { mapOwners } from './owner-map.ts';
import { PartialFiles } from './partial-files.ts';
import { Phases } from './phases.ts';
import type { Push } from './push.ts';
import { FileReceiver } from './receive-file.ts';
import { Receiver } from './receiver.ts';
import { SumSender } from './sum-sender.ts';
import { TouchedDirectories } from './touched-directories.ts';

/** Serves a client that sends (do_server_recv and do_recv, main.c). */
export async function servePush(session: Session): Promise<void> {
  const { dialect, input } = session;
  const { push, dead } = await prepare(session);
  const phases = new Phases(dialect.protocol);
  const tokens = tokenReader(input, dialect.compression, dialect.protocol);
  try {
    const digest = await createFileDigest(dialect.checksums);
    const requests = new FileRequests(
      push,
      await SumSender.create(session),
      await createListDigest(dialect.checksums),
    );
    const generator = new Generator(push, requests, duringTransfer(timing(session)), (position) =>
      dead.has(push.order.tree[position] ?? 0),
    );
    const receiver = new Receiver(push, new FileReceiver(push, tokens, digest), phases, (number) =>
      dead.has(number),
    );
    session.onMessage = (tag, payload) => onMessage(push, tag, payload);
    await together(push, phases, receiver.all(), generate(push, phases, generator, requests));
  } finally {
    await push.finishing.settled();
    tokens.close();
  }
}

interface Prepared {
  readonly push: Push;
  readonly dead: DeadEntries;
}

/** Reads what the client sends before the first request. */
async function prepare(session: Session): Promise<Prepared> {
  const { dialect, input, options, report } = session;
  const { protocol } = dialect;
  const rules = await readRules(input, options, protocol);
  const names = xattrNamesOf(session, rules);
  const xattrSetting = names && { names, received: new ReceivedXattrs(names) };
  const received = await readList(input, listShape(options, dialect), xattrSetting?.received);
  const { list } = received;
  report.ioError |= received.ioError;
  await mapOwners(received, session);
  const order = await orderList(list, protocol);
  const dead = new DeadEntries(list.count);
  await findDuplicates(list, order.tree, dead);
  const destination = await chooseDestination(session, list);
  const root = destination.root === '/' ? '/' : `${fromVfsText(destination.root)}/`;
  const filters = Filters.of(rules, { protocol, root, deleteExcluded: options.deleteExcluded });
  const inDirectories = new DirectoryFilters(filters, mergeFileReader(session, destination.root));
  if (options.pruneEmptyDirectories)
    await pruneEmptyDirectories(list, order.tree, dead, async (name) =>
      filters.excludes(name, true, 'receiver'),
    );
  const attributes = new Attributes(session);
  const target = (name: string): ReturnType<typeof targetOf> => targetOf(destination, name);
  const touched = new TouchedDirectories(session, list, attributes, target);
  const backups = new Backups(session, destination.root);
  const xattrs = new EntryXattrs(session, list, xattrSetting);
  const push: Push = {
    session,
    list,
    order,
    destination,
    attributes,
    existing: new Existing(session),
    budget: new Budget(session),
    items: new Items(session, order, xattrs),
    xattrs,
    links: new HardLinks(list, options.hardLinks ? order.tree : [], (number) => dead.has(number)),
    deletion: new Deletion({
      session,
      list,
      tree: order.tree,
      filters: inDirectories,
      backups,
      target,
      changedIn: (path) => touched.changedIn(path),
    }),
    backups,
    basis: await BasisDirectories.open(session, destination.root),
    partials: new PartialFiles(session, destination.root),
    delayed: new DelayedUpdates(),
    finishing: new Finishing(),
    touched,
    redo: [],
    target,
  };
  return { push, dead };
}

/** Deletion goes by directories, so there is none where one file goes under a name of its own. */
function timing({ options, dialect }: Session): Exclude<DeleteTiming, 'default'> | undefined {
  if (options.deleteTiming !== 'default') return options.deleteTiming;
  return dialect.protocol >= 30 ? 'during' : 'before';
}

function duringTransfer(chosen: DeleteTiming | undefined): 'now' | 'later' | undefined {
  return chosen === 'during' ? 'now' : chosen === 'delay' ? 'later' : undefined;
}

/** The generating half: all entries, the second tries, what is left to the end (generate_files, generator.c). */
async function generate(
  push: Push,
  phases: Phases,
  generator: Generator,
  requests: FileRequests,
): Promise<void> {
  const { session, items, deletion, finishing, destination } = push;
  const { protocol } = session.dialect;
  const { output } = session;
  const when = destination.single === undefined ? timing(session) : undefined;
  if (when === 'before' && !destination.fresh) await deletion.inAll();
  await generator.all();
  items.done();
  await output.flushed();
  await phases.reached(1);
  await finishing.idle();
  for (const number of push.redo.splice(0)) await requests.again(number);
  items.done();
  await output.flushed();
  if (protocol >= 29) {
    await phases.reached(2);
    await finishing.idle();
    await push.delayed.put();
    items.done();
  }
  if (when === 'after' && !destination.fresh) await deletion.inAll();
  await deletion.doDelayed();
  deletion.tellSkipped();
  if (protocol >= 31) {
    if (when !== undefined) writeDeleteStats(push);
    items.done();
  }
  await output.flushed();
  await phases.reached(phases.total);
  await finishing.idle();
  if (protocol < 29) await push.delayed.put();
  await push.touched.settle(push.order.tree);
  items.done();
  await output.flushed();
}

/** NDX_DEL_STATS: files, directories, symlinks, devices, special files. */
function writeDeleteStats({ items, deletion, session }: Push): void {
  items.special(DELETE_STATS);
  const { file, directory, symlink } = deletion.counts;
  for (const count of [file, directory, symlink, 0, 0]) session.output.varint(count);
}

/** Both halves; where one fails, the other is told and waited for. */
async function together(
  push: Push,
  phases: Phases,
  receiving: Promise<void>,
  generating: Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const watched = [receiving, generating].map((half) =>
    half.catch((error: unknown) => {
      failures.push(error);
      phases.fail(error);
      push.finishing.fail(error);
      push.session.fail(error);
    }),
  );
  await Promise.all(watched);
  if (failures.length > 0) throw failures[0];
}

function onMessage({ session, order, list, budget, finishing }: Push, tag: number, payload: Buffer): void {
  if (tag === TAG.ioError && payload.length === 4) session.report.ioError |= payload.readInt32LE();
  if (tag !== TAG.noSend || payload.length !== 4) return;
  const number = order.wire[payload.readInt32LE()];
  if (number === undefined) return;
  budget.over(list.size(number));
  finishing.over();
}
