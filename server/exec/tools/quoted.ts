import { escapeUnsafe } from '../../escape.ts';

/** A name of unknown origin in a message: in quotes, and safe for terminals. */
export function quoted(name: string): string {
  return `'${escapeUnsafe(name)}'`;
}
