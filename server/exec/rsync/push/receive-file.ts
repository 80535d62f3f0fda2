import { isVfsError } from '../../../../vfs/errors.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import type { Stats, StatsChange } from '../../../../vfs/stats.ts';
import { protocolError } from '../exit.ts';
import { BASIS, type Item } from '../item.ts';
import type { Entry } from '../list/entry.ts';
import { Pace } from '../../pace.ts';
import { visibleStatsOf } from '../storage.ts';
import { digestLength } from '../sums/checksums.ts';
import type { Digest } from '../sums/digest.ts';
import { coveredLength, lengthOfBlock, readSumHead, type SumHead } from '../sums/sum-head.ts';
import type { TokenReader } from '../tokens/index.ts';
import { BasisFile } from './basis-file.ts';
import { IncomingFile } from './incoming-file.ts';
import { linkWaiting } from './link-names.ts';
import type { Push } from './push.ts';

/** Bytes read at once to hash what is there already. */
const PIECE = 256 * 1024;

/** One file that is arriving. */
interface Arrival {
  readonly number: number;
  readonly entry: Entry;
  readonly path: VfsPath;
  readonly item: Item;
  readonly head: SumHead;
  /** For the second time. */
  readonly again: boolean;
  readonly existing: Stats | undefined;
}

/** Reads the content of files, and puts it in place when it is whole (receive_data and recv_files, receiver.c). */
export class FileReceiver {
  readonly #push: Push;
  readonly #tokens: TokenReader;
  readonly #digest: Digest;
  readonly #pace = new Pace();

  constructor(push: Push, tokens: TokenReader, digest: Digest) {
    this.#push = push;
    this.#tokens = tokens;
    this.#digest = digest;
  }

  async receive(number: number, item: Item, again: boolean): Promise<void> {
    const { session, list, target, backups, xattrs } = this.#push;
    const { dialect, input, options, program, ctx } = session;
    const head = await readSumHead(input, dialect.protocol, digestLength(dialect.checksums));
    const entry = list.get(number);
    const path = target(entry.name);
    const needsOld = !options.permissions || options.inplace || backups.on || xattrs.on;
    const existing = needsOld ? await visibleStatsOf(program.mount, path, ctx) : undefined;
    await this.#arrive({ number, entry, path, item, head, again, existing });
    if (this.#pace.due) await this.#pace.rest();
  }

  async #arrive(arrival: Arrival): Promise<void> {
    const { budget, finishing, session } = this.#push;
    const { options } = session;
    const { entry, existing } = arrival;
    let left = options.inplace ? Math.max(0, entry.size - (existing?.used ?? 0)) : entry.size;
    const onStored = (bytes: number): void => {
      const counted = Math.min(left, bytes);
      left -= counted;
      budget.stored(counted);
    };
    const over = (): void => {
      budget.over(left);
      finishing.over();
    };
    const content = new Content(this.#push, arrival, this.#digest, onStored, this.#pace);
    let isWhole = false;
    try {
      await content.begin();
      await this.#tokens.read(content);
      isWhole = await this.#verify();
    } catch (error) {
      over();
      await content.interrupt();
      throw error;
    } finally {
      await content.closeBasis();
    }
    if (content.failed) return over();
    if (!isWhole) {
      over();
      return this.#mismatch(arrival, content);
    }
    const put = (): Promise<void> => content.put().finally(over);
    // A backup takes a name that another file of the list may have, so then their order counts.
    if (content.isSmall && !this.#push.backups.on) await finishing.start(content.length, put);
    else await put();
  }

  async #verify(): Promise<boolean> {
    const { dialect, input } = this.#push.session;
    const theirs = await input.parse((bytes) => bytes.bytes(digestLength(dialect.checksums)));
    return Buffer.compare(theirs, this.#digest.finish()) === 0;
  }

  async #mismatch({ number, entry, again }: Arrival, content: Content): Promise<void> {
    const { session, redo } = this.#push;
    const kept = session.options.inplace ? 'retained' : 'discarded';
    await content.discard();
    if (again) return session.report.error(`ERROR: ${entry.name} failed verification -- update ${kept}.`);
    session.report.warning(`WARNING: ${entry.name} failed verification -- update ${kept} (will try again).`);
    redo.push(number);
  }
}

/** The content of one file: what arrives and what is copied, hashed in its order. A failure to store it is told once, and the rest read over. */
class Content {
  readonly #push: Push;
  readonly #arrival: Arrival;
  readonly #digest: Digest;
  readonly #onStored: (bytes: number) => void;
  readonly #pace: Pace;
  #file: IncomingFile | undefined;
  #basis: BasisFile | undefined;
  failed = false;

