import { expect } from 'chai';
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { twinTrees } from '../../support/twin-trees.ts';

function makeTree(directory: string): void {
  const at = (name: string): string => join(directory, name);
  mkdirSync(at('dir/sub'), { recursive: true });
  mkdirSync(at('empty'));
  for (const [name, content, mode] of [
    ['a', 'one\ntwo\nthree\n', 0o644],
    ['b', 'one\n\n\n\ttab\x01\x80 end', 0o600],
    ['large', Buffer.alloc(700_001, 'abc\n'), 0o640],
    ['nothing', '', 0o644],
    ['dir/one', '1', 0o755],
    ['dir/sub/two', '22', 0o644],
    ['sp ace', 'x', 0o644],
    ['new\nline\\', 'n', 0o644],
  ] as const) {
    writeFileSync(at(name), content);
    chmodSync(at(name), mode);
    utimesSync(at(name), 1_100_000_000, 1_100_000_000);
  }
  symlinkSync('a', at('link'));
  symlinkSync('dir', at('dirlink'));
  symlinkSync('missing', at('dangling'));
  linkSync(at('a'), at('hard'));
  writeFileSync(
    at('sums'),
    [
      '81c5ec2d7d4bcc0e5b8d5c6e4f6a9e0a  a',
      'd41d8cd98f00b204e9800998ecf8427e  nothing',
      'MD5 (nothing) = d41d8cd98f00b204e9800998ecf8427e',
      'd41d8cd98f00b204e9800998ecf8427e *not-there',
      'rubbish',
      '',
    ].join('\n'),
  );
}

