interface Mistake {
  readonly line: number;
  readonly reason: string;
}

/** What people give by mistake in place of public keys, with what to do. Nothing of a private key may reach a message. */
const MISTAKES: readonly { readonly sign: RegExp; readonly reason: string }[] = [
  {
    sign: /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/m,
    reason:
      'this is a private key, which should never leave its owner; give the public one, the file that ends in .pub',
  },
  {
    sign: /^PuTTY-User-Key-File-\d/m,
    reason:
      'this is a private key of PuTTY, which should never leave its owner; give the line that PuTTYgen shows as "Public key for pasting"',
  },
  {
    sign: /^---- BEGIN SSH2 PUBLIC KEY ----/m,
    reason: 'this key is in the format of RFC 4716; convert it with: ssh-keygen -i -f FILE',
  },
  {
    sign: /^-----BEGIN (RSA )?PUBLIC KEY-----/m,
    reason: 'this key is in PEM format; convert it with: ssh-keygen -i -m PKCS8 -f FILE',
  },
  { sign: /^-----BEGIN CERTIFICATE-----/m, reason: 'this is an X.509 certificate, not an SSH key' },
  { sign: /\0/, reason: 'the file is not plain text; if an editor saved it as UTF-16, save it as UTF-8' },
];

/** Says where a text turns out to be something else than a list of public keys; absent where it may be one. */
export function notPublicKeys(text: string): Mistake | undefined {
  for (const { sign, reason } of MISTAKES) {
    const found = sign.exec(text);
    if (found !== null) return { line: text.slice(0, found.index).split('\n').length, reason };
  }
  return undefined;
}
