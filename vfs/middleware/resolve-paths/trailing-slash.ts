import type { OpName, Resolution } from '../../backend.ts';
import { VfsError, type VfsErrorCode } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';

/** What was found for a path, and whether it was written with a slash behind. */
interface Written {
  readonly found: Resolution;
  readonly slash: boolean;
}

/** What Linux answers before it looks further; undefined: what the store says of the names without slashes is right. */
type Refusal = (paths: readonly Written[]) => VfsErrorCode | undefined;

const isMissing = ({ found }: Written): boolean => found.stats === undefined;
const isDirectory = ({ found }: Written): boolean => found.stats?.type === 'directory';

/** For what is made and is no directory: a name with a slash behind can only be of a directory. */
const makesNoDirectory: Refusal = (paths) =>
  paths.some((path) => path.slash && isMissing(path)) ? 'ENOENT' : undefined;

/**
 * Operations on a name itself, which a slash behind does not turn into an operation on what a symlink leads to, as
 * elsewhere: which of their paths that goes for, and what is refused.
 */
const ON_NAMES: {
  readonly [K in OpName]?: { readonly names: readonly boolean[]; readonly refusal: Refusal };
} = {
  mkdir: { names: [true], refusal: () => undefined },
  rmdir: { names: [true], refusal: () => undefined },
  unlink: {
    names: [true],
    refusal: ([path]) =>
      path === undefined || !path.slash || isMissing(path) || isDirectory(path) ? undefined : 'ENOTDIR',
  },
  rename: {
    names: [true, true],
    refusal: (paths) => {
      const [from] = paths;
      const isRefused = from !== undefined && !isMissing(from) && !isDirectory(from);
      return isRefused && paths.some(({ slash }) => slash) ? 'ENOTDIR' : undefined;
    },
  },
  link: { names: [false, true], refusal: makesNoDirectory },
  symlink: { names: [true], refusal: makesNoDirectory },
};

/** The path as it must be walked for the operation: without slashes behind, where it stands for a name. */
export function withoutSlash(op: OpName, index: number, path: VfsPath): VfsPath {
  return ON_NAMES[op]?.names[index] === true ? (path.replace(/(?<=[^/])\/+$/, '') as VfsPath) : path;
}

/** Throws where Linux refuses a name for the slash that was written behind it. */
export function checkSlashes(op: OpName, paths: readonly VfsPath[], found: readonly Resolution[]): void {
  const rule = ON_NAMES[op];
  if (rule === undefined) return;
  const written = paths.map((path, index) => ({
    found: found[index] as Resolution,
    slash: rule.names[index] === true && withoutSlash(op, index, path) !== path,
  }));
  const code = rule.refusal(written);
  if (code !== undefined) throw new VfsError(code, { op, path: paths[0] });
}
