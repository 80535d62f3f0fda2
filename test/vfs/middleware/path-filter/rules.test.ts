import { expect } from 'chai';
import * as fc from 'fast-check';
import { minimatch } from 'minimatch';
import { isVfsError } from '../../../../vfs/errors.ts';
import {
  allowsEverything,
  compilePathRules,
  futureOf,
  standingOf,
  verdictOf,
  type PathRule,
  type Verdict,
} from '../../../../vfs/middleware/path-filter/rules.ts';
import { vfsPath, type VfsPath } from '../../../../vfs/path.ts';

const OPTIONS = { dot: true, nonegate: true, nocomment: true, platform: 'linux' } as const;

/** Rules, and what each path is under them: `+` allowed, `~` a way, `-` denied. */
const TABLE: readonly (readonly [rules: readonly PathRule[], ...paths: readonly string[]])[] = [
  [[], '+/', '+/a', '+/a/b'],
  [[{ allow: '/' }], '+/', '+/a/b'],
  [[{ deny: '/' }], '-/', '-/a'],
  [[{ allow: '/a/b' }], '~/', '~/a', '+/a/b', '+/a/b/c/d', '-/a/c', '-/b'],
  [[{ allow: '/a/**' }], '~/', '~/a', '+/a/b', '+/a/b/c', '-/b'],
  [[{ allow: '/a/*' }], '~/a', '+/a/b', '+/a/.b', '+/a/b/c'],
  [[{ allow: '/a/*.txt' }], '~/a', '+/a/x.txt', '-/a/x', '-/a/b/x.txt'],
  [[{ deny: '/a' }], '+/', '-/a', '-/a/b', '+/ab', '+/b/a'],
  [[{ deny: 'a' }], '-/a', '-/b/a', '-/b/c/a/d', '+/b', '+/ab'],
  [[{ deny: '**/a/b' }], '+/a', '-/a/b', '-/x/y/a/b/z', '+/a/x/b'],
  [[{ deny: '/a/b' }, { allow: '/a' }], '~/', '+/a', '-/a/b', '-/a/b/c', '+/a/c', '-/b'],
  [[{ allow: '/a/b' }, { deny: '/a' }], '~/', '~/a', '+/a/b', '-/a/c', '-/b'],
  [[{ allow: '/a/b' }, { deny: '/a' }, { allow: '/' }], '+/', '~/a', '+/a/b', '-/a/c', '+/b'],
  [[{ deny: '/a' }, { allow: '/a/b' }], '~/', '-/a', '-/a/b'],
  [[{ allow: '/a/**/c' }], '~/a', '~/a/x', '~/a/x/y', '+/a/c', '+/a/x/c', '+/a/x/y/c/d', '-/b'],
  [[{ allow: '/{a,b/c}/d' }], '~/a', '~/b', '~/b/c', '+/a/d', '+/b/c/d', '-/b/d'],
  [[{ allow: '{/a,b}' }], '+/a', '~/x/c', '+/b', '+/x/y/b', '~/x', '~/x/a'],
  [[{ allow: '*.txt' }], '~/a', '+/x.txt', '+/a/b/x.txt', '~/a/x'],
  [[{ deny: '/\udc80' }, { deny: '/\udcc3\udca4' }], '-/\udc80', '-/ä', '+/\udc81'],
  [[{ deny: '/a\\*' }], '-/a*', '+/ab'],
  [[{ deny: '/!a' }, { deny: '/#b' }], '-/!a', '-/#b', '+/a', '+/b'],
  [[{ allow: '/**/a/**/b' }], '~/a', '~/x', '+/a/b', '+/x/a/y/b', '~/a/a/x'],
]; // prettier-ignore

const MARKS: Readonly<Record<string, Verdict>> = { '+': 'allowed', '~': 'way', '-': 'denied' };

const NAMES = ['a', 'b', 'x.key', '.d'] as const;
const depth = (levels: number): string[] =>
  levels === 0 ? [''] : ['', ...NAMES.flatMap((name) => depth(levels - 1).map((rest) => `/${name}${rest}`))];
const DEEP = depth(4);
const PATHS = DEEP.map((path) => (path === '' ? '/' : path) as VfsPath);

const part = fc.constantFrom('a', 'b', '*', '**', '*.key', '?', '{a,b}', '[ab]', '.d', '@(a|x.key)', 'a*');
const glob = fc
  .tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 4 }))
  .map(([rooted, parts]) => `${rooted ? '/' : ''}${parts.join('/')}`);
