import { protocolError } from '../exit.ts';
import type { Input } from '../wire/input.ts';
import { DeflateStream } from './deflate-stream.ts';
import { FRAME, SYNC_END } from './frame-bytes.ts';
import { historyPieces, type History } from './history.ts';
import type { TokenReader, TokenSink } from './token-reader.ts';

interface Run {
  readonly start: number;
  readonly more: number;
}

/** recv_deflated_token; with a `history` (`zlib`) blocks enter the decompressor's history. */
export class DeflatedReader implements TokenReader {
  readonly #input: Input;
  readonly #history: History;
  readonly #inflate = DeflateStream.inflate();

  constructor(input: Input, history: History) {
    this.#input = input;
    this.#history = history;
  }

  async read(sink: TokenSink): Promise<void> {
    this.#inflate.reset();
    let last = 0;
    for (let inside = false; ;) {
      const first = await this.#input.parse((bytes) => bytes.byte());
      if ((first & 0xc0) === FRAME.deflated) {
        inside = true;
        await this.#literal(first, sink);
        continue;
      }
      if (inside) await give(await this.#inflate.write(SYNC_END), sink);
      inside = false;
      if (first === FRAME.end) return;
      const { start, more } = await this.#run(first, last);
      for (let index = start; index <= start + more; index++) await this.#block(index, sink);
      last = start + more;
    }
  }

  close(): void {
    this.#inflate.close();
  }

  async #literal(first: number, sink: TokenSink): Promise<void> {
    const length = await this.#input.parse((bytes) => ((first & 0x3f) << 8) | bytes.byte());
    for (let left = length; left > 0;) {
      const piece = await this.#input.some(left);
      left -= piece.length;
      await give(await this.#inflate.write(piece), sink);
    }
  }

  #run(first: number, last: number): Promise<Run> {
    return this.#input.parse((bytes) => {
      const near = last + (first & 0x3f);
      if ((first & 0xc0) === FRAME.token) return { start: near, more: 0 };
      if ((first & 0xc0) === FRAME.run) return { start: near, more: bytes.short() };
      if (first === FRAME.longToken) return { start: bytes.int(), more: 0 };
      if (first === FRAME.longRun) return { start: bytes.int(), more: bytes.short() };
      throw protocolError(`a token is not valid: ${first}`);
    });
  }

  async #block(index: number, sink: TokenSink): Promise<void> {
    if (index < 0) throw protocolError(`a block is out of range: ${index}`);
    const bytes = await sink.block(index);
    for (const piece of historyPieces(bytes, this.#history)) {
      await this.#inflate.write(storedHeader(piece.length));
      await this.#inflate.write(piece);
    }
  }
}

async function give(pieces: readonly Buffer[], sink: TokenSink): Promise<void> {
  for (const piece of pieces) await sink.literal(piece);
}

/** A stored block puts bytes into the history; what comes out is not wanted. */
function storedHeader(length: number): Uint8Array {
  const header = Buffer.alloc(5);
  header.writeUInt16LE(length, 1);
  header.writeUInt16LE(~length & 0xffff, 3);
  return header;
}
