/** A public key that may log in, as one line of an `authorized_keys` file says it. */
export interface AuthorizedKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, …: the key's type, not a signature's algorithm. */
  readonly type: string;
  /** The key in SSH wire format. */
  readonly blob: Uint8Array;
  readonly comment: string;
  readonly options: KeyOptions;
}

export interface KeyOptions {
  /** Addresses that may use the key, as OpenSSH's patterns and CIDR; absent: all. */
  readonly from?: readonly string[] | undefined;
  /** Seconds since 1970 after which the key is refused. */
  readonly expiryTime?: number | undefined;
}
