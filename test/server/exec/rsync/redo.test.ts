import { expect } from 'chai';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBlockSum } from '../../../../server/exec/rsync/sums/checksums.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { override, stack, type Layer } from '../../../../vfs/layer.ts';
import { vfsPath } from '../../../../vfs/path.ts';
import { filesOf } from '../../../support/files-of.ts';
import { noise } from '../../../support/local-tree.ts';
import { requireProgram } from '../../../support/require-program.ts';
import { startRsyncRemote, type RsyncRemote } from '../../../support/rsync-remote.ts';
import { runProgram } from '../../../support/run-program.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { describe as describeTree, normalized } from './matrix-run.ts';

const BLOCK = 700;
/** Bytes of a block's strong sum that a first pass compares for so short a file. */
const SHORT_SUM = 2;
const SEED = 7;
/** What blocks are summed with: md5 where it can be chosen, and md4 at protocols that know nothing else. */
function optionsAt(protocol: number): string[] {
  const options = ['-aI', '--no-whole-file', `--block-size=${BLOCK}`, `--checksum-seed=${SEED}`];
  return protocol < 30 ? options : [...options, '--checksum-choice=md5'];
}

/** The beginning of a block's sum, as both sides take it; with the compat flag `C` where there are flags. */
async function shortSums(protocol: number): Promise<(block: Uint8Array) => string> {
  const name = protocol < 30 ? 'md4' : 'md5';
  const sum = await createBlockSum({ name, listName: name, seed: SEED, seedFirst: protocol >= 30 });
  return (block) => Buffer.from(sum(block)).toString('hex', 0, SHORT_SUM);
}

/**
 * Another block with the same rolling sum and the same beginning of its strong sum. There are some two million to
 * try, of which one in 65,536 will do.
 */
function twinOf(block: Uint8Array, shortSum: (block: Uint8Array) => string): Buffer {
  const wanted = shortSum(block);
  for (let change = 1; change <= 8; change++) {
    for (let i = 0; i + 1 < BLOCK; i++) {
      for (let j = i + 2; j + 1 < BLOCK; j++) {
        const other = Buffer.from(block);
        // Some up and as many down next to it, and the reverse elsewhere: both halves of the rolling sum stay.
        for (const [at, by] of [
          [i, change],
          [i + 1, -change],
          [j, -change],
          [j + 1, change],
        ] as const)
          other[at] = (other[at] as number) + by;
        if (shortSum(other) === wanted) return other;
      }
    }
  }
  throw new Error('no block has the same sums');
}

/** Bytes that can be up to sixteen more or less without changing their sign. */
function plainBlock(): Buffer {
  return Buffer.from(noise(BLOCK).map((byte) => 20 + (byte % 80)));
}

