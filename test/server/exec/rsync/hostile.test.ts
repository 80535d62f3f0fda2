import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { rsync } from '../../../../server/exec/rsync/rsync.ts';
import { mount } from '../../../../server/mount.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { ROOT, vfsPath } from '../../../../vfs/path.ts';
import { captureLog, type CapturedLog } from '../../../support/captured-log.ts';
import { noise } from '../../../support/local-tree.ts';
import { hasXattrs, setLocalXattrs } from '../../../support/local-xattrs.ts';
import { requireProgram } from '../../../support/require-program.ts';
import { ACCOUNT, startRsyncRemote } from '../../../support/rsync-remote.ts';
import { runProgram } from '../../../support/run-program.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { treeOf } from '../../../support/tree-of.ts';

const ROUNDS = 60;

interface Replay {
  readonly status: number;
  readonly log: CapturedLog;
  readonly backend: VfsBackend;
}

/** Gives a session these bytes and then the end of the input. */
async function replay(args: readonly string[], bytes: Uint8Array, storage?: VfsBackend): Promise<Replay> {
  const backend = storage ?? new MemoryBackend();
  if (storage === undefined) await backend.mkdir(vfsPath('/dest'), 0o755, {});
  const log = captureLog();
  const stdin = new PassThrough();
  const sink = (): Writable => new Writable({ write: (_bytes, _encoding, done) => done() });
  stdin.end(bytes);
  const status = await rsync({
    args,
    cwd: ROOT,
    env: {},
    stdin,
    stdout: sink(),
    stderr: sink(),
    mount: mount({ backend, account: { ...ACCOUNT, readOnly: false, denied: [] }, session: 'test', log }),
    account: ACCOUNT,
    names: { user: () => undefined, group: () => undefined },
    umask: 0o022,
    signal: new AbortController().signal,
    now: () => 0,
    log,
  });
  return { status, log, backend };
}

/** The same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

function mutated(bytes: Buffer, next: (below: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let change = 0; change <= next(4); change++) copy[next(copy.length)] = next(256);
  if (next(4) === 0) return copy.subarray(0, next(copy.length));
  if (next(4) === 0)
    return Buffer.concat([copy.subarray(0, next(copy.length)), copy.subarray(next(copy.length))]);
  return copy;
}

describe('an rsync session with a broken or hostile client', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  before(function () {
    requireProgram(this, 'rsync');
  });

  for (const [direction, protocol] of [
    ['push', 32],
    ['push', 29],
    ['pull', 32],
    ['pull', 28],
  ] as const) {
    it(`ends cleanly whatever becomes of a client's bytes: ${direction}, protocol ${protocol}`, async () => {
      const tree = join(directory(), 'tree');
      mkdirSync(join(tree, 'inner'), { recursive: true });
      writeFileSync(join(tree, 'file'), noise(3000));
      writeFileSync(join(tree, 'inner/other'), 'text');
      const remote = await startRsyncRemote(new MemoryBackend());
      await remote.mount.mkdir(vfsPath('/dest'), 0o755, {});
      // Values of extended attributes go to and fro too, where the file system of the test has them.
      const withXattrs = protocol >= 30 && (await hasXattrs(tree));
      if (withXattrs)
        await setLocalXattrs(tree, {
          file: { 'user.long': 'long'.repeat(20) },
          inner: { 'user.short': 's' },
        });
      const options = [
        withXattrs ? '-aHX' : '-aH',
        '--delete',
        '--checksum-seed=1',
        `--protocol=${protocol}`,
        '-e',
        remote.shell,
      ];
      const send = ['rsync', [...options, `${tree}/`, 'host:dest/']] as const;
      expect(await runProgram(...send)).to.include({ status: 0 });
      if (direction === 'pull')
        expect(await runProgram('rsync', [...options, 'host:dest/', join(directory(), 'back')])).to.include({
          status: 0,
        });
      const { args, bytes } = remote.heard;
      await remote.stop();
      const heard = Buffer.concat(bytes);
      const storage = direction === 'pull' ? remote.mount : undefined;
      // Of a push, content can come before its directory has been made.
      expect((await replay(args, heard, storage)).status).to.be.oneOf(direction === 'pull' ? [0] : [0, 23]);
      const next = numbers(protocol);
      for (let round = 0; round < ROUNDS; round++) {
        const { log, backend } = await replay(args, mutated(heard, next), storage);
        expect(log.alarms, `round ${round}`).to.deep.equal([]);
        const outside = [...(await treeOf(backend)).keys()].filter(
          (path) => path !== '/dest' && !path.startsWith('/dest/'),
        );
        expect(outside, `round ${round}`).to.deep.equal([]);
      }
    });
  }

  /** A push of one file of 2,000,000 bytes, cut off after 1,500,000. */
  async function interrupted(...options: string[]): Promise<Replay> {
    writeFileSync(join(directory(), 'file'), noise(2_000_000));
    const remote = await startRsyncRemote(new MemoryBackend());
    await remote.mount.mkdir(vfsPath('/dest'), 0o755, {});
    await runProgram('rsync', [
      '-t',
      ...options,
      '-e',
      remote.shell,
      join(directory(), 'file'),
      'host:dest/',
    ]);
    const { args, bytes } = remote.heard;
    await remote.stop();
    return replay(args, Buffer.concat(bytes).subarray(0, 1_500_000));
  }

  it('lets nothing of an interrupted file be seen', async () => {
    const { status, backend } = await interrupted();
    expect(status).to.equal(12);
    expect([...(await treeOf(backend)).keys()]).to.deep.equal(['/dest']);
  });

  it('keeps what has arrived of an interrupted file with --partial', async () => {
    const { backend } = await interrupted('--partial');
    const kept = (await treeOf(backend)).get(vfsPath('/dest/file'));
    expect(kept?.size).to.be.within(1_000_000, 1_500_000);
    expect(kept?.mtime.seconds).to.equal(0);
  });
});
