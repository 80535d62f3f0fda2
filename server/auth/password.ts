import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { verify } from '@node-rs/argon2';
import { createSemaphore } from '../semaphore.ts';
import type { Account } from './account.ts';
import { hashPassword, PASSWORD_BYTES_MAX } from './password-hash.ts';

export interface PasswordVerifier {
  /** Is that the account's password? Takes as long for an account that does not exist, cannot log in or has no password. */
  readonly verify: (account: Account | undefined, password: Uint8Array) => Promise<boolean>;
}

/** `concurrent` bounds what verifying may take at once: each runs on its own thread with 19 MiB. */
export async function createPasswordVerifier(concurrent = 2): Promise<PasswordVerifier> {
  const slots = createSemaphore(concurrent);
  const nobodysHash = await hashPassword(randomBytes(16).toString('base64'));
  return {
    verify: (account, password) =>
      slots.run(async () => {
        const usable = account?.enabled === true && account.passwordHash !== undefined;
        // No password can be set that is not UTF-8 (RFC 4252 section 8), and argon2's binding rejects such bytes.
        const fits = password.length > 0 && password.length <= PASSWORD_BYTES_MAX && isUtf8(password);
        const hash = usable ? account.passwordHash : nobodysHash;
        const right = await verify(hash, Buffer.from(fits ? password : []));
        return right && usable && fits;
      }),
  };
}
