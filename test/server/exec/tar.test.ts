import { expect } from 'chai';
import {
  chmodSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeHeader, type TarHeader } from '../../../server/exec/tar/header.ts';
import { TarWriter } from '../../../server/exec/tar/writer.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { execBench, type ExecBench, type Ran } from '../../support/exec.ts';
import { noise } from '../../support/local-tree.ts';
import { requireProgram } from '../../support/require-program.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { treeOf } from '../../support/tree-of.ts';
import { twinTrees, type TwinTrees } from '../../support/twin-trees.ts';

const OLD = 1_100_000_000;
const LONG = 'long-name-'.repeat(20);

function makeTree(directory: string): void {
  const at = (name: string): string => join(directory, name);
  mkdirSync(at('dir/sub/deeper'), { recursive: true });
  mkdirSync(at(`dir/${LONG}/${LONG}`), { recursive: true });
  for (const [name, content, mode] of [
    ['a', 'one\n', 0o644],
    ['dir/run', '#!/bin/sh\n', 0o755],
    ['dir/sub/two', noise(300_000), 0o640],
    ['dir/sub/empty', '', 0o600],
    [`dir/${LONG}/${LONG}/${LONG}`, 'deep', 0o644],
    ['dir/new\nline\\', 'n', 0o644],
    ['dir/é', 'utf8', 0o644],
  ] as const) {
    writeFileSync(at(name), content);
    chmodSync(at(name), mode);
  }
  writeFileSync(Buffer.concat([Buffer.from(at('dir/')), Buffer.from([0xff, 0x80])]), 'bytes');
  symlinkSync('a', at('link'));
  symlinkSync(`${LONG}/${LONG}`, at('dir/longlink'));
  linkSync(at('a'), at('dir/hard'));
  const sparse = openSync(at('dir/sparse'), 'w');
  writeSync(sparse, noise(1000), 0, 1000, 0);
  writeSync(sparse, noise(1000), 0, 1000, 3_000_000);
  ftruncateSync(sparse, 5_000_000);
  closeSync(sparse);
  for (const name of ['a', 'dir/run', 'dir/sub/two', 'dir/sparse', 'dir/sub', 'dir'])
    utimesSync(at(name), OLD, OLD);
}

