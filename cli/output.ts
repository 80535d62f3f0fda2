import { escapeUnsafe } from '../server/escape.ts';
import type { Io } from './io.ts';

/** One line on standard output, safe for a terminal. */
export function print(io: Io, line: string): void {
  io.stdout.write(`${escapeUnsafe(line)}\n`);
}

/** One line on standard error: what a person should know and a program need not read. */
export function note(io: Io, line: string): void {
  io.stderr.write(`anyfs: ${escapeUnsafe(line)}\n`);
}

/** One JSON document. */
export function printJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Rows under a heading, in columns as wide as they need to be. Prints the heading alone where there are no rows. */
export function printTable(io: Io, heading: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [heading, ...rows].map((row) => row.map(escapeUnsafe));
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) {
    const padded = line.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    io.stdout.write(`${padded.join('  ').trimEnd()}\n`);
  }
}
