/** A beginning of so many characters is enough to guess the rest. */
const BEGINNING_MIN = 4;

/** The candidate that `word` was most likely meant to be; absent where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const whole = candidates.filter((candidate) => word.length >= BEGINNING_MIN && candidate.startsWith(word));
  if (whole.length === 1) return whole[0];
  const furthest = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = furthest + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `; did you mean "…"?`, or nothing where no candidate is near. */
export function didYouMean(
  word: string,
  candidates: readonly string[],
  decorate = (name: string) => name,
): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? '' : `; did you mean "${decorate(candidate)}"?`;
}

/** Insertions, removals, changes, and swaps of neighbours between two words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const changed = (last[column - 1] ?? 0) + (same ? 0 : 1);
      const shifted = Math.min(last[column] ?? 0, current[column - 1] ?? 0) + 1;
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swap = swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity;
      current.push(Math.min(changed, shifted, swap));
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