describe('tar', () => {
  let real: string;
  before(function () {
    real = requireProgram(this, 'tar');
  });
  const scratch = temporaryDirectory();
  const directory = (name: string): string => {
    const path = join(scratch(), name);
    mkdirSync(path);
    return path;
  };

  /** An archive that the real tar makes of the tree. */
  const archiveOf = async (twins: TwinTrees, ...flags: string[]): Promise<Buffer> => {
    const made = await twins.real(real, ['cf', '-', ...flags, '.']);
    expect(made.status, made.stderr).to.equal(0);
    return made.output;
  };

  for (const flags of [
    ['--format=gnu'],
    ['--format=pax'],
    ['--format=gnu', '-S'],
    ['--format=oldgnu', '-S'],
    ['--format=pax', '-S'],
    ['--format=pax', '-S', '--sparse-version=0.1'],
    ['-z'],
  ]) {
    it(`extracts what the real one made with ${flags.join(' ')}`, async () => {
      const twins = await twinTrees(scratch(), makeTree);
      const archive = await archiveOf(twins, ...flags);
      const fresh = await twinTrees(directory('fresh'));
      const ran = await fresh.ours(`tar x${flags.includes('-z') ? 'z' : ''}pf -`, { input: archive });
      expect(ran).to.deep.include({ status: 0, stderr: '' });
      expect((await fresh.compare()).ours).to.deep.equal((await twins.compare()).real);
      const { used } = await fresh.storage.lstat('/dir/sparse' as VfsPath, {});
      expect(used).to.be.below(300_000);
    });
  }

  for (const flags of ['cf -', 'czf -', '-c -f -', 'c']) {
    it(`makes with ${flags} what the real one extracts`, async () => {
      const twins = await twinTrees(scratch(), makeTree);
      const ran = await twins.ours(`tar ${flags} .`);
      expect(ran).to.deep.include({ status: 0, stderr: '' });
      const fresh = await twinTrees(directory('fresh'));
      const extracted = await fresh.real(real, [flags.includes('z') ? 'xzpf' : 'xpf', '-'], ran.output);
      expect(extracted).to.include({ status: 0, stderr: '' });
      expect((await fresh.compare()).real).to.deep.equal((await twins.compare()).ours);
    });
  }

  it('lists as the real one does', async () => {
    const twins = await twinTrees(scratch(), makeTree);
    const archive = await archiveOf(twins, '--sort=name');
    for (const flags of [
      'tf -',
      'tvf -',
      'tf - ./dir/sub',
      "tf - --exclude='*sub*'",
      'tvf - --numeric-owner',
    ]) {
      const words = flags.replaceAll("'", '').split(' ');
      const expected = await twins.real(real, words, archive);
      const ran = await twins.ours(`tar ${flags}`, { input: archive });
      const lines = (text: string): string[] =>
        text.split('\n').filter((line) => !line.includes('\\') && !line.includes('é'));
      expect(lines(ran.stdout)).to.deep.equal(lines(expected.output.toString('latin1')));
      expect(ran.status).to.equal(expected.status);
    }
  });

  it('goes through an archive in the storage, both ways, and by -C', async () => {
    const twins = await twinTrees(scratch(), makeTree);
    expect(await twins.ours('tar czvf backup.tgz -C dir sub run')).to.deep.include({
      status: 0,
      stdout: 'sub/\nsub/deeper/\nsub/empty\nsub/two\nrun\n',
    });
    expect(await twins.ours('mkdir out && tar xf backup.tgz -C out sub/two')).to.deep.include({
      status: 0,
      stderr: '',
    });
    expect((await twins.ours('find out -type f')).stdout).to.equal('out/sub/two\n');
    expect((await twins.ours('tar xOf backup.tgz run')).stdout).to.equal('#!/bin/sh\n');
    expect((await twins.ours('tar xf backup.tgz --strip-components=1 sub/two && ls two')).stdout).to.equal(
      'two\n',
    );
  });

  it('keeps modes only with -p, and times unless told otherwise', async () => {
    const twins = await twinTrees(scratch(), (directory) => {
      writeFileSync(join(directory, 'open'), 'x');
      chmodSync(join(directory, 'open'), 0o666);
      utimesSync(join(directory, 'open'), OLD, OLD);
    });
    const archive = await archiveOf(twins);
    const modeAfter = async (flags: string): Promise<string> => {
      await twins.ours(`mkdir -p out && tar ${flags} -C out`, { input: archive });
      return (await twins.ours('stat -c %a,%Y out/open')).stdout.trim();
    };
    expect(await modeAfter('xf -')).to.equal(`644,${OLD}`);
    expect(await modeAfter('xpf -')).to.equal(`666,${OLD}`);
    expect(await modeAfter('xmf -')).to.match(/^644,(?!1100000000)/);
  });
});

type Member = Partial<TarHeader> & { readonly content?: string };