  constructor(push: Push, arrival: Arrival, digest: Digest, onStored: (bytes: number) => void, pace: Pace) {
    this.#push = push;
    this.#arrival = arrival;
    this.#digest = digest;
    this.#onStored = onStored;
    this.#pace = pace;
  }

  get isSmall(): boolean {
    return this.#file?.isInMemory === true;
  }

  get length(): number {
    return this.#file?.length ?? 0;
  }

  async begin(): Promise<void> {
    const { head, entry, path, again } = this.#arrival;
    const { options } = this.#push.session;
    this.#digest.start();
    await this.#guarded('open', path, async () => {
      if (head.count > 0) this.#basis = await this.#openBasis();
      this.#file = await this.#openTarget();
      if (options.append > 0 && !again) await this.#beginBehind(coveredLength(head), entry);
    });
  }

  literal(bytes: Uint8Array): Promise<void> | undefined {
    if (this.failed) return undefined;
    this.#digest.update(bytes);
    const waits = this.#file?.append(bytes);
    return waits === undefined ? undefined : this.#guarded('write', this.#arrival.path, () => waits);
  }

  async block(index: number): Promise<Uint8Array> {
    const { head, path } = this.#arrival;
    if (index >= head.count) throw protocolError(`a block is out of range: ${index} of ${head.count}`);
    const length = lengthOfBlock(head, index);
    if (this.failed || this.#basis === undefined) return new Uint8Array(length);
    const basis = this.#basis;
    const at = index * head.blockLength;
    let bytes: Uint8Array = new Uint8Array(0);
    await this.#guarded('read', path, async () => {
      bytes = await basis.read(at, length);
      this.#digest.update(bytes);
      if (this.#isThere(at)) await this.#file?.skip(bytes.length);
      else await this.#file?.append(bytes);
    });
    // A few bytes of tokens can stand for all of a large file.
    if (this.#pace.due) await this.#pace.rest();
    return bytes.length === length ? bytes : Buffer.concat([bytes], length);
  }

  async closeBasis(): Promise<void> {
    const basis = this.#basis;
    this.#basis = undefined;
    await basis?.close();
  }

  /** Whole and right: puts it in place, with all that follows from it. */
  async put(): Promise<void> {
    const { number, entry, path } = this.#arrival;
    const { session, items, partials, links, touched } = this.#push;
    const isPut = await this.#succeeds('rename', path, () => this.#putInPlace());
    if (!isPut) return this.discard();
    touched.changedIn(path);
    if (session.options.partialDirectory !== undefined && !session.options.delayUpdates)
      await partials.remove(entry.name, this.#arrival.item.basis === BASIS.partial);
    items.success(number);
    if (links.of(number) !== undefined) await linkWaiting(this.#push, number, entry.name, path);
  }

  /** Nothing of it is kept, unless it was written in place. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.abandon(undefined).catch(ignoreVfsErrors);
  }

  /** The session ends in the middle: with `--partial`, what has arrived is kept. */
  async interrupt(): Promise<void> {
    const { session, partials } = this.#push;
    const { entry, path } = this.#arrival;
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    const isKept = session.options.partial && file.length > 0 && !session.options.inplace && !this.failed;
    const keepAs = isKept ? (partials.pathOf(entry.name) ?? path) : undefined;
    try {
      if (keepAs !== undefined && keepAs !== path) await partials.prepare(keepAs);
      await file.abandon(keepAs, keepAs === path ? { mtime: { seconds: 0, nanoseconds: 0 } } : {});
    } catch (error) {
      ignoreVfsErrors(error);
    }
  }

  async #openBasis(): Promise<BasisFile | undefined> {
    const { session, basis, partials, backups } = this.#push;
    const { entry, head, item, path } = this.#arrival;
    const from =
      item.basis === BASIS.file
        ? path
        : item.basis === BASIS.partial
          ? partials.pathOf(entry.name)
          : item.basis === BASIS.backup
            ? backups.pathOf(entry.name)
            : basis.pathOf(item.basis, entry.name);
    if (from === undefined) throw protocolError(`the kind of a basis is not valid: ${item.basis}`);
    return BasisFile.open(session.program.mount, from, coveredLength(head), session.ctx);
  }

  #openTarget(): Promise<IncomingFile> | IncomingFile {
    const { session, attributes } = this.#push;
    const { entry, existing, path } = this.#arrival;
    const { program, ctx, options } = session;
    const mode = attributes.mode(entry, existing);
    const common = { mount: program.mount, ctx, path, mode, onStored: this.#onStored };
    return options.inplace ? IncomingFile.inPlace(common, 0) : IncomingFile.beside(common);
  }

  /** `--append`: the file is there up to `length`; `--append-verify` has it in the checksum. */
  async #beginBehind(length: number, { size }: Entry): Promise<void> {
    const { session } = this.#push;
    if (length > size) throw protocolError('more is to be kept than the file has');
    await this.#file?.skip(length);
    const isHashed = session.options.append > 1 || session.dialect.protocol < 30;
    if (!isHashed || this.#basis === undefined) return;
    const pace = new Pace();
    for (let at = 0; at < length; at += PIECE) {
      this.#digest.update(await this.#basis.read(at, Math.min(PIECE, length - at)));
      if (pace.due) await pace.rest();
    }
  }

  /** In place, a block may be where it belongs already. */
  #isThere(at: number): boolean {
    const { item } = this.#arrival;
    return this.#push.session.options.inplace && item.basis === BASIS.file && this.#file?.length === at;
  }

  async #putInPlace(): Promise<void> {
    const { entry, existing, path } = this.#arrival;
    const { attributes, backups, delayed, partials, session, xattrs } = this.#push;
    const { mount } = session.program;
    const file = this.#file as IncomingFile;
    const change = this.#change(attributes.ofNew(entry));
    const giveXattrs = (draft: VfsPath): Promise<void> => this.#giveXattrs(draft);
    const backsUp = backups.on && !session.options.inplace && existing !== undefined;
    if (session.options.delayUpdates) {
      const draft = (await file.complete(change)) as VfsPath;
      await giveXattrs(draft);
      const waiting = partials.pathOf(entry.name) as VfsPath;
      await partials.prepare(waiting);
      await mount.rename(draft, waiting, { replace: true }, session.ctx);
      delayed.add(async () => {
        await this.#succeeds('rename', path, async () => {
          if (backsUp) await backups.keep(path, entry.name, existing);
          await mount.rename(waiting, path, { replace: true }, session.ctx);
        });
        await partials.remove(entry.name, false);
      });
      return;
    }
    if (backsUp) {
      const draft = (await file.complete(change)) as VfsPath;
      await giveXattrs(draft);
      await backups.keep(path, entry.name, existing);
      await mount.rename(draft, path, { replace: true }, session.ctx);
    } else await file.finish(change, xattrs.on ? giveXattrs : undefined);
    this.#file = undefined;
  }

  /** Long values that were not asked for are those of what was compared with. */
  async #giveXattrs(draft: VfsPath): Promise<void> {
    const { basis, xattrs } = this.#push;
    const { number, entry, item, path, existing } = this.#arrival;
    const isOther = existing === undefined && item.basis < BASIS.file;
    await xattrs.applyToArrived(number, draft, isOther ? basis.pathOf(item.basis, entry.name) : path);
  }

  /** A file that was there keeps its mode until told otherwise. */
  #change(ofNew: StatsChange): StatsChange {
    const { entry, existing } = this.#arrival;
    const { session, attributes } = this.#push;
    if (!session.options.inplace || existing === undefined) return ofNew;
    const mode = attributes.mode(entry, existing);
    return mode === existing.mode ? ofNew : { ...ofNew, mode };
  }

  async #guarded(action: string, path: VfsPath, work: () => Promise<void> | void): Promise<void> {
    if (await this.#succeeds(action, path, work)) return;
    this.failed = true;
    await this.discard();
  }

  /** What the storage refuses is told, and is no end of the session. */
  async #succeeds(action: string, path: VfsPath, work: () => Promise<void> | void): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      // What is small opens its place only when it is whole.
      const isOpening = this.#file?.isInMemory === true;
      this.#push.session.report.failed(isOpening ? 'mkstemp' : action, path, error);
      return false;
    }
  }
}

function ignoreVfsErrors(error: unknown): void {
  if (!isVfsError(error)) throw error;
}
