import type { OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Call } from '../../layer.ts';
import { pathsOf } from '../../ops.ts';
import type { VfsPath } from '../../path.ts';
import type { FileType } from '../../stats.ts';
import { standingOf, verdictOf, type PathRules, type Verdict } from './rules.ts';

export function verdictAt(rules: PathRules, path: VfsPath): Verdict {
  return verdictOf(rules, standingOf(rules, path));
}

/** On a way only directories can be seen; what is missing (no type) can be found missing. */
export function isVisible(verdict: Verdict, type: FileType | undefined): boolean {
  if (verdict === 'way') return type === undefined || type === 'directory';
  return verdict === 'allowed';
}

/** Throws unless what has the path may be seen. `type`: of what has it, where that is known already. */
export function requireVisible<K extends OpName>(
  rules: PathRules,
  call: Call<K>,
  path: VfsPath,
  type?: FileType,
): void {
  if (!isVisible(verdictAt(rules, path), type)) throw denied(call, path);
}

/** Throws unless all that the call names is allowed. */
export function requireAllowed<K extends OpName>(rules: PathRules, call: Call<K>): void {
  const refused = pathsOf(call).find((path) => verdictAt(rules, path) !== 'allowed');
  if (refused !== undefined) throw denied(call, refused);
}

export function denied<K extends OpName>({ op }: Call<K>, path: VfsPath, detail?: string): VfsError {
  return new VfsError('EACCES', { op, path, detail });
}
