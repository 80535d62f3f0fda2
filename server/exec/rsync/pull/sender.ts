import { isVfsError } from '../../../../vfs/errors.ts';
import { protocolError } from '../exit.ts';
import { BASIS, ITEM, readItem, writeItem, type Item } from '../item.ts';
import { isFile, isSymlink } from '../list/modes.ts';
import type { ListOrder } from '../list/order.ts';
import { IO_ERROR } from '../report.ts';
import type { Session } from '../session.ts';
import { isMissing } from '../storage.ts';
import { BlockSums } from '../sums/block-sums.ts';
import { digestLength } from '../sums/checksums.ts';
import type { Digest } from '../sums/digest.ts';
import { coveredLength, readSumHead, writeSumHead, type SumHead } from '../sums/sum-head.ts';
import type { TokenWriter } from '../tokens/index.ts';
import { DELETE_STATS, DONE, IndexReader, IndexWriter } from '../wire/index-coding.ts';
import { TAG } from '../wire/tags.ts';
import { fromVfsText } from '../wire/text.ts';
import { carriesXattrs } from '../xattrs/exchange.ts';
import { readXattr } from '../xattrs/read-xattrs.ts';
import { writeXattrValues, type XattrValue } from '../xattrs/sent-xattrs.ts';
import { hashOnly, sendMatched, sendWhole } from './match.ts';
import { SourceFile } from './source-file.ts';
import type { SourceList } from './source-list.ts';

/** Kinds of deleted things in NDX_DEL_STATS. */
const DELETED_KINDS = 5;

export interface SenderTools {
  readonly tokens: TokenWriter;
  readonly digest: Digest;
  readonly strong: (block: Uint8Array) => Uint8Array;
}

/** Answers the client's requests in their order (send_files, sender.c). */
export class Sender {
  readonly #session: Session;
  readonly #source: SourceList;
  readonly #order: ListOrder;
  readonly #tools: SenderTools;
  readonly #reader: IndexReader;
  readonly #writer: IndexWriter;
  #phase = 0;

  constructor(session: Session, source: SourceList, order: ListOrder, tools: SenderTools) {
    this.#session = session;
    this.#source = source;
    this.#order = order;
    this.#tools = tools;
    this.#reader = new IndexReader(session.dialect.protocol);
    this.#writer = new IndexWriter(session.dialect.protocol);
  }

