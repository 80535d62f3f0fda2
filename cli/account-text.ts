import { fingerprint } from '../keys/fingerprint.ts';
import type { AuthorizedKey } from '../keys/authorized-keys.ts';
import type { Account } from '../server/auth/account.ts';
import { formatBytes } from '../vfs/backends/shared/format-bytes.ts';

/** An account as `--json` prints it; the password's hash is left out. */
export function accountJson(account: Account) {
  return {
    name: account.name,
    uid: account.uid,
    enabled: account.enabled,
    superuser: account.superuser,
    shell: account.shell,
    readOnly: account.readOnly,
    denied: account.denied,
    quota: account.limits.bytes ?? null,
    maxFiles: account.limits.inodes ?? null,
    password: account.passwordHash !== undefined,
    keys: account.keys.map(keyJson),
  };
}

export function keyJson(key: AuthorizedKey) {
  return {
    fingerprint: fingerprint(key.blob),
    type: key.type,
    comment: key.comment,
    options: key.optionsText ?? '',
    expires:
      key.options.expiryTime === undefined ? null : new Date(key.options.expiryTime * 1000).toISOString(),
  };
}

/** `10 GiB`, or `none`. */
export function quotaText(account: Account): string {
  return account.limits.bytes === undefined ? 'none' : formatBytes(account.limits.bytes);
}

/** The ways in which an account can log in: `2 keys, password`, or `none`. */
export function loginText({ keys, passwordHash }: Account): string {
  const ways = [
    keys.length > 0 ? `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}` : undefined,
    passwordHash === undefined ? undefined : 'password',
  ];
  return ways.filter((way) => way !== undefined).join(', ') || 'none';
}

/** False where nobody could log in with the account, however hard they tried. */
export function canLogIn({ enabled, keys, passwordHash }: Account): boolean {
  return enabled && (keys.length > 0 || passwordHash !== undefined);
}

/** The account in one line: `alice: uid 10000, login by 2 keys, quota 10 GiB, superuser`. */
export function accountLine(account: Account): string {
  const parts = [
    `uid ${account.uid}`,
    `login by ${loginText(account)}`,
    `quota ${quotaText(account)}`,
    account.limits.inodes === undefined ? undefined : `at most ${account.limits.inodes} files`,
    account.superuser ? 'superuser' : undefined,
    account.shell ? undefined : 'no shell',
    account.readOnly ? 'read only' : undefined,
    account.denied.length === 0 ? undefined : `denied ${account.denied.join(',')}`,
    account.enabled ? undefined : 'disabled',
  ];
  return `${account.name}: ${parts.filter((part) => part !== undefined).join(', ')}`;
}
