import type { Handle } from '../../../../vfs/backend.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import { Pace } from '../../pace.ts';
import type { Session } from '../session.ts';
import { planSums } from '../sums/block-size.ts';
import { createBlockSum, digestLength } from '../sums/checksums.ts';
import { writeSumHead, type SumHead } from '../sums/sum-head.ts';
import { weakSum } from '../sums/weak-sum.ts';
import { fromVfsText } from '../wire/text.ts';

/** Bytes read at once, at least. */
const PIECE = 256 * 1024;

/** Sends the sums of a basis, so that the sender can tell what is there already (generate_and_send_sums, generator.c). */
export class SumSender {
  readonly #session: Session;
  readonly #strong: (block: Uint8Array) => Uint8Array;

  private constructor(session: Session, strong: (block: Uint8Array) => Uint8Array) {
    this.#session = session;
    this.#strong = strong;
  }

  static async create(session: Session): Promise<SumSender> {
    return new SumSender(session, await createBlockSum(session.dialect.checksums));
  }

  /** Opens a basis. Absent: what cannot be read, which is told, is as good as missing. */
  async open(path: VfsPath): Promise<Handle | undefined> {
    const { program, ctx, report } = this.#session;
    try {
      return await program.mount.open(path, { access: 'r' }, 0, ctx);
    } catch (error) {
      report.complain(`failed to open "${fromVfsText(path)}", continuing`, error);
      return undefined;
    }
  }

  /** Sends the sums of an open basis and closes it. `full`: strong sums of full length. `headOnly`: `--append` says only how long it is. */
  async send(
    handle: Handle,
    { size }: Stats,
    { full, headOnly }: { readonly full: boolean; readonly headOnly: boolean },
  ): Promise<void> {
    const { options, dialect, output, program, ctx } = this.#session;
    const head = planSums(size, {
      blockSize: options.blockSize,
      protocol: dialect.protocol,
      digestLength: digestLength(dialect.checksums),
      full,
    });
    try {
      writeSumHead(output, head);
      if (headOnly || head.count === 0) return;
      const step = head.blockLength * Math.max(1, Math.floor(PIECE / head.blockLength));
      // The same memory again and again.
      const reading = { ...ctx, into: Buffer.allocUnsafeSlow(Math.min(step, size)) };
      await this.#blocks(head, size, step, (at, length) => program.mount.read(handle, at, length, reading));
    } finally {
      await program.mount.close(handle, {});
    }
  }

  async #blocks(
    head: SumHead,
    size: number,
    step: number,
    read: (at: number, length: number) => Promise<Uint8Array>,
  ): Promise<void> {
    const { output } = this.#session;
    const pace = new Pace();
    for (let at = 0; at < size; at += step) {
      const length = Math.min(step, size - at);
      const found = await read(at, length);
      // A basis that has become shorter goes on as zeros, which match nothing.
      const bytes = found.length === length ? found : Buffer.concat([found], length);
      for (let start = 0; start < length; start += head.blockLength) {
        const block = bytes.subarray(start, Math.min(start + head.blockLength, length));
        output.int(weakSum(block));
        output.bytes(this.#strong(block).subarray(0, head.strongLength));
        if (pace.due) await pace.rest();
      }
      if (output.full) await output.room();
    }
  }
}
