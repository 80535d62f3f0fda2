import type { Handle } from '../../../../vfs/backend.ts';
import { VfsError } from '../../../../vfs/errors.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import { BASIS, ITEM } from '../item.ts';
import type { Entry } from '../list/entry.ts';
import { visibleStatsOf } from '../storage.ts';
import type { Digest } from '../sums/digest.ts';
import { hasChecksum } from '../sums/file-checksum.ts';
import { NO_SUMS, writeSumHead } from '../sums/sum-head.ts';
import { fromVfsText } from '../wire/text.ts';
import type { BasisMatch } from './basis-directories.ts';
import { copyToDraft } from './copy-to-draft.ts';
import type { Task } from './generator.ts';
import { linkWaiting, waitsForLink } from './link-names.ts';
import type { Push } from './push.ts';
import { putDraft } from './put-draft.ts';
import type { SumSender } from './sum-sender.ts';

/** What a request offers to compare with: a number of `BASIS` or of a basis directory. */
interface Offer {
  readonly kind: number;
  readonly path: VfsPath;
  readonly stats: Stats;
}

/** Regular files of the list: asked for where they are not up to date (recv_generator, generator.c). */
export class FileRequests {
  readonly #push: Push;
  readonly #sums: SumSender;
  readonly #listDigest: Digest;

  constructor(push: Push, sums: SumSender, listDigest: Digest) {
    this.#push = push;
    this.#sums = sums;
    this.#listDigest = listDigest;
  }

  async handle(task: Task): Promise<void> {
    const { entry, path, existing } = task;
    if (this.#isOutOfBounds(entry) || this.#isNewer(task)) return;
    if (existing === undefined || existing.type === 'file') return this.#file(task);
    const isGone = await this.#push.deletion.makeRoom(path, entry.name, existing, 'new file');
    if (isGone) await this.#file({ ...task, existing: undefined });
  }

  /** What did not match its checksum is asked for once more, without the checks that may pass over it. */
  async again(number: number): Promise<void> {
    const { list, target, session } = this.#push;
    const entry = list.get(number);
    const path = target(entry.name);
    const found = await visibleStatsOf(session.program.mount, path, session.ctx);
    const existing = found?.type === 'file' ? found : undefined;
    const offer = existing === undefined ? undefined : { kind: BASIS.file, path, stats: existing };
    await this.#request({ number, entry, path, existing }, offer, true);
  }

  #isOutOfBounds({ size, name }: Entry): boolean {
    const { options, report } = this.#push.session;
    const bound =
      options.maxSize !== undefined && size > options.maxSize
        ? 'over max-size'
        : options.minSize !== undefined && size < options.minSize
          ? 'under min-size'
          : undefined;
    if (bound !== undefined && options.verbose > 1) report.info(`${name} is ${bound}`);
    return bound !== undefined;
  }