  /** Until the client has ended its last phase. */
  async all(): Promise<void> {
    const { dialect, input, output, report } = this.#session;
    const phases = dialect.protocol >= 29 ? 2 : 1;
    const errorBefore = report.ioError;
    for (;;) {
      const index = await this.#reader.read(input);
      if (index === DELETE_STATS) await this.#echoDeleteStats();
      else if (index !== DONE) await this.#answer(index, await readItem(input, dialect.protocol));
      else if (++this.#phase > phases) break;
      else this.#writer.write(output, DONE);
      if (output.full) await output.room();
    }
    if (report.ioError !== errorBefore && dialect.protocol >= 30)
      output.messageInt(TAG.ioError, report.ioError);
    this.#writer.write(output, DONE);
  }

  /** The last words of both sides (read_final_goodbye, main.c). */
  async goodbye(): Promise<void> {
    const { dialect, input, output } = this.#session;
    let index = await this.#reader.read(input);
    if (index === DELETE_STATS) {
      await this.#echoDeleteStats();
      index = await this.#reader.read(input);
    }
    if (index !== DONE) throw protocolError('something came after the end');
    if (dialect.protocol < 31) return;
    this.#writer.write(output, DONE);
    await output.flushed();
    if ((await this.#reader.read(input)) !== DONE) throw protocolError('something came after the end');
  }

  async #echoDeleteStats(): Promise<void> {
    const { input, output } = this.#session;
    const counts = await input.parse((bytes) => Array.from({ length: DELETED_KINDS }, () => bytes.varint()));
    this.#writer.write(output, DELETE_STATS);
    for (const count of counts) output.varint(count);
  }

  async #answer(index: number, item: Item): Promise<void> {
    const { count } = this.#source.list;
    // A keep-alive of protocol 29 names one more than there are.
    if (index === count && item.flags === ITEM.isNew) return;
    if (index < 0 || index >= count) throw protocolError(`file index out of range: ${index} of ${count}`);
    const number = this.#order.wire[index] ?? 0;
    const { options } = this.#session;
    const values = await this.#wantedXattrs(number, item);
    if ((item.flags & ITEM.transfer) === 0 || options.dryRun) return this.#echo(index, item, values);
    if (!isFile(this.#source.list.mode(number))) throw protocolError(`not a file to be sent: index ${index}`);
    if (this.#phase > 1) throw protocolError('a request came after the last of them');
    return this.#send(index, number, item, values);
  }

  #echo(index: number, item: Item, values: readonly XattrValue[] | undefined): void {
    const { output, dialect } = this.#session;
    this.#writer.write(output, index);
    writeItem(output, dialect.protocol, item);
    if (values !== undefined) writeXattrValues(output, values);
  }

  /** Values of extended attributes that the client is without; absent: the item is not one that they go with. */
  async #wantedXattrs(number: number, item: Item): Promise<readonly XattrValue[] | undefined> {
    const { input, program, ctx } = this.#session;
    if (!carriesXattrs(this.#session, item.flags)) return undefined;
    const { list, xattrs } = this.#source;
    const wanted = await xattrs.readRequest(input, list.xattrs(number));
    // What a symlink was followed to has attributes of its own.
    const at = isSymlink(list.mode(number)) ? ctx : { ...ctx, follow: true };
    const path = this.#source.pathOf(number);
    const values: XattrValue[] = [];
    for (const [place, name] of wanted) {
      const value = await readXattr(program.mount, path, name, at).catch((error: unknown) =>
        this.#session.report.failed(`read the extended attribute ${name} of`, path, error),
      );
      values.push({ place, value: value ?? new Uint8Array(0) });
    }
    return values;
  }

  async #send(
    index: number,
    number: number,
    item: Item,
    values: readonly XattrValue[] | undefined,
  ): Promise<void> {
    const { input, dialect, options, program, ctx } = this.#session;
    const head = await readSumHead(input, dialect.protocol, digestLength(dialect.checksums));
    const appends = options.append > 0 && this.#phase === 0;
    const sums = appends ? undefined : await BlockSums.read(input, head);
    let file: SourceFile;
    try {
      file = await SourceFile.open(program.mount, this.#source.pathOf(number), ctx);
    } catch (error) {
      return this.#cannotSend(index, number, error);
    }
    try {
      if (appends && file.size < coveredLength(head)) return this.#noSend(index);
      this.#echo(index, item, values);
      await this.#content(file, head, sums, item, appends);
      if (file.damaged !== undefined) this.#tellDamage(number, file.damaged);
    } finally {
      await file.close();
    }
  }

  // prettier-ignore
  async #content(file: SourceFile, head: SumHead, sums: BlockSums | undefined, item: Item, appends: boolean): Promise<void> {
    const { output, options } = this.#session;
    const { tokens, digest, strong } = this.#tools;
    writeSumHead(output, head);
    tokens.start();
    digest.start();
    if (appends) await this.#append(file, coveredLength(head));
    else if (sums === undefined) await sendWhole(file, 0, tokens, digest);
    else await sendMatched(file, sums, strong, options.inplace && item.basis === BASIS.file, tokens, digest);
    await tokens.end();
    const sum = digest.finish();
    // What could not be read must not pass for whole.
    if (file.damaged !== undefined) sum[0] = (sum[0] ?? 0) ^ 0xff;
    output.bytes(sum);
  }

  /** Only what is behind the receiver's end is sent; `--append-verify` has all of it in the checksum. */
  async #append(file: SourceFile, length: number): Promise<void> {
    const { options, dialect } = this.#session;
    const { tokens, digest } = this.#tools;
    if (options.append > 1 || dialect.protocol < 30) await hashOnly(file, length, digest);
    await sendWhole(file, length, tokens, digest);
  }

  #tellDamage(number: number, error: unknown): void {
    const { report } = this.#session;
    report.ioError |= IO_ERROR.general;
    const path = this.#source.pathOf(number);
    if (isVfsError(error)) report.failed('read errors mapping', path, error);
    else
      report.error(`rsync: [sender] read errors mapping "${fromVfsText(path)}": the file has become shorter`);
  }

  #cannotSend(index: number, number: number, error: unknown): void {
    const { report } = this.#session;
    const path = this.#source.pathOf(number);
    if (isMissing(error)) {
      report.ioError |= IO_ERROR.vanished;
      report.warning(`file has vanished: "${fromVfsText(path)}"`);
    } else {
      report.ioError |= IO_ERROR.general;
      report.because(`send_files failed to open "${fromVfsText(path)}"`, error);
    }
    this.#noSend(index);
  }

  #noSend(index: number): void {
    const { dialect, output } = this.#session;
    if (dialect.protocol >= 30) output.messageInt(TAG.noSend, index);
  }
}
