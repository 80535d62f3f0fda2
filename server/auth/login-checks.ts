import { fingerprint } from '../../keys/fingerprint.ts';
import { string, type MessageReader } from '../ssh/wire.ts';
import type { Account, AccountDirectory } from './account.ts';
import type { PasswordVerifier } from './password.ts';
import { findUsableKey, isSignedBy, readPublicKeyRequest, type PublicKeyRequest } from './public-key.ts';
import type { Throttle } from './throttle.ts';

/** What the checks of a server share. Accounts are asked afresh at each of them. */
export interface CheckServices {
  readonly accounts: AccountDirectory;
  readonly passwords: PasswordVerifier;
  readonly throttle: Throttle;
  readonly now: () => number;
}

/** What a refusal was of: a guess at a secret; the offer of a key or method that will not do, of which a good client may have many. */
export type Refused = 'guess' | 'offer' | 'nothing';

export type Outcome =
  | { readonly kind: 'success'; readonly account: Account; readonly how: string }
  | { readonly kind: 'failure'; readonly of: Refused }
  /** The key would do; its owner has yet to sign. */
  | { readonly kind: 'acceptable'; readonly request: PublicKeyRequest }
  /** The client is to be asked for the password. */
  | { readonly kind: 'prompt' }
  /** Passwords from that address are not looked at for so many milliseconds. */
  | { readonly kind: 'shut-out'; readonly milliseconds: number };

export function refusal(of: Refused): Outcome {
  return { kind: 'failure', of };
}

/** Is that the user's password? `how` is for the log. */
export async function checkPassword(
  { accounts, passwords, throttle }: CheckServices,
  address: string,
  user: string,
  password: Uint8Array,
  how: string,
): Promise<Outcome> {
  const milliseconds = await throttle.wait(address);
  if (milliseconds > 0) return { kind: 'shut-out', milliseconds };
  const account = accounts.find(user);
  const right = await passwords.verify(account, password);
  return right && account !== undefined ? { kind: 'success', account, how } : refusal('guess');
}

/** The request of a login by key: `fields` stands behind the method, `payload` is all of it. */
export function checkKey(
  { accounts, now }: CheckServices,
  address: string,
  sessionId: Uint8Array,
  user: string,
  fields: MessageReader,
  payload: Uint8Array,
): Outcome {
  const request = readPublicKeyRequest(fields);
  const account = accounts.find(user);
  const key = findUsableKey(account, request, address, now());
  if (key === undefined || account === undefined) return refusal('offer');
  if (request.signature === undefined) return { kind: 'acceptable', request };
  const signed = Buffer.concat([string(sessionId), payload.subarray(0, request.signedLength)]);
  if (!isSignedBy(key, request, signed)) return refusal('guess');
  return { kind: 'success', account, how: `publickey ${key.type} ${fingerprint(key.blob)}` };
}
