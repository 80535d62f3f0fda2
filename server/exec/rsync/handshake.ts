import { randomInt } from 'node:crypto';
import { abilitiesOf, compatFlags, isPreRelease, wantsPlainByte, type Abilities } from './capabilities.ts';
import { EXIT, RsyncError } from './exit.ts';
import {
  choose,
  chosenChecksums,
  chosenCompression,
  COMPRESSIONS,
  OFFERED_CHECKSUMS,
  type Compression,
} from './negotiate.ts';
import type { Options } from './options/options.ts';
import type { Checksums } from './sums/checksums.ts';
import type { DigestName } from './sums/digest.ts';
import type { Input } from './wire/input.ts';
import type { Output } from './wire/output.ts';

/** PROTOCOL_VERSION, rsync.h. */
const NEWEST = 32;
/** The oldest that is spoken here; openrsync's. */
const OLDEST = 27;
/** What is taken for a version at all (MIN_PROTOCOL_VERSION, MAX_PROTOCOL_VERSION). */
const BELIEVABLE = { least: 20, most: 40 };

/** What both sides know after the handshake. */
export interface Dialect {
  readonly protocol: number;
  readonly abilities: Abilities;
  readonly checksums: Checksums;
  readonly compression: Compression | undefined;
}

/** The two ints that begin a session. The lower one counts. */
export async function exchangeVersions(
  input: Input,
  output: Output,
  capabilities: string | undefined,
): Promise<number> {
  output.int(NEWEST);
  await output.flushed();
  const theirs = await input.parse((bytes) => bytes.int());
  if (theirs < BELIEVABLE.least || theirs > BELIEVABLE.most)
    throw new RsyncError(EXIT.protocol, 'protocol version mismatch -- is your shell clean?');
  const protocol = Math.min(NEWEST, theirs) - (isPreRelease(capabilities ?? '') ? 1 : 0);
  if (protocol < OLDEST)
    throw new RsyncError(
      EXIT.protocol,
      `protocol version ${protocol} is not spoken here; ${OLDEST} to ${NEWEST} are`,
    );
  return protocol;
}

/** Everything between the versions and the first multiplexed byte (setup_protocol, compat.c). */
export async function shakeHands(
  input: Input,
  output: Output,
  protocol: number,
  options: Options,
): Promise<Dialect> {
  const abilities = agreeOnAbilities(output, protocol, options);
  const [names, compression] = await negotiate(input, output, protocol, abilities, options);
  const seed = options.checksumSeed === 0 ? randomInt(1, 2 ** 31 - 1) : options.checksumSeed;
  output.int(seed);
  output.flush();
  output.multiplexed = true;
  input.multiplexed = protocol >= 30;
  const [name, listName] = names;
  return {
    protocol,
    abilities,
    compression,
    checksums: { name, listName, seed, seedFirst: abilities.seedFirst },
  };
}

/** A handshake that agrees on nothing, so that a client of protocol 31 and newer can be told why. */
export function shakeHandsToRefuse(output: Output, protocol: number): void {
  if (protocol >= 30) output.varint(0);
  output.int(1);
  output.flush();
  output.multiplexed = true;
}

function agreeOnAbilities(output: Output, protocol: number, options: Options): Abilities {
  if (protocol < 30) return abilitiesOf(0, protocol);
  const capabilities = options.capabilities ?? '';
  const flags = compatFlags(capabilities);
  if (wantsPlainByte(capabilities)) output.byte(flags & 0xff);
  else output.varint(flags);
  return abilitiesOf(flags, protocol);
}

/** negotiate_the_strings, compat.c: all is written before anything is read. */
async function negotiate(
  input: Input,
  output: Output,
  protocol: number,
  { variableFlags }: Abilities,
  options: Options,
): Promise<readonly [readonly [DigestName, DigestName], Compression | undefined]> {
  const { checksumChoice, compressChoice, compress } = options;
  const asksChecksum = variableFlags && checksumChoice === undefined;
  const asksCompression = variableFlags && compress && compressChoice === undefined;
  if (asksChecksum) output.vstring(OFFERED_CHECKSUMS.join(' '));
  if (asksCompression) output.vstring(COMPRESSIONS.join(' '));
  await output.flushed();
  const checksums = asksChecksum ? await input.parse((bytes) => bytes.vstring()) : undefined;
  const compressions = asksCompression ? await input.parse((bytes) => bytes.vstring()) : undefined;
  return [
    checksums === undefined
      ? checksumsWithoutAsking(protocol, checksumChoice)
      : twice(choose(checksums, OFFERED_CHECKSUMS, 'checksum')),
    compressions === undefined
      ? compressionWithoutAsking(options)
      : choose(compressions, COMPRESSIONS, 'compression'),
  ];
}

function twice(name: DigestName): readonly [DigestName, DigestName] {
  return [name, name];
}

function checksumsWithoutAsking(
  protocol: number,
  choice: string | undefined,
): readonly [DigestName, DigestName] {
  if (choice !== undefined) return chosenChecksums(choice);
  return twice(protocol < 30 ? 'md4' : 'md5');
}

function compressionWithoutAsking({ compress, compressChoice }: Options): Compression | undefined {
  if (!compress) return undefined;
  return compressChoice === undefined ? 'zlib' : chosenCompression(compressChoice);
}
