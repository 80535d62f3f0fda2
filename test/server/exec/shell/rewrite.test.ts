import { expect } from 'chai';
import { rewrite } from '../../../../server/exec/shell/worker/rewrite/rewrite.ts';
import { parseLines } from '../../../../server/exec/shell/worker/syntax.ts';

const PROGRAMS = new Set(['ls', 'cat', 'head', 'sha256sum', 'less']);
const OUT = `1> '/dev/.out' 2> '/dev/.err'`;

function rewritten(line: string): string {
  const parsed = parseLines(line);
  if (parsed.is !== 'script') throw new Error(`${line} is ${parsed.is}`);
  return rewrite(parsed.script, line, {
    nonce: '@',
    isProgram: (name) => PROGRAMS.has(name.replace(/^\/bin\//, '')),
    readsInput: (name) => name === 'sort' || name === 'grep',
    functions: new Set(['fu']),
    aliases: new Map([
      ['ll', 'ls -l'],
      ['ls', 'ls --color'],
    ]),
  });
}

describe('a line as the engine of the shell gets it', () => {
  const table: Readonly<Record<string, readonly [line: string, wanted: string]>> = {
    'a program of ours becomes RUN': ['cat a', `'__run' 'session,session' '@|' 'cat' a`],
    'neighbours become one RUN, with their redirections': [
      'cat $f < in | head -c 10 > out 2>&1',
      `'__run' 'session,session' '@|' 'cat' $f '@<' in '@|' 'head' -c 10 '@>' out '@2>&' 1`,
    ],
    'a path of a program is the program': ['/bin/cat', `'__run' 'session,session' '@|' 'cat'`],
    'a command of the engine writes when it has ended': ['echo a', `echo a ${OUT}`],
    'its own redirections come after ours': ['echo a >&2', `echo a ${OUT} >& 2`],
    'a pipe through the engine is cut around it': [
      'cat a | grep x | less',
      `'__run' 'session,pipe' '@|' 'cat' a | grep x 2> '/dev/.err' | '__run' 'pipe,session' '@|' 'less'`,
    ],
    'what reads standard input is fed': ['sort', `'__feed' sort ${OUT}`],
    'read takes a line, and makes text of it': [
      'read a',
      `{ read a ${OUT} 0< '/dev/.line'\n'__decode' $? 'a'; }`,
    ],
    'but not where it has input of its own': ['sort < a', `sort ${OUT} < a`],
    'loops are gone into': [
      'for f in *; do cat "$f"; done',
      `for f in *; do\n'__run' 'session,session' '@|' 'cat' "$f"\ndone`,
    ],
    'but not where they have redirections': [
      'while read a; do cat $a; done < list',
      `while { read a\n'__decode' $? 'a'; }; do\ncat $a\ndone ${OUT} < list`,
    ],
    'programs before a group run beside it': [
      'cat a | (head -c 1; cat)',
      `('__open' 'session,session' '@|' 'cat' a\n('__run' 'session,session' '@|' 'head' -c 1\n'__run' 'session,session' '@|' 'cat') && '__close' '0' || '__close' $?)`,
    ],
    'functions are left alone, and shadow programs': ['cat() { ls; }; cat', `cat() { ls; }\ncat ${OUT}`],
    'functions of earlier lines too': ['fu | cat', `fu 2> '/dev/.err' | '__run' 'pipe,session' '@|' 'cat'`],
    'aliases are put in, again and again': ['ll x', `'__run' 'session,session' '@|' 'ls' --color -l x`],
    'substitutions are left alone': ['x=$(cat a)', 'x=$(cat a)'],
    'a here-document becomes input of RUN': [
      'cat <<E\na $x\nE',
      `'__run' 'pipe,session' '@|' 'cat' <<< "a $x"`,
    ],
    'exec with redirections moves the session': ['exec > log 2>&1', `'__redirect' '@>' log '@2>&' 1`],
    'a shell is one of ours': ['/bin/sh', `'__nest' ${OUT}`],
    'what changes the shell is left alone': ['break; exit 3', 'break\nexit 3'],
    'a newline in quotes stays': ["echo $'a\\nb'", `echo 'a\nb' ${OUT}`],
    'a quote in quotes stays': [`cat <<'E'\nit's\nE`, `'__run' 'pipe,session' '@|' 'cat' <<< 'it'\\''s'`],
  };
  for (const [name, [line, wanted]] of Object.entries(table)) {
    it(name, () => expect(rewritten(line)).to.equal(wanted));
  }
});

describe('lines of a shell', () => {
  const incomplete = [
    'if true; then',
    'echo "a',
    "echo 'a",
    'cat <<E\nx',
    'a |',
    'a &&',
    'a \\',
    '(',
    'f() {',
    'echo $(',
    'for i in 1',
  ];
  for (const line of incomplete) {
    it(`wait for more after ${JSON.stringify(line)}`, () =>
      expect(parseLines(line).is).to.equal('incomplete'));
  }
  for (const line of ['fi', 'echo (', 'a ;; b', '| a']) {
    it(`are wrong: ${JSON.stringify(line)}`, () => expect(parseLines(line).is).to.equal('wrong'));
  }
});
