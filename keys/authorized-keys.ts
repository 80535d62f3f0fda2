import { parseKeyOptions } from './key-options.ts';
import { KeyError } from './key-error.ts';
import { notPublicKeys } from './pasted-by-mistake.ts';
import { readPublicKey } from './public-key.ts';

/** A public key that may log in, as one line of an `authorized_keys` file says it. */
export interface AuthorizedKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, …: the key's type, not a signature's algorithm. */
  readonly type: string;
  /** The key in SSH wire format. */
  readonly blob: Uint8Array;
  readonly comment: string;
  readonly options: KeyOptions;
  /** The options as they were written; absent or empty: none. */
  readonly optionsText?: string | undefined;
}

export interface KeyOptions {
  /** Addresses that may use the key, as OpenSSH's patterns and CIDR; absent: all. */
  readonly from?: readonly string[] | undefined;
  /** Seconds since 1970 after which the key is refused. */
  readonly expiryTime?: number | undefined;
}

export interface AuthorizedKeys {
  readonly keys: readonly AuthorizedKey[];
  /** Lines that hold no usable key, counted from 1, each with a reason for a person. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
}

const TEXT_LENGTH_MAX = 1 << 20;
const LINE_LENGTH_MAX = 1 << 14;

/**
 * Reads a file in the format of `authorized_keys` (sshd(8)): comments and blank lines are passed over, every other
 * line is a key or a problem. A line with an option that this server cannot honour is a problem, not a key with more rights.
 */
export function parseAuthorizedKeys(text: string): AuthorizedKeys {
  if (text.length > TEXT_LENGTH_MAX)
    return { keys: [], problems: [{ line: 1, reason: 'the file is larger than 1 MiB' }] };
  const mistake = notPublicKeys(text);
  if (mistake !== undefined) return { keys: [], problems: [mistake] };
  const keys: AuthorizedKey[] = [];
  const problems: { line: number; reason: string }[] = [];
  // Editors of Windows put a byte order mark first.
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [index, line] of lines.entries()) {
    if (/^[ \t]*(#|$)/.test(line)) continue;
    try {
      keys.push(parseLine(line.trim()));
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      problems.push({ line: index + 1, reason: error.message });
    }
  }
  return { keys, problems };
}

/** What begins like this is a type, also one that is not supported; no option does. */
const TYPE = /^(ssh-|ecdsa-|sk-|x509v3-|webauthn-)/;

/** Reads one line, which is no comment and not blank. Throws `KeyError`. */
function parseLine(line: string): AuthorizedKey {
  if (line.length > LINE_LENGTH_MAX) throw new KeyError('the line is too long for a key');
  const optionsText = TYPE.test(line) ? '' : line.slice(0, endOfOptions(line));
  const match = /^(\S+)[ \t]+(\S+)(?:[ \t]+(.*))?$/.exec(line.slice(optionsText.length).trimStart());
  const [, type = '', base64 = '', comment = ''] = match ?? [];
  if (!TYPE.test(type)) throw new KeyError('this is no public key: expected "ssh-ed25519 AAAA… comment"');
  const options = parseKeyOptions(optionsText);
  const blob = decodeBase64(base64);
  readPublicKey(type, blob);
  return { type, blob, comment, options, optionsText };
}

/** The first blank outside of quotes; `\"` is no quote (auth-options.c, sshkey_advance_past_options). */
function endOfOptions(line: string): number {
  let quoted = false;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    if (character === '\\' && line.charAt(index + 1) === '"') index++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === ' ' || character === '\t')) return index;
  }
  return line.length;
}

/** Node takes whatever it can from broken base64; a key that was cut or mangled in pasting must not pass. */
function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  const whole = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  if (!whole || bytes.length === 0) throw new KeyError('the key is not whole: its base64 text is broken');
  return bytes;
}
