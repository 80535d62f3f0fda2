import type { AccountDirectory } from './auth/account.ts';

/** Names remembered before all are forgotten. */
const NAMES_MAX = 1000;

/** Names of users and groups, which have the same numbers, remembered for a session: a long listing asks for few of them often. */
export function ownerNames(accounts: AccountDirectory): {
  user(uid: number): string | undefined;
  group(gid: number): string | undefined;
} {
  const known = new Map<number, string | undefined>();
  const nameOf = (id: number): string | undefined => {
    if (known.has(id)) return known.get(id);
    const name = accounts.nameOfUid(id);
    if (known.size >= NAMES_MAX) known.clear();
    known.set(id, name);
    return name;
  };
  return { user: nameOf, group: nameOf };
}
