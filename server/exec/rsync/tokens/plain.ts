import { Input } from '../wire/input.ts';
import type { Output } from '../wire/output.ts';
import type { TokenReader, TokenSink } from './token-reader.ts';
import type { TokenWriter } from './token-writer.ts';

/** Literal bytes in one token (CHUNK_SIZE, rsync.h). */
const LITERAL_MAX = 32 * 1024;

/** simple_send_token: an int says how many literal bytes follow, or which block, or 0. */
export function plainWriter(output: Output): TokenWriter {
  return {
    start: () => undefined,
    async literal(bytes) {
      for (let at = 0; at < bytes.length; at += LITERAL_MAX) {
        const piece = bytes.subarray(at, at + LITERAL_MAX);
        output.int(piece.length);
        output.bytes(piece);
        if (output.full) await output.room();
      }
    },
    async block(index) {
      output.int(-(index + 1));
      if (output.full) await output.room();
    },
    async end() {
      output.int(0);
    },
    close: () => undefined,
  };
}

/** simple_recv_token. */
export function plainReader(input: Input): TokenReader {
  return { read: (sink) => readPlain(input, sink), close: () => undefined };
}

async function readPlain(input: Input, sink: TokenSink): Promise<void> {
  for (;;) {
    const token = input.attempt((bytes) => bytes.int());
    if (Input.incomplete(token)) {
      await input.more();
      continue;
    }
    if (token === 0) return;
    if (token < 0) await sink.block(-(token + 1));
    else await readLiteral(input, token, sink);
  }
}

async function readLiteral(input: Input, length: number, sink: TokenSink): Promise<void> {
  for (let left = length; left > 0;) {
    const bytes = await input.some(left);
    left -= bytes.length;
    const waits = sink.literal(bytes);
    if (waits !== undefined) await waits;
  }
}
