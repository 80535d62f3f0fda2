import { expect } from 'chai';
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireProgram } from '../../support/require-program.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { twinTrees } from '../../support/twin-trees.ts';

/** A tree with one of everything that makes a difference. */
function makeTree(directory: string): void {
  const at = (name: string): string => join(directory, name);
  for (const [name, content, mode] of [
    ['file', 'old content, longer than what comes', 0o640],
    ['run', '#!/bin/sh\n', 0o755],
    ['zeros', Buffer.alloc(300_000), 0o644],
    ['large', Buffer.alloc(700_001, 'abc'), 0o600],
    ['empty', '', 0o644],
    ['sp ace', 'x', 0o644],
    ['new\nline\\', 'n', 0o644],
    ['setuid', 's', 0o4755],
  ] as const) {
    writeFileSync(at(name), content);
    chmodSync(at(name), mode);
    utimesSync(at(name), 1_000_000_000, 1_100_000_000);
  }
  mkdirSync(at('dir/sub'), { recursive: true });
  writeFileSync(at('dir/one'), '1');
  writeFileSync(at('dir/sub/two'), '22');
  symlinkSync('one', at('dir/to-one'));
  symlinkSync('missing', at('dir/dangling'));
  symlinkSync('file', at('to-file'));
  symlinkSync('dir', at('to-dir'));
  symlinkSync('fresh', at('to-fresh'));
  linkSync(at('file'), at('other-name'));
  mkdirSync(at('hollow'));
  chmodSync(at('dir/sub'), 0o700);
}

const bytes = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const OK = '\0';
/** The host moves them when a file is read, a storage does not. */
const withoutAccessTimes = (output: Buffer): string =>
  output.toString('latin1').replace(/^(T\d+ 0) \d+ 0$/gm, '$1');