/** Lines that shell-split the same way with our rules and without any: words in single quotes or bare. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  sums: [
    'md5sum a b nothing',
    'md5sum -b a',
    'md5sum --tag a',
    "md5sum 'new\nline\\' 'sp ace'",
    "md5sum -z 'new\nline\\'",
    'md5sum missing a dir',
    'md5sum -c sums',
    'md5sum -c --quiet sums',
    'md5sum -c --status sums',
    'md5sum -c --strict -w --ignore-missing sums',
    'md5sum -c a',
    'md5sum -x',
    'md5sum --nonsense',
    'sha1sum large',
    'sha224sum large',
    'sha256sum large link hard',
    'sha384sum a',
    'sha512sum large',
    'b2sum large',
    'b2sum -l 128 a',
    'b2sum -l 129 a',
    'sha256sum -- a',
    'sha256sum -',
    'sha256sum',
  ],
  cat: [
    'cat a',
    'cat a - b',
    'cat -n a b',
    'cat -b b',
    'cat -s b',
    'cat -A b',
    'cat -E a',
    'cat -T b',
    'cat -v b',
    'cat missing a',
    'cat dir',
    'cat large',
    'cat -Q a',
  ],
  making: [
    'mkdir new other',
    'mkdir -m 700 new',
    'mkdir -p x/y/z',
    'mkdir -v new',
    'mkdir -p -m 711 x/y',
    'mkdir dir',
    'mkdir a/b',
    'mkdir missing/x',
    'mkdir new/',
    'mkdir',
    'rmdir empty',
    'rmdir dir',
    'rmdir a',
    'rmdir -p empty',
    'rmdir missing empty',
    'touch -d 2001-02-03T04:05:06Z a new',
    'touch -t 200102030405.06 a',
    'touch -r b a',
    'touch -c missing',
    'touch -d nonsense a',
    'touch -m -d @1000000 a',
    'ln a a2',
    'ln -s a s',
    'ln -s a',
    'ln a b',
    'ln -f a b',
    'ln -sf x link',
    'ln -sfn x dirlink',
    'ln -s ../a dir',
    'ln dir d',
    'ln -s a b dir',
    'ln missing m',
    'ln -t dir a b',
  ],
  removing: [
    'rm a',
    'rm a missing b',
    'rm -f missing',
    'rm dir',
    'rm -r dir',
    'rm -rf dir missing',
    'rm -d empty',
    'rm -d dir',
    'rm link dangling dirlink',
    'rm -rv dir',
    'rm .',
    'rm dir/..',
    'rm',
    'rm -f',
  ],
  moving: [
    'mv a c',
    'mv a b',
    'mv -n a b',
    'mv a dir',
    'mv a b dir',
    'mv dir other',
    'mv dir empty',
    'mv dir dir/sub',
    'mv a missing/x',
    'mv missing x',
    'mv a a',
    'mv a hard',
    'mv link l2',
    'mv dirlink d2',
    'mv a b c',
    'mv -t dir a b',
    'mv -T a empty',
    'mv -v a c',
    'mv a',
    'mv',
  ],
  copying: [
    'cp a c',
    'cp a b',
    'cp -n a b',
    'cp a b dir',
    'cp dir d',
    'cp -r dir d',
    'cp -r dir empty',
    'cp -p a c',
    'cp -a dir d',
    'cp -a link l2',
    'cp link l2',
    'cp -P link l2',
    'cp -rL dirlink d',
    'cp -l a c',
    'cp -s a c',
    'cp a a',
    'cp missing x',
    'cp a missing/x',
    'cp -r dir a',
    'cp a empty/',
    'cp -v a c',
    'cp dir/one one',
    'cp large copy',
    'cp -u a b',
  ],
  modes: [
    'chmod 600 a',
    'chmod 4755 a',
    'chmod u+x,g-r a',
    'chmod a=rx a',
    'chmod +x b',
    'chmod go= a',
    'chmod g=u a',
    'chmod -R u+X,go-rwx dir',
    'chmod -x dir/one',
    'chmod +t dir',
    'chmod 2755 dir',
    'chmod -v 600 a',
    'chmod 9 a',
    'chmod u+q a',
    'chmod 600 missing a',
    'chmod --reference=b a',
    'chmod 600',
    'chmod u=rwX,g=rX,o= dir a',
  ],
  listing: [
    'ls',
    'ls -a',
    'ls -A dir empty a',
    'ls -l',
    'ls -lA --full-time',
    'ls -lA --time-style=long-iso a dir',
    'ls -ln --time-style=+%s a b',
    'ls -lh large a',
    'ls -l --si large',
    'ls -g --time-style=iso a',
    'ls -o --time-style=full-iso a',
    'ls -1t a b nothing',
    'ls -S a b large nothing',
    'ls -Sr a b large nothing',
    'ls -r',
    'ls -R',
    'ls -Rl --full-time dir',
    'ls -F',
    'ls -p',
    'ls --file-type',
    'ls -d dir a',
    'ls -ld dir dirlink',
    'ls dirlink',
    'ls -l dirlink',
    'ls -lL link',
    'ls -C -w 40',
    'ls -C -w 20',
    'ls -x -w 40',
    'ls -m -w 30',
    'ls -Q a',
    'ls -q',
    'ls --zero a b',
    'ls -U a b',
    'ls -X',
    'ls --sort=size --format=single-column a b large',
    'ls --group-directories-first',
    'ls -l a -1',
    'ls missing a',
    'ls dir missing empty',
    'ls --nonsense',
    'ls -y',
    'ls --color=never dir',
    'ls -lG --time-style=long-iso a',
  ],
  finding: [
    'find dir',
    'find dir -type f',
    'find dir -depth',
    "find . -name '*o*' -not -name two",
    "find dir -iname 'ONE' -print0",
    'find dir -maxdepth 1 -mindepth 1',
    'find dir -type d -o -name one',
    'find . -empty',
    'find . -size +100k',
    'find . -perm 600',
    'find . -perm -111 -type f',
    'find . -type l',
    "find dir '(' -name one -o -name two ')' -type f",
    'find dir -name sub -prune -o -print',
    'find dir -delete',
    'find . -newer a -name dir',
    'find . -mtime +1000 -name a',
    "find dir -printf '%p %f %h %s %m %y %d\n'",
    "find a -printf '%T@ %TY-%Tm-%Td\n'",
    "find dir -type f -exec md5sum '{}' ';'",
    'find missing dir',
    'find dir -nonsense',
    'find dir -maxdepth x',
    'find a b',
  ],
  testing: [
    'test -f a',
    'test -d a',
    'test -e missing',
    'test -L link',
    'test -s nothing',
    'test -x dir/one',
    'test -r a -a -w a',
    'test a = b -o 1 -lt 2',
    'test ! -f a',
    'test',
    "test ''",
    'test -n',
    '[ 3 -gt 2 ]',
    '[ a -nt b ]',
    '[ a -ef hard ]',
    "[ '(' a = a ')' ]",
    "test -z ''",
    'test x -eq 1',
  ],
  printing: [
    "printf '%s\n' a b 'c d'",
    "printf '%d %i %u %o %x %X\n' 10 -5 7 8 255 255",
    "printf '%5s|%-5s|%05d|%+d\n' a b 42 7",
    "printf '%.2f %e %g\n' 3.14159 12345 0.0001",
    "printf '%b' 'a\\tb\\n'",
    "printf '%s %s\n' a",
    'printf x',
    "printf '%c%c' hello world",
    "printf '%%'",
    "printf '%s'",
    "printf '\\x41\\101\\n'",
    "printf '%*d' 5 42",
  ],
  counting: [
    'wc a b',
    'wc -l a',
    'wc -c large',
    'wc -w b a missing',
    'wc',
    'wc -lw -',
    'wc -L a',
    'head a',
    'head -n 1 a b',
    'head -1 a',
    'head -c 5 a',
    'head -c 1K large',
    'head -n -1 a',
    'head -c -3 a',
    'head -q -n 1 a b',
    'head -v -n 1 a',
    'head missing a',
    'head -n x a',
    'head -n 1',
    'tail a',
    'tail -n 2 a',
    'tail -1 b',
    'tail -n +2 a',
    'tail -c 5 a b',
    'tail -c +3 a',
    'tail -n 100 large',
    'tail -n 200000 large',
    'tail -n 0 a',
    'tail -n 1 -',
    'tail -c 3',
    'tail -n x a',
    'tail missing a',
    'cmp a hard',
    'cmp a b',
    'cmp -s a b',
    'cmp a nothing',
    'cmp -l a b',
    'cmp a missing',
    'truncate -s 5 a',
    'truncate -s 1M fresh',
    'truncate -s +3 a',
    'truncate -s %4K a',
    'truncate -c -s 1 missing',
    'truncate a',
    'dd if=a of=copy bs=4 count=2 status=none',
    'dd if=large bs=1k skip=600 status=none',
    'dd if=a of=b seek=2 bs=3 conv=notrunc status=none',
    'dd of=fresh status=none',
    'dd if=a of=b bs=2 seek=3 status=none',
    'dd if=missing status=none',
    'dd nonsense=1',
    'stat -c %n,%s,%a,%A,%F,%h,%Y,%N a b link',
    "stat --printf '%n %s\\n' a b",
    'stat -L -c %s link',
    'stat missing',
    'du -b a large',
    'du --apparent-size -B1 a',
  ],
  names: [
    'basename /x/y.txt .txt',
    'basename x/',
    'basename -a /x/y z',
    'basename -s .c a.c b.c',
    'basename',
    'dirname /x/y',
    'dirname x',
    'dirname x/y/ /',
    'readlink link',
    'readlink a',
    'readlink -n link',
    'readlink dangling',
    'readlink -v a',
    'echo -n x',
    "echo -e 'a\\tb\\n\\x41\\0101\\c' x",
    "echo 'a\\tb'",
    'echo -nE x',
    'echo -',
    'true',
    'false',
  ],
};

/** Here GNU's words are others, or more; that something is said, and the status, are compared all the same. */
const OTHER_WORDS: ReadonlySet<string> = new Set([
  'b2sum -l 129 a',
  'ln -s a',
  'ln dir d',
  'ln missing m',
  'rm .',
  'rm dir/..',
  'mv dir dir/sub',
  'dd if=missing status=none',
  'dd nonsense=1',
  'truncate a',
  'find . -newer a -name dir',
  'find dir -nonsense',
  'find dir -maxdepth x',
  'find missing dir',
  'test x -eq 1',
]);