const rule: fc.Arbitrary<PathRule> = fc.oneof(
  glob.map((allow) => ({ allow })),
  glob.map((deny) => ({ deny })),
);
const rules = fc.array(rule, { minLength: 1, maxLength: 5 });

/** The rules at their plainest, by minimatch on whole paths: the first rule about the path or a directory above it. */
function isAllowed(list: readonly PathRule[], path: string): boolean {
  const above = path.split('/').map((_, index, all) => all.slice(0, index + 1).join('/') || '/');
  for (const one of list) {
    const wanted = 'allow' in one ? one.allow : one.deny;
    const whole = wanted.startsWith('/') ? wanted : `/**/${wanted}`;
    // For minimatch the root is in `/**` too, though `/a` is not in `/a/**`.
    const isAbout = (prefix: string): boolean => prefix !== '/' && minimatch(prefix, whole, OPTIONS);
    if (above.some((prefix) => isAbout(prefix))) return 'allow' in one;
  }
  return !list.some((one) => 'allow' in one);
}

describe('rules about paths', () => {
  for (const [list, ...paths] of TABLE) {
    it(`${JSON.stringify(list)} decide as the table says`, () => {
      const compiled = compilePathRules(list);
      for (const marked of paths) {
        const path = vfsPath(marked.slice(1));
        expect(verdictOf(compiled, standingOf(compiled, path)), path).to.equal(MARKS[marked[0] as string]);
      }
    });
  }

  it('decide as minimatch does, whatever the rules', () => {
    fc.assert(
      fc.property(rules, (list) => {
        const compiled = compilePathRules(list);
        for (const path of PATHS) {
          const verdict = verdictOf(compiled, standingOf(compiled, path));
          expect(verdict === 'allowed', path).to.equal(isAllowed(list, path));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never deny a directory above something that is allowed', () => {
    fc.assert(
      fc.property(rules, (list) => {
        const compiled = compilePathRules(list);
        const verdict = (path: string): Verdict => verdictOf(compiled, standingOf(compiled, path as VfsPath));
        for (const path of PATHS) {
          if (path === '/' || verdict(path) !== 'allowed') continue;
          const parent = path.slice(0, path.lastIndexOf('/')) || '/';
          expect(verdict(parent), `${parent} above ${path}`).not.to.equal('denied');
        }
      }),
      { numRuns: 60 },
    );
  });

  it('say the same of all below two paths with one future', () => {
    const from = fc.constantFrom(...depth(2).filter((path) => path !== ''));
    fc.assert(
      fc.property(rules, from, from, (list, one, other) => {
        const compiled = compilePathRules(list);
        const standing = (path: string) => standingOf(compiled, path as VfsPath);
        fc.pre(futureOf(compiled, standing(one)) === futureOf(compiled, standing(other)));
        for (const below of depth(3)) {
          if (below === '') continue;
          const verdicts = [one, other].map((path) => verdictOf(compiled, standing(path + below)));
          expect(verdicts[0], below).to.equal(verdicts[1]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('know when they deny nothing', () => {
    expect(allowsEverything(compilePathRules([]))).to.equal(true);
    expect(allowsEverything(compilePathRules([{ allow: '/a' }, { allow: '/' }]))).to.equal(true);
    expect(allowsEverything(compilePathRules([{ allow: '/' }, { deny: '/a' }]))).to.equal(true);
    expect(allowsEverything(compilePathRules([{ deny: '/a' }, { allow: '/' }]))).to.equal(false);
    expect(allowsEverything(compilePathRules([{ allow: '/**' }]))).to.equal(false);
  });

  for (const wrong of ['', '/a/', 'a/', '/a/./b', '/..', '../a', '{,}', '/{a,b/}']) {
    it(`refuse the glob ${JSON.stringify(wrong)}`, () => {
      for (const list of [[{ allow: wrong }], [{ deny: wrong }]]) {
        let failure: unknown;
        try {
          compilePathRules(list);
        } catch (error) {
          failure = error;
        }
        expect(isVfsError(failure, 'EINVAL')).to.equal(true);
      }
    });
  }

  it('of a thousand stars are compiled and asked soon', () => {
    const stars = `/${'**/*a*/'.repeat(500)}b`;
    const compiled = compilePathRules([{ deny: stars }]);
    const begun = performance.now();
    verdictOf(compiled, standingOf(compiled, vfsPath(`/${'aa/'.repeat(600)}c`)));
    expect(performance.now() - begun).to.be.below(2000);
  });
});
