import { VfsError } from '../errors.ts';

/** A mode as `node:fs` takes it: a number, or octal digits. */
export type Mode = number | string;

/** `EINVAL` for text that is no octal number; the range of a number is checked by the store. */
export function modeOf(mode: Mode): number {
  if (typeof mode === 'number') return mode;
  if (/^[0-7]+$/.test(mode)) return Number.parseInt(mode, 8);
  throw new VfsError('EINVAL', { detail: `mode must be a number or octal digits, not '${mode}'` });
}
