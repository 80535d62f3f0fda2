import type { Compression } from '../negotiate.ts';
import type { Input } from '../wire/input.ts';
import type { Output } from '../wire/output.ts';
import { DeflatedReader } from './deflated-reader.ts';
import { DeflatedWriter } from './deflated-writer.ts';
import { plainReader, plainWriter } from './plain.ts';
import type { History } from './history.ts';
import type { TokenReader } from './token-reader.ts';
import type { TokenWriter } from './token-writer.ts';

export type { TokenReader, TokenSink } from './token-reader.ts';
export type { TokenWriter } from './token-writer.ts';

export function tokenReader(
  input: Input,
  compression: Compression | undefined,
  protocol: number,
): TokenReader {
  return compression === undefined
    ? plainReader(input)
    : new DeflatedReader(input, historyOf(compression, protocol));
}

// prettier-ignore
export function tokenWriter(output: Output, compression: Compression | undefined, protocol: number, level: number | undefined): TokenWriter {
  if (compression === undefined) return plainWriter(output);
  const valid = level === undefined ? undefined : Math.min(9, Math.max(-1, level));
  return new DeflatedWriter(output, historyOf(compression, protocol), valid);
}

function historyOf(compression: Compression, protocol: number): History {
  if (compression === 'zlibx') return 'none';
  return protocol < 31 ? 'repeated' : 'whole';
}
