import { namePattern } from '../command-line/glob-pattern.ts';

/** Tells of a name in an archive whether `--exclude` leaves it out: of the whole, or of any part of it that begins after a slash. */
export function excluder(patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.map((pattern) =>
    namePattern(pattern.replace(/(?<=.)\/+$/, ''), { hasSlashes: true }),
  );
  return (name) => {
    if (tests.length === 0) return false;
    const parts = name.replace(/\/+$/, '').split('/');
    const ends = parts.map((_, index) => parts.slice(index).join('/'));
    return tests.some((test) => ends.some(test));
  };
}

/** Whether a member is one of those that were asked for, or below one; and which of them were met. */
export class Wanted {
  readonly #names: readonly string[];
  readonly #met = new Set<string>();

  constructor(operands: readonly string[]) {
    this.#names = operands.map((name) => name.replace(/(?<=.)\/+$/, ''));
  }

  has(member: string): boolean {
    if (this.#names.length === 0) return true;
    const plain = member.replace(/(?<=.)\/+$/, '');
    const name = this.#names.find((one) => plain === one || plain.startsWith(`${one}/`));
    if (name !== undefined) this.#met.add(name);
    return name !== undefined;
  }

  get missing(): string[] {
    return this.#names.filter((name) => !this.#met.has(name));
  }
}