describe('an rsync file that does not come out right', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  let remote: RsyncRemote;
  let host: VfsBackend | undefined;

  before(function () {
    requireProgram(this, 'rsync');
  });
  afterEach(async () => {
    await remote.idle();
    await remote.stop();
    await host?.dispose();
    host = undefined;
  });

  describe('because a block is taken for another one', () => {
    const place = (...path: string[]): string => join(directory(), ...path);

    /** A source and an older destination that differ in one block, which has the short sums of the one before it. */
    async function makeTrees(protocol: number): Promise<void> {
      const [begin, end] = [plainBlock(), plainBlock()];
      const block = plainBlock();
      for (const [tree, middle] of [
        ['new', twinOf(block, await shortSums(protocol))],
        ['old', block],
      ] as const) {
        mkdirSync(place(tree), { recursive: true });
        writeFileSync(place(tree, 'file'), Buffer.concat([begin, middle, end]));
        writeFileSync(place(tree, 'other'), `other of ${tree}`);
        for (const name of ['file', 'other'])
          utimesSync(place(tree, name), 1_000_000_000, tree === 'new' ? 2e9 : 1e9);
      }
      writeFileSync(place('real'), '#!/bin/sh\nshift\ncd "$REMOTE_HOME" && eval "$*"\n', { mode: 0o755 });
    }

    async function outcomeOf(whose: 'real' | 'ours', direction: 'push' | 'pull', protocol: number) {
      const work = place(`${whose}-${direction}-${protocol}`);
      mkdirSync(work);
      for (const tree of ['new', 'old']) await runProgram('cp', ['-a', place(tree), join(work, tree)]);
      const shell = whose === 'real' ? place('real') : remote.shell;
      const far = whose === 'real' ? 'host:' : `host:/${whose}-${direction}-${protocol}/`;
      const [from, to] = direction === 'push' ? ['new/', `${far}old/`] : [`${far}new/`, 'old/'];
      const { status, stdout, stderr } = await runProgram(
        'rsync',
        ['-e', shell, `--protocol=${protocol}`, '-i', ...optionsAt(protocol), from, to],
        { cwd: work, env: { REMOTE_HOME: work, LC_ALL: 'C' } },
      );
      return { status, said: normalized(stdout + stderr, work), tree: describeTree(join(work, 'old')) };
    }

    for (const direction of ['push', 'pull'] as const) {
      for (const protocol of [27, 28, 29, 30, 31, 32]) {
        it(`is sent again with whole sums, as by its own server: ${direction}, protocol ${protocol}`, async () => {
          await makeTrees(protocol);
          host = await HostBackend.open(directory());
          remote = await startRsyncRemote(host);
          const real = await outcomeOf('real', direction, protocol);
          const ours = await outcomeOf('ours', direction, protocol);
          expect(real.said.join('\n')).to.contain('failed verification -- update discarded (will try again)');
          expect(ours).to.deep.equal(real);
          expect(ours.status).to.equal(0);
          expect(readFileSync(place(`ours-${direction}-${protocol}`, 'old', 'file'))).to.deep.equal(
            readFileSync(place('new', 'file')),
          );
        });
      }
    }
  });

  describe('because what is there changes while it is read', () => {
    const old = noise(100_000);
    const wanted = Buffer.concat([old.subarray(0, 60_000), Buffer.from('more'), old.subarray(60_000)]);

    /** Answers other bytes of the file to whoever opens it, from the second time on, and so often. */
    function changing(times: number): Layer {
      let opened = 0;
      const wrong = new Set<number>();
      return override((next) => ({
        open: async (call) => {
          const handle = await next(call);
          if (call.args[0] !== '/dest/file' || call.args[1].access !== 'r') return handle;
          // Each pass opens it for the sums first, and then to copy from it.
          opened += 1;
          if (opened % 2 === 0 && opened / 2 <= times) wrong.add(handle);
          return handle;
        },
        read: async (call) => {
          const bytes = await next(call);
          return wrong.has(call.args[0]) ? bytes.map((byte) => byte ^ 1) : bytes;
        },
        close: async (call) => {
          wrong.delete(call.args[0]);
          return next(call);
        },
      }));
    }

    async function push(times: number, ...more: string[]) {
      const backend = new MemoryBackend();
      const files = filesOf(backend);
      await backend.mkdir(vfsPath('/dest'), 0o755, {});
      await files.put('/dest/file', old);
      remote = await startRsyncRemote(stack(backend, changing(times)));
      writeFileSync(join(directory(), 'file'), wanted);
      const run = await runProgram(
        'rsync',
        ['-e', remote.shell, '-aI', '--no-whole-file', ...more, join(directory(), 'file'), 'host:/dest/'],
        { env: { LC_ALL: 'C' } },
      );
      const names = (await backend.readdir(vfsPath('/dest'), { limit: 10 }, {})).map(({ name }) => name);
      return {
        ...run,
        said: run.stdout + run.stderr,
        content: Buffer.from(await files.get('/dest/file')),
        names,
      };
    }

    it('is sent a second time', async () => {
      const { status, said, content, names } = await push(1);
      expect(said).to.equal('WARNING: file failed verification -- update discarded (will try again).\n');
      expect(status).to.equal(0);
      expect(content.equals(wanted)).to.equal(true);
      expect(names).to.deep.equal(['file']);
    });

    it('is given up the second time: the old file stays, and the run says so at its end', async () => {
      const { status, said, content, names } = await push(2);
      expect(said).to.contain('WARNING: file failed verification -- update discarded (will try again).\n');
      expect(said).to.contain('ERROR: file failed verification -- update discarded.\n');
      expect(status).to.equal(23);
      expect(content.equals(old)).to.equal(true);
      expect(names).to.deep.equal(['file']);
    });
  });
});
