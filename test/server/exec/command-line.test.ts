import { expect } from 'chai';
import { parseCommandLine, LINE_MAX, WORDS_MAX } from '../../../server/exec/command-line/parse.ts';
import { CommandLineError, textOf } from '../../../server/exec/command-line/words.ts';

/** The commands of a line, each as its condition and the texts of its words. */
function commandsOf(line: string): string[][] {
  const parsed = parseCommandLine(line);
  if (parsed.kind === 'script') throw new Error(`a script because of ${parsed.syntax}`);
  return parsed.commands.map(({ when, words }) => [when, ...words.map(textOf)]);
}

const wordsOf = (line: string): string[] => commandsOf(line)[0]?.slice(1) ?? [];

describe('the parser of command lines', () => {
  for (const [line, words] of [
    ['scp -t /tmp', ['scp', '-t', '/tmp']],
    ['  a \t b  ', ['a', 'b']],
    ["'a b' c", ['a b', 'c']],
    ['"a b"c d', ['a bc', 'd']],
    ['a\'b\'"c"\\d', ['abcd']],
    ['\'\' ""', ['', '']],
    ['a\\ b', ['a b']],
    ['"a\\"b\\\\c\\d"', ['a"b\\c\\d']],
    ["'a\\b'", ['a\\b']],
    ['a\\\nb', ['ab']],
    ['"a\\\nb"', ['ab']],
    ["'a\nb' c", ['a\nb', 'c']],
    ["d\\ x\\'\\$y/", ["d x'$y/"]],
    ['a#b', ['a#b']],
    ['x a={} {} {a}', ['x', 'a={}', '{}', '{a}']],
    ["'\udcff' \udc80x", ['\udcff', '\udc80x']],
    ['end\\', ['end\\']],
    ["'if' x", ['if', 'x']],
    ['\\if x', ['if', 'x']],
    ['echo if', ['echo', 'if']],
    ['""A=b', ['A=b']],
  ] as const) {
    it(`reads ${JSON.stringify(line)} as ${JSON.stringify(words)}`, () => {
      expect(wordsOf(line)).to.deep.equal(words);
    });
  }

  it('reads several commands with when each of them runs', () => {
    expect(commandsOf('cd d && ls; pwd || a\nb\n')).to.deep.equal([
      ['always', 'cd', 'd'],
      ['after success', 'ls'],
      ['always', 'pwd'],
      ['after failure', 'a'],
      ['always', 'b'],
    ]);
    expect(commandsOf('a &&\n\n b;')).to.deep.equal([
      ['always', 'a'],
      ['after success', 'b'],
    ]);
    expect(commandsOf('')).to.deep.equal([]);
  });

  for (const [line, syntax] of [
    ['a | b', '|'],
    ['a > f', '>'],
    ["cat <<X\nit's\nX", '<'],
    ['a &', '&'],
    ['echo $x', '$'],
    ['echo "$x"', '$'],
    ['echo `x`', '`'],
    ['echo "`x`"', '`'],
    ['(a)', '('],
    ["a # it's", '#'],
    ['A=b c', '='],
    ['while true; do :; done', 'while'],
    ['{ a; }', '{'],
    ['! a', '!'],
    ['a;; b', ';;'],
    ['ls {a,b}', '{'],
    ['ls {1..3}', '{'],
  ] as const) {
    it(`leaves ${JSON.stringify(line)} to a shell`, () => {
      expect(parseCommandLine(line)).to.deep.equal({ kind: 'script', syntax });
    });
  }

  for (const [line, message] of [
    ["a 'b", "a quote (') is not closed"],
    ['a "b', 'a quote (") is not closed'],
    ['; a', 'syntax error: unexpected ;'],
    ['a && && b', 'syntax error: unexpected &&'],
    ['a &&', 'syntax error: unexpected end of the line'],
    ['a\0b', 'the command line holds a NUL byte'],
    ['x'.repeat(LINE_MAX + 1), `the command line is longer than ${LINE_MAX} characters`],
    ['x '.repeat(WORDS_MAX + 1), `the command line has more than ${WORDS_MAX} words`],
  ] as const) {
    it(`refuses ${JSON.stringify(line.slice(0, 20))}: ${message}`, () => {
      expect(() => parseCommandLine(line)).to.throw(CommandLineError, message);
    });
  }

  it('reads a line of a mebibyte at once', () => {
    const started = performance.now();
    expect(wordsOf(`echo ${"'a'".repeat(300_000)}`)[1]).to.equal('a'.repeat(300_000));
    expect(wordsOf('x'.repeat(LINE_MAX))).to.have.length(1);
    expect(performance.now() - started).to.be.below(5000);
  });
});
