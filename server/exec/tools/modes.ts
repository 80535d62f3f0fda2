import type { FileType } from '../../../vfs/stats.ts';
import { UsageError } from './options.ts';

const CLAUSE = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]|[0-7]+))+)$/;
const ACTION = /([-+=])([rwxXst]*|[ugo]|[0-7]+)(?=[-+=]|$)/g;
const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007 };
const CLASS_SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

/** The mode that a mode of chmod, in digits or in letters, makes of another. Throws `UsageError`. */
export function modeFrom(text: string, mode: number, type: FileType, umask: number): number {
  if (/^[0-7]{1,5}$/.test(text)) {
    const digits = parseInt(text, 8);
    if (digits > 0o7777) throw invalid(text);
    // As GNU's: of a directory, these two bits stay unless five digits take them away.
    const kept = type === 'directory' && text.length < 5 ? mode & 0o6000 : 0;
    return digits | kept;
  }
  return text.split(',').reduce((made, clause) => applyClause(clause, made, type, umask, text), mode);
}

function applyClause(clause: string, mode: number, type: FileType, umask: number, text: string): number {
  const [, who, actions] = CLAUSE.exec(clause) ?? [];
  if (who === undefined || actions === undefined) throw invalid(text);
  const isAll = who === '' || who.includes('a');
  const mask = isAll ? 0o7777 : who.split('').reduce((bits, letter) => bits | (WHO[letter] ?? 0), 0);
  // Without a class the umask counts.
  const allowed = who === '' ? mask & ~umask : mask;
  let made = mode;
  for (const [, operator, permissions = ''] of actions.matchAll(ACTION)) {
    const bits = bitsOf(permissions, made, type) & allowed;
    if (operator === '+') made |= bits;
    else if (operator === '-') made &= ~bits;
    else made = (made & ~(type === 'directory' ? mask & 0o1777 : mask)) | bits;
  }
  return made;
}

function bitsOf(permissions: string, mode: number, type: FileType): number {
  if (/^[0-7]+$/.test(permissions)) return parseInt(permissions, 8);
  const shift = permissions.length === 1 ? CLASS_SHIFT[permissions] : undefined;
  if (shift !== undefined) return ((mode >> shift) & 7) * 0o111;
  const executable = type === 'directory' || (mode & 0o111) !== 0 ? 0o111 : 0;
  const letters: Readonly<Record<string, number>> = {
    r: 0o444,
    w: 0o222,
    x: 0o111,
    X: executable,
    s: 0o6000,
    t: 0o1000,
  };
  return permissions.split('').reduce((bits, letter) => bits | (letters[letter] ?? 0), 0);
}

function invalid(text: string): UsageError {
  return new UsageError(`invalid mode: '${text}'`);
}
