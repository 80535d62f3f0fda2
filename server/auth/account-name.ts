import { COMPANIONS } from '../../vfs/backends/sqlite/companions.ts';
import { AccountError } from './account-error.ts';

const NAME = /^[a-z_][a-z0-9_.-]{0,31}$/;

/** Ends that would make the name of a storage look like another file of the data directory, or like a path's odd parts. */
const RESERVED_ENDS = [
  '.db',
  ...COMPANIONS.map((companion) => `.db${companion}`),
  '.lock',
  '.new',
  '.tmp',
  '.',
];

/** Why an account cannot have the name, in words for a person; absent where it can. */
export function accountNameProblem(name: string): string | undefined {
  if (!NAME.test(name)) {
    return 'an account name has 1 to 32 characters: a-z, 0-9, "_", "." and "-", and begins with a letter or "_"';
  }
  const end = RESERVED_ENDS.find((reserved) => name.endsWith(reserved));
  return end === undefined ? undefined : `an account name cannot end in "${end}"`;
}

/** The name, or `AccountError` with code `INVALID`. */
export function checkAccountName(name: string): string {
  const problem = accountNameProblem(name);
  if (problem !== undefined) throw new AccountError('INVALID', problem);
  return name;
}
