import type { OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Call } from '../../layer.ts';
import { pathsOf } from '../../ops.ts';
import type { VfsPath } from '../../path.ts';
import type { FileType, Stats } from '../../stats.ts';
import { standingOf, verdictOf, type PathRules, type Verdict } from './rules.ts';

export function verdictAt(rules: PathRules, path: VfsPath): Verdict {
  return verdictOf(rules, standingOf(rules, path));
}

/** On a way only directories can be seen; what is missing (no type) can be found missing. */
export function isVisible(verdict: Verdict, type: FileType | undefined): boolean {
  if (verdict === 'way') return type === undefined || type === 'directory';
  return verdict === 'allowed';
}

/** What `look` finds at the path, where it may be seen. A denied path is not even looked at. */
export async function seen<K extends OpName>(
  rules: PathRules,
  call: Call<K>,
  path: VfsPath,
  look: () => Promise<Stats>,
): Promise<Stats> {
  const verdict = verdictAt(rules, path);
  if (verdict === 'denied') throw denied(call, path);
  const stats = await look();
  if (!isVisible(verdict, stats.type)) throw denied(call, path);
  return stats;
}

/** Throws unless all that the call names is allowed. */
export function requireAllowed<K extends OpName>(rules: PathRules, call: Call<K>): void {
  const refused = pathsOf(call).find((path) => verdictAt(rules, path) !== 'allowed');
  if (refused !== undefined) throw denied(call, refused);
}

export function denied<K extends OpName>({ op }: Call<K>, path: VfsPath, detail?: string): VfsError {
  return new VfsError('EACCES', { op, path, detail });
}
