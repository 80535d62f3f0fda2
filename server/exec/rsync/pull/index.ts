import { readRules } from '../filters/read-filters.ts';
import { orderList } from '../list/order.ts';
import { listShape } from '../list/shape.ts';
import type { Session } from '../session.ts';
import { createBlockSum, createFileDigest } from '../sums/checksums.ts';
import { tokenWriter } from '../tokens/index.ts';
import { TAG } from '../wire/tags.ts';
import { sendList } from './build-list.ts';
import { RemovedSources } from './removed-sources.ts';
import { Sender } from './sender.ts';

/** Serves a client that receives (do_server_sender, main.c). */
export async function servePull(session: Session): Promise<void> {
  const { dialect, input, output, options, program } = session;
  const { protocol } = dialect;
  // With removal the client has messages for us, so it multiplexes before protocol 30 too.
  if (options.removeSourceFiles) input.multiplexed = true;
  const started = program.now();
  const rules = await readRules(input, options, protocol);
  const source = await sendList(session, listShape(options, dialect), rules);
  if (source.list.count === 0) return;
  const built = program.now();
  const order = await orderList(source.list, protocol);
  const removed = new RemovedSources(session, source, order);
  session.onMessage = (tag, payload) => {
    if (tag === TAG.success && payload.length === 4) removed.add(payload.readInt32LE());
  };
  const tokens = tokenWriter(output, dialect.compression, protocol, options.compressLevel);
  try {
    const digest = await createFileDigest(dialect.checksums);
    const strong = await createBlockSum(dialect.checksums);
    const sender = new Sender(session, source, order, { tokens, digest, strong });
    await sender.all();
    // The client takes messages as long as it waits for more than our end.
    await removed.all();
    writeStatistics(session, source.totalSize, built - started, program.now() - built);
    await output.flushed();
    await sender.goodbye();
    await removed.all();
  } finally {
    tokens.close();
  }
}

/** handle_stats, main.c: bytes that we have read and written, of all files, and how long the list took. Milliseconds. */
function writeStatistics(
  { dialect, output, received }: Session,
  totalSize: number,
  building: number,
  sending: number,
): void {
  const { protocol } = dialect;
  const number = (value: number): void => (protocol < 30 ? output.longint(value) : output.varlong(value, 3));
  number(received());
  number(output.sent);
  number(totalSize);
  if (protocol < 29) return;
  number(Math.max(1, building));
  number(Math.max(0, sending));
}
