/** What both sides agreed on with the compatibility flags of protocol 30 (compat.c). */
export interface Abilities {
  /** The end of the file list may carry an error. */
  readonly safeList: boolean;
  /** The seed of block sums goes before the data. */
  readonly seedFirst: boolean;
  /** Flags of list entries are varints, and algorithms are negotiated. */
  readonly variableFlags: boolean;
  /** Names linked to a file carry no extended attributes in their items: the file has them. */
  readonly xattrOptimization: boolean;
}

interface Bit {
  readonly letter: string;
  readonly bit: number;
}

/** The bits that we give, each only where the client has named its letter. Incremental recursion, `i`, is not among them. */
const GIVEN: readonly Bit[] = [
  { letter: 'L', bit: 1 << 1 },
  { letter: 'f', bit: 1 << 3 },
  { letter: 'x', bit: 1 << 4 },
  { letter: 'C', bit: 1 << 5 },
  { letter: 'v', bit: 1 << 7 },
];

/** The flags to send to a client that has said `-e.LsfxCIvu`. */
export function compatFlags(capabilities: string): number {
  const letters = lettersOf(capabilities);
  return GIVEN.reduce((flags, { letter, bit }) => (letters.includes(letter) ? flags | bit : flags), 0);
}

/** Clients before 3.2.0 with this letter read one plain byte. */
export function wantsPlainByte(capabilities: string): boolean {
  return lettersOf(capabilities).includes('V');
}

/** A client of a pre-release speaks the protocol before its own (`-e31.14…`). */
export function isPreRelease(capabilities: string): boolean {
  return /^\d+\.0*[1-9]/.test(capabilities);
}

/** What both sides may do from there on. */
export function abilitiesOf(flags: number, protocol: number): Abilities {
  return {
    safeList: (flags & (1 << 3)) !== 0,
    seedFirst: (flags & (1 << 5)) !== 0,
    variableFlags: (flags & (1 << 7)) !== 0,
    xattrOptimization: protocol >= 31 && (flags & (1 << 4)) === 0,
  };
}

function lettersOf(capabilities: string): string {
  return capabilities.replace(/^\d*\.\d*/, '');
}