/** An archive of our own, for what no tar would make. */
async function archive(...entries: readonly Member[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const writer = new TarWriter(async (bytes) => void parts.push(bytes));
  for (const { content = '', ...given } of entries) {
    const nothing = Buffer.alloc(0);
    const usual = {
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: OLD,
      user: nothing,
      group: nothing,
      name: nothing,
      link: nothing,
    } as const;
    await writer.header({ ...usual, size: content.length, ...given });
    await writer.content(Buffer.from(content));
    await writer.pad(content.length);
  }
  await writer.end();
  return Buffer.concat(parts);
}

const named = (name: string): Buffer => Buffer.from(name);

describe('tar, given what it must not take', () => {
  let bench: ExecBench;
  beforeEach(async () => {
    bench = await execBench();
    await bench.storage.mkdir('/in' as VfsPath, 0o755, {});
    await bench.storage.mkdir('/out' as VfsPath, 0o755, {});
    await bench.write('/out/secret', 'secret');
  });

  const extract = async (...entries: readonly Member[]): Promise<Ran> =>
    bench.run('tar x -C in', { input: await archive(...entries) });

  /** Everything outside of `in` is as it was. */
  const expectNothingOutside = async (): Promise<void> => {
    const outside = [...(await treeOf(bench.storage)).keys()]
      .filter((path) => !path.startsWith('/in'))
      .sort();
    expect(outside).to.deep.equal(['/out', '/out/secret']);
    expect(await bench.read('/out/secret')).to.equal('secret');
    expect((await bench.storage.lstat('/out' as VfsPath, {})).mode).to.equal(0o755);
  };

  for (const [what, entries, message] of [
    ['a name with ..', [{ name: named('../evil'), content: 'x' }], "../evil: Member name contains '..'"],
    [
      'a name with .. in the middle',
      [{ name: named('a/../../evil'), content: 'x' }],
      "Member name contains '..'",
    ],
    [
      'a symlink out and a file through it',
      [
        { type: 'symlink', name: named('l'), link: named('../out') },
        { name: named('l/secret'), content: 'changed' },
      ],
      'l/secret: Cannot open: Permission denied',
    ],
    [
      'an absolute symlink and a directory through it',
      [
        { type: 'symlink', name: named('l'), link: named('/out') },
        { type: 'directory', name: named('l/d/'), mode: 0o700 },
        { name: named('l/x/y'), content: 'changed' },
      ],
      'Permission denied',
    ],
    [
      'a hard link to what is outside',
      [{ type: 'hard link', name: named('h'), link: named('../out/secret') }],
      'Permission denied',
    ],
    ['a device', [{ type: 'other', name: named('dev') }], 'Cannot mknod'],
  ] as readonly (readonly [string, readonly Member[], string])[]) {
    it(`refuses ${what}`, async () => {
      const input = await archive(...entries);
      if (what === 'a device') {
        input[156] = 0x33;
        input.write('        ', 148, 'latin1');
        const sum = input.subarray(0, 512).reduce((total, byte) => total + byte, 0);
        input.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      }
      const { status, stderr } = await bench.run('tar x -C in', { input });
      expect(status).to.equal(2);
      expect(stderr).to.contain(message);
      await expectNothingOutside();
    });
  }

  it('leaves the mode of what a symlink leads to, when a directory of its name comes', async () => {
    const { status } = await extract(
      { type: 'symlink', name: named('l'), link: named('../out') },
      { type: 'directory', name: named('l/'), mode: 0o700 },
      { name: named('l/f'), content: 'x' },
    );
    expect(status).to.equal(0);
    expect(await bench.read('/in/l/f')).to.equal('x');
    await expectNothingOutside();
  });

  it('leaves the mode of what a symlink leads to, when it takes the place of a directory', async () => {
    await extract(
      { type: 'directory', name: named('l/'), mode: 0o700 },
      { type: 'symlink', name: named('l'), link: named('../out') },
    );
    await expectNothingOutside();
  });

  it('takes an absolute name as one below, and says so once', async () => {
    const { status, stderr } = await extract(
      { name: named('/a'), content: 'x' },
      { name: named('//b'), content: 'y' },
    );
    expect({ status, stderr }).to.deep.equal({
      status: 0,
      stderr: "tar: Removing leading `/' from member names\n",
    });
    expect(await bench.read('/in/a')).to.equal('x');
  });

  it('replaces a symlink by the file that has its name', async () => {
    await bench.storage.symlink('../out/secret', '/in/l' as VfsPath, {});
    expect((await extract({ name: named('l'), content: 'new' })).status).to.equal(0);
    expect(await bench.read('/in/l')).to.equal('new');
    await expectNothingOutside();
  });

  for (const [what, input, message] of [
    ['rubbish', Buffer.alloc(2000, 'rubbish'), 'This does not look like a tar archive'],
    [
      'half an archive',
      Buffer.from(
        encodeHeader({
          type: 'file',
          name: named('a'),
          link: named(''),
          mode: 0o644,
          uid: 0,
          gid: 0,
          size: 1000,
          mtime: 0,
          user: named(''),
          group: named(''),
        }),
      ),
      'Unexpected EOF in archive',
    ],
    [
      'damaged gzip',
      gzipSync(Buffer.alloc(100_000)).subarray(0, 60),
      'gzip: the compressed data are damaged or end too early',
    ],
    [
      'a size of 2^63',
      encodeHeader({
        type: 'file',
        name: named('a'),
        link: named(''),
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: 2 ** 63,
        mtime: 0,
        user: named(''),
        group: named(''),
      }),
      'out of range',
    ],
  ] as const) {
    it(`ends with a line for ${what}`, async () => {
      const { status, stderr } = await bench.run('tar x -C in', { input });
      expect(status).to.equal(2);
      expect(stderr).to.contain(message);
      expect(stderr).to.match(/Error is not recoverable: exiting now\n$|due to previous errors\n$/);
    });
  }

  for (const [line, message] of [
    ['tar', "You must specify one of the '-ctx' options"],
    ['tar xc', 'more than one'],
    ['tar c', 'Cowardly refusing to create an empty archive'],
    ['tar xjf x', 'gzip'],
    ['tar x --nonsense', "unrecognized option '--nonsense'"],
    ['tar xf missing', 'No such file or directory'],
    ['tar x -C missing', 'No such file or directory'],
  ] as const) {
    it(`says what is wrong with ${line}`, async () => {
      const { status, stderr } = await bench.run(line);
      expect(status).to.equal(2);
      expect(stderr).to.contain(message);
    });
  }
});
