import { STREAM_ROOM, type ReadStreamOptions } from './file-streams.ts';
import type { ByteSource } from './platform.ts';

export interface LineOptions extends Omit<ReadStreamOptions, 'encoding'> {
  readonly encoding?: 'utf8' | 'utf-8' | null | undefined;
}

const LINE_END = /\r\n|\n|\r/;

/** The lines of a file of UTF-8, ended by `\n`, `\r\n` or `\r`. A line must fit in memory. */
export async function* linesOf(
  source: ByteSource,
  { highWaterMark = STREAM_ROOM, signal }: LineOptions,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  try {
    await source.open();
    for (;;) {
      signal?.throwIfAborted();
      const bytes = await source.read(highWaterMark);
      if (bytes.length === 0) break;
      const text = rest + decoder.decode(bytes, { stream: true });
      // A `\r` at the end may be the first half of a line's end.
      const held = text.endsWith('\r') ? 1 : 0;
      const lines = text.slice(0, text.length - held).split(LINE_END);
      rest = (lines.pop() ?? '') + text.slice(text.length - held);
      yield* lines;
    }
    const last = (rest + decoder.decode()).split(LINE_END);
    // What comes after the last line's end is no line, where it is empty.
    if (last.at(-1) === '') last.pop();
    yield* last;
  } finally {
    await source.close();
  }
}