/** The account owns what root owns on the host. */
const ROOT_ONLY = { user: () => 'root', group: () => 'root' };

/** Directories have a size on the host and none here; blocks are counted by other rules; who owns it is another. */
function withoutSizes(output: string, group: string): string {
  if (group === 'finding')
    return output
      .split(/(?<=[\n\0])/)
      .map((line) => line.replace(/ 4096 /, ' 0 '))
      .sort()
      .join('');
  if (group !== 'listing') return output;
  return output
    .replace(/^total .*$/gm, 'total')
    .replace(/^(\S{10} +\d+) (?:(?:root|alice|0|10000) +)*/gm, '$1 ')
    .replace(/^(d\S{9} +\d+ ) *\d+ /gm, '$1')
    .replace(/^(\S+) +/gm, (whole) => (/^[-dl][-rwxsStT]{9} /.test(whole) ? whole.replace(/ +/, ' ') : whole))
    .replace(/^([-dl][-rwxsStT]{9}) +(\d+) +/gm, '$1 $2 ');
}

/** GNU says where to look for more; we have no such place. */
const withoutHint = (text: string): string =>
  text
    .replace(/^bash: line \d+: /gm, '')
    .replace(/^Try '.* --help' for more information\.\n/gm, '')
    .replaceAll(/^\/\S*\/(\w+): /gm, '$1: ');

describe('our tools, compared with coreutils', () => {
  const scratch = temporaryDirectory();

  for (const [group, lines] of Object.entries(LINES)) {
    for (const line of lines) {
      it(`${group}: ${JSON.stringify(line)}`, async () => {
        const twins = await twinTrees(scratch(), makeTree);
        const real = await twins.real('bash', ['-c', `umask 022; ${line}`], 'from stdin\n');
        const ours = await twins.ours(line, { input: 'from stdin\n', names: ROOT_ONLY, now: Date.now });
        const seen = (output: Buffer): string => withoutSizes(output.toString('latin1'), group);
        expect(seen(ours.output)).to.equal(seen(real.output));
        if (OTHER_WORDS.has(line)) expect(ours.stderr !== '').to.equal(real.stderr !== '');
        else expect(withoutHint(ours.stderr)).to.equal(withoutHint(real.stderr));
        expect(ours.status, 'status').to.equal(real.status);
        const trees = await twins.compare();
        expect(trees.ours).to.deep.equal(trees.real);
      });
    }
  }
});
