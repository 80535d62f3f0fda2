/*
 * What the server offers in a key exchange, in its order of preference (the client's order decides). docs/decisions.md
 * says why these and no others: no SHA-1, no CBC, no finite-field Diffie-Hellman, no compression.
 */

/** ssh2 adds `kex-strict-s-v00@openssh.com`, the answer to the Terrapin attack, by `STRICT_KEY_EXCHANGE`. */
export const KEY_EXCHANGES = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
] as const;

export const STRICT_KEY_EXCHANGE = 'kex-strict-s-v00@openssh.com';

export const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
] as const;

/** For the `ctr` ciphers; the others authenticate by themselves. */
export const MACS = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
] as const;

export const COMPRESSIONS = ['none'] as const;

/** Algorithms by which a host key of each type signs. */
export const HOST_KEY_SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** Signature algorithms of a login by public key: the type of the key, and the hash where the type leaves a choice. */
export const USER_KEY_SIGNATURES: Readonly<
  Record<string, { readonly keyType: string; readonly hash: string | null }>
> = {
  'ssh-ed25519': { keyType: 'ssh-ed25519', hash: null },
  'ecdsa-sha2-nistp256': { keyType: 'ecdsa-sha2-nistp256', hash: 'sha256' },
  'ecdsa-sha2-nistp384': { keyType: 'ecdsa-sha2-nistp384', hash: 'sha384' },
  'ecdsa-sha2-nistp521': { keyType: 'ecdsa-sha2-nistp521', hash: 'sha512' },
  'rsa-sha2-512': { keyType: 'ssh-rsa', hash: 'sha512' },
  'rsa-sha2-256': { keyType: 'ssh-rsa', hash: 'sha256' },
};
