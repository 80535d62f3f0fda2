import { EXIT, RsyncError } from './exit.ts';
import { DIGEST_NAMES, type DigestName } from './sums/digest.ts';

export const COMPRESSIONS = ['zlibx', 'zlib'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What we offer. Negotiated md4 is another construction than that of old protocols, and is not offered. */
export const OFFERED_CHECKSUMS: readonly DigestName[] = DIGEST_NAMES.filter((name) => name !== 'md4');

/** The first of the client's names that is ours too: both sides choose so (parse_negotiate_str, compat.c). */
export function choose<T extends string>(theirs: string, ours: readonly T[], what: string): T {
  const found = theirs.split(' ').find((name): name is T => (ours as readonly string[]).includes(name));
  if (found !== undefined) return found;
  throw new RsyncError(EXIT.unsupported, `no ${what} in common; this server has ${ours.join(' ')}`);
}

/** `--checksum-choice=A[,B]`: one for the transfer, and one for `-c`. */
export function chosenChecksums(choice: string): readonly [DigestName, DigestName] {
  const [transfer = '', list = transfer] = choice.split(',');
  return [oneOf('--checksum-choice', transfer), oneOf('--checksum-choice', list)];
}

export function chosenCompression(choice: string | undefined): Compression | undefined {
  const found = COMPRESSIONS.find((name) => name === choice);
  if (found !== undefined || choice === undefined || choice === 'none') return found;
  throw new RsyncError(
    EXIT.unsupported,
    `--compress-choice=${choice}: this server has ${COMPRESSIONS.join(' ')}`,
  );
}

function oneOf(option: string, name: string): DigestName {
  if (name === 'auto') return 'md5';
  const found = OFFERED_CHECKSUMS.find((one) => one === name);
  if (found !== undefined) return found;
  throw new RsyncError(EXIT.unsupported, `${option}=${name}: this server has ${OFFERED_CHECKSUMS.join(' ')}`);
}
