import { STORED_MAX } from './frame-bytes.ts';

/**
 * What of a matched block enters the compressors' history: nothing (`zlibx`), all of it, or, before protocol 31, for
 * each piece of a long block the bytes at its beginning: a mistake that both sides must make alike.
 */
export type History = 'none' | 'whole' | 'repeated';

export function* historyPieces(bytes: Uint8Array, history: History): Generator<Uint8Array> {
  if (history === 'none') return;
  for (let at = 0; at < bytes.length; at += STORED_MAX) {
    const length = Math.min(STORED_MAX, bytes.length - at);
    const start = history === 'repeated' ? 0 : at;
    yield bytes.subarray(start, start + length);
  }
}