  #isNewer({ entry, existing }: Task): boolean {
    const { options, report } = this.#push.session;
    if (!options.update || existing?.type !== 'file') return false;
    if (existing.mtime.seconds - entry.seconds <= Math.max(0, options.modifyWindow)) return false;
    if (options.verbose > 1) report.info(`${entry.name} is newer`);
    return true;
  }

  async #file(task: Task): Promise<void> {
    const { session, basis, partials } = this.#push;
    const { entry, path, existing, hidden } = task;
    const match = existing === undefined && basis.some ? await this.#findInBasis(task) : undefined;
    if (match === 'done') return;
    if (match === undefined && (await waitsForLink(this.#push, task))) return;
    if (existing !== undefined && (await this.#isSame(entry, path, existing)))
      return this.#upToDate(task, existing);
    if (existing !== undefined && session.options.append > 0 && existing.size >= entry.size) return;
    const part = await partials.find(entry.name);
    if (part !== undefined) return this.#request(task, { kind: BASIS.partial, ...part }, false);
    if (existing !== undefined)
      return this.#request(task, { kind: BASIS.file, path, stats: existing }, false);
    if (match === undefined && hidden !== undefined) {
      const text = `recv_generator: failed to stat "${fromVfsText(path)}"`;
      return session.report.failedAsGenerator(text, hidden);
    }
    return this.#request(task, match === undefined ? undefined : { kind: match.number, ...match }, false);
  }

  /** quick_check_ok. */
  async #isSame(entry: Entry, path: VfsPath, stats: Stats): Promise<boolean> {
    const { session, attributes } = this.#push;
    const { options, program, ctx } = session;
    if (stats.size !== entry.size) return false;
    if (options.checksum && entry.checksum !== undefined)
      return hasChecksum(program.mount, path, entry.checksum, this.#listDigest, ctx);
    if (options.sizeOnly) return true;
    return !options.ignoreTimes && attributes.sameTime(entry, stats);
  }

  async #upToDate({ number, entry, path }: Task, existing: Stats): Promise<void> {
    const { session, attributes, items, partials, xattrs } = this.#push;
    const { program, ctx, options, report } = session;
    const xattrFlag = await xattrs.differences(number, path);
    items.report(number, attributes.differences(entry, existing, 0) | xattrFlag);
    const change = attributes.change(entry, existing);
    try {
      if (change !== undefined && !options.dryRun) await program.mount.setstat(path, change, ctx);
      if (xattrFlag !== 0) await xattrs.apply(number, path);
    } catch (error) {
      report.failed('failed to set attributes on', path, error);
    }
    if (options.verbose > 1 && options.itemize === 0)
      report.info(change === undefined ? `${entry.name} is uptodate` : entry.name);
    if (
      !options.dryRun &&
      options.partialDirectory !== undefined &&
      (await partials.find(entry.name)) !== undefined
    )
      await partials.remove(entry.name, true);
    items.success(number);
    await linkWaiting(this.#push, number, entry.name, path);
  }

  /** try_dests_reg: `done` where nothing has to be asked for; otherwise the first file of that name. */
  async #findInBasis(task: Task): Promise<BasisMatch | 'done' | undefined> {
    const { basis, attributes, xattrs } = this.#push;
    const { entry, number } = task;
    let first: BasisMatch | undefined;
    let same: BasisMatch | undefined;
    let exact: BasisMatch | undefined;
    for await (const match of basis.candidates(entry.name, 'file')) {
      first ??= match;
      if (!(await this.#isSame(entry, match.path, match.stats))) continue;
      same ??= match;
      if (attributes.change(entry, match.stats) !== undefined) continue;
      if (!(await xattrs.isSame(number, match.path))) continue;
      exact = match;
      break;
    }
    if (exact !== undefined && basis.use !== 'copy') return this.#useExact(task, exact);
    if (same === undefined) return first;
    return this.#copy(task, exact ?? same);
  }

  /** The same content and attributes: linked to, or not wanted at all. */
  async #useExact(task: Task, { path, stats }: BasisMatch): Promise<'done'> {
    const { basis, attributes, items, session } = this.#push;
    const { number, entry } = task;
    const { mount } = session.program;
    if (basis.use === 'compare') {
      items.report(number, attributes.differences(entry, stats, 0));
      return 'done';
    }
    const isMade =
      session.options.dryRun ||
      (await putDraft(this.#push, task, (draft) => mount.link(path, draft, session.ctx)));
    if (!isMade) return 'done';
    items.report(number, attributes.differences(entry, stats, ITEM.localChange, true), '');
    items.success(number);
    await linkWaiting(this.#push, number, entry.name, task.path);
    return 'done';
  }

  /** The same content with other attributes: copied here. */
  async #copy(task: Task, { path, stats }: BasisMatch): Promise<'done'> {
    const { attributes, items, session, xattrs } = this.#push;
    const { number, entry } = task;
    const xattrFlag = await xattrs.differences(number, path);
    const mode = attributes.mode(entry, undefined);
    const isMade =
      session.options.dryRun ||
      (await putDraft(this.#push, task, async (draft) => {
        await copyToDraft(session, path, draft, stats.size, mode, attributes.ofNew(entry));
        await xattrs.applyToNew(number, draft, path);
      }));
    if (!isMade) return 'done';
    items.report(number, attributes.differences(entry, stats, ITEM.localChange) | xattrFlag);
    items.success(number);
    await linkWaiting(this.#push, number, entry.name, task.path);
    return 'done';
  }

  async #request(task: Task, offer: Offer | undefined, again: boolean): Promise<void> {
    const { session, attributes, items, links, xattrs } = this.#push;
    const { options, output } = session;
    const { number, entry, path, existing } = task;
    if (!options.dryRun && !(await this.#hasRoom(task))) return;
    const group = links.of(number);
    if (group !== undefined) group.state = 'requested';
    const basis = await this.#backedUp(task, offer);
    const compares = basis !== undefined && !options.dryRun && !options.wholeFile;
    const handle = compares ? await this.#sums.open(basis.path) : undefined;
    const isMissing = compares && handle === undefined;
    // What a basis directory has is reported as if it were there.
    const known = offer !== undefined && offer.kind < BASIS.file ? offer : undefined;
    const done = ITEM.transfer | (options.checksum ? ITEM.content : 0);
    const like = isMissing ? undefined : existing === undefined ? known : { path, stats: existing };
    const xattrFlag = await this.#orClose(handle, xattrs.differences(number, like?.path));
    const flags = attributes.differences(entry, like?.stats, done) | xattrFlag;
    items.request(number, flags, basis?.kind ?? BASIS.file);
    if (options.dryRun) return;
    if (handle === undefined || basis === undefined) return writeSumHead(output, NO_SUMS);
    return this.#sums.send(handle, basis.stats, { full: again, headOnly: options.append > 0 && !again });
  }

  /** A basis that was opened for nothing is closed. */
  async #orClose<T>(handle: Handle | undefined, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (handle !== undefined) await this.#push.session.program.mount.close(handle, {});
      throw error;
    }
  }

  /** In place, with a backup: the old content is kept first, and compared with there. */
  async #backedUp({ entry, path }: Task, offer: Offer | undefined): Promise<Offer | undefined> {
    const { session, backups } = this.#push;
    const { options, report } = session;
    if (!options.inplace || !backups.on || options.dryRun || offer?.kind !== BASIS.file) return offer;
    try {
      const backup = await backups.copy(path, entry.name, offer.stats);
      return { kind: BASIS.backup, path: backup, stats: offer.stats };
    } catch (error) {
      report.failed('backup of', path, error);
      return offer;
    }
  }

  /** Where a file has no room it is told of and not asked for, and the run goes on. */
  async #hasRoom({ entry, path, existing }: Task): Promise<boolean> {
    const { budget, session, finishing } = this.#push;
    const grown = session.options.inplace ? Math.max(0, entry.size - (existing?.used ?? 0)) : entry.size;
    let refusal = await budget.take(grown);
    // Before protocol 30 a sender does not say that it has nothing to send, and could be waited for in vain.
    const answers = session.dialect.protocol >= 30 && budget.isPending;
    if (refusal !== undefined && refusal.code !== 'EFBIG' && answers) {
      session.output.flush();
      await finishing.answered(() => !budget.isPending);
      refusal = await budget.take(grown);
    }
    if (refusal === undefined) return true;
    session.report.failed('mkstemp', path, new VfsError(refusal.code, { path, detail: refusal.detail }));
    return false;
  }
}
