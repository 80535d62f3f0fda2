import { hash } from '@node-rs/argon2';

/** argon2id as OWASP's cheat sheet has it: 19 MiB, 2 passes, 1 lane; about 20 ms. A hash names its own cost, so raising it leaves old hashes valid. */
export const PASSWORD_COST = {
  /** `Algorithm.Argon2id`, whose ambient enum isolated modules cannot read. */
  algorithm: 2,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const;

/** Bytes in a password at most: what is longer would only buy an attacker time on our processor. */
export const PASSWORD_BYTES_MAX = 1024;

/** Why a password cannot be set, in words for a person; absent where it can. */
export function passwordProblem(password: string): string | undefined {
  if (password === '') return 'the password is empty';
  if (password.includes('\0')) return 'the password holds a NUL byte';
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX)
    return `the password is longer than ${PASSWORD_BYTES_MAX} bytes`;
  return undefined;
}

/** The password as an argon2id hash in PHC string format, with a salt of its own. Runs off the main thread. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, PASSWORD_COST);
}
