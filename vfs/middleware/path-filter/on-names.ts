import { isVfsError } from '../../errors.ts';
import type { Handlers, Next } from '../../layer.ts';
import { isCanonical, ROOT, type VfsPath } from '../../path.ts';
import { resolveByCalls } from '../../resolve.ts';
import { canonicalCall } from '../shared/canonical-call.ts';
import { filteredPage } from './filtered-page.ts';
import { futureOf, standingBelow, standingOf, verdictOf, type PathRules, type Verdict } from './rules.ts';
import { denied, isVisible, requireAllowed, seen, verdictAt } from './sight.ts';

/** Operations on names that ways can be seen by, and `rename`, which takes all that is below along. */
export function onNames(rules: PathRules, next: Next, filtered: Next): Handlers {
  return {
    lstat: async (given) => {
      const call = canonicalCall(given);
      return seen(rules, call, call.args[0], () => next(call));
    },
    readdir: async (given) => {
      const call = canonicalCall(given);
      const [path] = call.args;
      const standing = standingOf(rules, path);
      const verdict = verdictOf(rules, standing);
      if (verdict === 'denied') throw denied(call, path);
      const verdictIn = (name: string): Verdict => verdictOf(rules, standingBelow(rules, standing, name));
      try {
        return await filteredPage(next, call, ({ name, stats }) => isVisible(verdictIn(name), stats.type));
      } catch (error) {
        const otherThing = isVfsError(error, 'ENOTDIR') || isVfsError(error, 'ELOOP');
        throw otherThing && verdict === 'way' ? denied(call, path) : error;
      }
    },
    rename: async (given) => {
      const call = canonicalCall(given);
      requireAllowed(rules, call);
      const [from, to] = call.args;
      // That the root stays is said below.
      const isOfRoot = from === ROOT || to === ROOT;
      if (!isOfRoot && futureAt(rules, from) !== futureAt(rules, to))
        throw denied(call, to, 'the rules for what is below would change');
      return next(call);
    },
    resolve: async (call) => {
      const [path, last] = call.args;
      const found = isCanonical(path) ? await next(call).catch(() => undefined) : undefined;
      // The same text came back: no symlink was followed, and every directory above is a way at least.
      const isSeen = found?.path === path && isVisible(verdictAt(rules, path), found.stats?.type);
      return isSeen ? found : resolveByCalls(filtered, path, last, call.ctx);
    },
    pathToInode: async (given) => {
      const { args, ctx } = canonicalCall(given);
      return verdictAt(rules, args[0]) === 'allowed'
        ? next({ op: 'pathToInode', args, ctx })
        : (await filtered({ op: 'lstat', args, ctx })).inode;
    },
  };
}

function futureAt(rules: PathRules, path: VfsPath): string {
  return futureOf(rules, standingOf(rules, path));
}