describe('scp as the remote side, compared with the real one', () => {
  let scp: string;
  before(function () {
    scp = requireProgram(this, 'scp');
  });
  const scratch = temporaryDirectory();

  /** Runs both on the same tree with the same input; what comes out must be the same, and so must the trees. */
  async function sameAs(args: string, input: string | Buffer): Promise<string> {
    const twins = await twinTrees(scratch(), makeTree);
    const real = await twins.real(scp, args.split(' '), input);
    const ours = await twins.ours(`scp ${args}`, { input });
    expect(withoutAccessTimes(ours.output)).to.equal(withoutAccessTimes(real.output));
    expect(real.stderr).to.contain(ours.stderr);
    expect(ours.status, 'status').to.equal(real.status);
    const trees = await twins.compare();
    expect(trees.ours).to.deep.equal(trees.real);
    return withoutAccessTimes(real.output);
  }

  for (const [what, args, input] of [
    ['a new file', '-t fresh', bytes('C0644 5 name\n', 'hello', OK)],
    ['a new file with a mode that the umask cuts', '-t fresh', bytes('C0777 5 name\n', 'hello', OK)],
    ['a file in a directory', '-t dir', bytes('C0640 5 name\n', 'hello', OK)],
    ['a file over another, which keeps its mode', '-t run', bytes('C0600 2 name\n', 'hi', OK)],
    ['a file over another with its mode (-p)', '-p -t run', bytes('C0600 2 name\n', 'hi', OK)],
    ['a file over one with two names', '-t file', bytes('C0644 2 name\n', 'hi', OK)],
    ['a file over a symlink', '-t to-file', bytes('C0644 2 name\n', 'hi', OK)],
    ['a file over a dangling symlink', '-t to-fresh', bytes('C0644 2 name\n', 'hi', OK)],
    ['a file over one that was set-user-id', '-t setuid', bytes('C0644 2 name\n', 'hi', OK)],
    ['an empty file', '-t fresh', bytes('C0644 0 name\n', OK)],
    ['a large file', '-t fresh', bytes('C0644 900001 name\n', Buffer.alloc(900_001, 'xyz'), OK)],
    ['times (-p)', '-p -t fresh', bytes('T1111111111 0 1222222222 0\n', 'C0400 1 a\n', 'x', OK)],
    ['times with fractions', '-p -t dir', bytes('T1111111111 500000 1222222222 0\n', 'C0444 1 a\n', 'x', OK)],
    ['special bits without -p', '-t fresh', bytes('C0755 1 a\n', 'x', OK)],
    ['a name with spaces and odd bytes', '-t dir', bytes('C0644 1  a b\tc\\ \n', 'x', OK)],
    ['several files', '-t dir', bytes('C0644 1 a\n', 'x', OK, 'C0644 1 b\n', 'y', OK)],
    [
      'an error between files',
      '-t dir',
      bytes('C0644 1 a\n', 'x', OK, '\x01scp: sorry\n', 'C0644 1 b\n', 'y', OK),
    ],
    ['a fatal error', '-t dir', bytes('\x02gone\n', 'C0644 1 b\n', 'y', OK)],
    ['a tree', '-r -t hollow', bytes('D0755 0 d\n', 'C0644 1 a\n', 'x', OK, 'D0700 0 e\n', 'E\n', 'E\n')],
    ['a tree to a new name', '-r -t made', bytes('D0755 0 d\n', 'C0644 1 a\n', 'x', OK, 'E\n')],
    ['a tree over another', '-r -t .', bytes('D0711 0 dir\n', 'C0644 1 one\n', 'x', OK, 'E\n')],
    ['a tree over another (-p)', '-rp -t .', bytes('T9 0 9 0\n', 'D0711 0 dir\n', 'E\n')],
    [
      'a directory that nobody may write',
      '-r -t hollow',
      bytes('D0500 0 d\n', 'C0400 1 a\n', 'x', OK, 'E\n'),
    ],
    ['a directory over a file', '-r -t .', bytes('D0755 0 file\n', 'C0644 1 a\n', 'x', OK, 'E\n')],
    ['a file over a directory', '-t .', bytes('C0644 1 dir\n')],
    ['a file into what is not there', '-t no/where', bytes('C0644 1 a\n')],
    ['an E too many', '-r -t hollow', bytes('E\n', 'C0644 1 a\n', 'x', OK)],
    ['a directory that is asked for', '-d -t hollow', bytes('C0644 1 a\n', 'x', OK)],
    ['a file where a directory is asked for', '-d -t file', bytes('C0644 1 a\n', 'x', OK)],
    ['nothing where a directory is asked for', '-d -t missing', bytes('C0644 1 a\n', 'x', OK)],
    ['nothing at all', '-t dir', ''],
    ['two targets', '-t a b', ''],
    ['a directory without -r', '-t hollow', bytes('D0755 0 d\n')],
    ['the name ..', '-t dir', bytes('C0644 1 ..\n', 'x', OK)],
    ['the name .', '-t dir', bytes('C0644 1 .\n', 'x', OK)],
    ['a name with a slash', '-t dir', bytes('C0644 1 a/b\n', 'x', OK)],
    ['an empty name', '-t dir', bytes('C0644 1 \n', 'x', OK)],
    ['a directory named ..', '-r -t dir', bytes('D0755 0 ..\n', 'E\n')],
    ['no record', '-t dir', bytes('hello\n')],
    ['no record after one', '-t dir', bytes('C0644 1 a\n', 'x', OK, 'hello\n')],
    ['an empty line', '-t dir', bytes('\n')],
    ['half a line', '-t dir', bytes('C0644 1')],
    ['a bad mode', '-t dir', bytes('C0984 1 a\n')],
    ['a short mode', '-t dir', bytes('C644 1 a\n')],
    ['no size', '-t dir', bytes('C0644 x a\n')],
    ['a negative size', '-t dir', bytes('C0644 -1 a\n')],
    ['a size of 2^64', '-t dir', bytes('C0644 18446744073709551616 a\n')],
    ['a size of 2^63', '-t dir', bytes('C0644 9223372036854775808 a\n')],
    ['a size and no name', '-t dir', bytes('C0644 1\n')],
    ['times that are none', '-p -t dir', bytes('Tx 0 1 0\n')],
    ['times without fractions', '-p -t dir', bytes('T1 1\n')],
    ['times with a fraction too large', '-p -t dir', bytes('T1 1000000 1 0\n')],
    ['times with an end too many', '-p -t dir', bytes('T1 0 1 0 0\n')],
    ['a line of 3,000 bytes', '-t dir', bytes(`C0644 1 ${'n'.repeat(3000)}\n`)],
    ['a name of 300 bytes', '-t dir', bytes(`C0644 1 ${'n'.repeat(300)}\n`)],
  ] as const) {
    it(`takes ${what}`, async () => {
      await sameAs(args, input);
    });
  }

  for (const [what, args, answers] of [
    ['a file', '-f file', 3],
    ['an empty file', '-f empty', 3],
    ['a large file', '-f large', 3],
    ['zeros', '-f zeros', 3],
    ['with times (-p)', '-p -f run', 4],
    ['by a symlink', '-f to-file', 3],
    ['by a path', '-f dir/sub/two', 3],
    ['with a slash at its end', '-f file/', 3],
    ['a set-user-id program', '-f setuid', 3],
    ['several files and a missing one', '-f file missing run', 8],
    ['a directory without -r', '-f dir', 2],
    ['a directory among files', '-f file dir run', 8],
    ['an empty directory', '-r -f hollow', 4],
    ['a directory with a slash', '-r -f hollow/', 4],
    ['an empty directory by a symlink, with times', '-rp -f hollow', 5],
    ['nothing', '-f', 2],
    ['verbosely', '-v -f file', 3],
    ['to a side that refuses', '-f file run', 0],
  ] as const) {
    it(`sends ${what}`, async () => {
      const input = answers === 0 ? '\0\x01no\n\0\0\0' : OK.repeat(answers);
      await sameAs(args, input);
    });
  }

  it('sends to a side that ends the transfer', async () => {
    await sameAs('-f file run', '\0\x02no\n\0\0\0');
  });

  it('sends to a side that goes away', async () => {
    await sameAs('-f large', '\0');
  });

  it('sends a name with a newline as the real one writes it', async () => {
    const twins = await twinTrees(scratch(), makeTree);
    const real = await twins.real(scp, ['-f', 'new\nline\\'], OK.repeat(3));
    const ours = await twins.ours("scp -f 'new\nline\\'", { input: OK.repeat(3) });
    expect(ours.output.toString()).to.equal(real.output.toString());
    expect(real.output.toString()).to.contain('\\^J');
  });

  it('sends a tree, as the same set of records', async () => {
    const twins = await twinTrees(scratch(), makeTree);
    const input = OK.repeat(40);
    const real = await twins.real(scp, ['-r', '-f', 'dir'], input);
    const ours = await twins.ours('scp -r -f dir', { input });
    const sorted = (output: Buffer): string[] =>
      output
        .toString('latin1')
        .split(/[\n\0]/)
        .sort();
    expect(sorted(ours.output)).to.deep.equal(sorted(real.output));
    expect(ours.status).to.equal(real.status);
  });
});
