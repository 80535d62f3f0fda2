import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { callBackend } from '../../vfs/layer.ts';
import type { VfsPath } from '../../vfs/path.ts';
import { resolveByCalls } from '../../vfs/resolve.ts';
import { randomSource } from '../conformance/expectations.ts';
import { requireProgram, skip } from '../support/require-program.ts';

/**
 * Asks the kernel to resolve paths within a directory as if it were the root: openat2(2) with RESOLVE_IN_ROOT. Reads
 * [path, follow] pairs as JSON, and answers for each the path that was reached, or the name of the error.
 */
const KERNEL = `
import ctypes, errno, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
root = os.open(sys.argv[1], os.O_PATH | os.O_DIRECTORY)
top = os.readlink('/proc/self/fd/%d' % root)
class How(ctypes.Structure):
    _fields_ = [('flags', ctypes.c_uint64), ('mode', ctypes.c_uint64), ('resolve', ctypes.c_uint64)]
def ask(path, follow):
    how = How(os.O_PATH | (0 if follow else os.O_NOFOLLOW), 0, 0x10)
    fd, tries = -1, 0
    while fd < 0 and tries < 1000:
        fd = libc.syscall(437, root, path.encode(), ctypes.byref(how), ctypes.sizeof(how))
        # EAGAIN: something else on the machine was renamed or mounted meanwhile; openat2(2) says to ask again.
        if ctypes.get_errno() != errno.EAGAIN: break
        tries += 1
    if fd < 0: return errno.errorcode[ctypes.get_errno()]
    found = os.readlink('/proc/self/fd/%d' % fd)
    os.close(fd)
    return found[len(top):] or '/'
print(json.dumps([ask(path, follow) for path, follow in json.load(sys.stdin)]))
`;

type Question = readonly [path: string, follow: boolean];

const TREES = 12;
const QUESTIONS = 150;
const NAMES = ['a', 'b', 'c', 'd'];

/** A random tree, made on the host and in memory alike, with symlinks of every kind. */
async function plant(root: string, memory: MemoryBackend, random: (below: number) => number): Promise<void> {
  const directories = [''];
  for (let index = 0; index < 25; index++) {
    const parent = directories[random(directories.length)] as string;
    const path = `${parent}/${NAMES[random(NAMES.length)]}`;
    const kind = random(5);
    try {
      if (kind <= 1) {
        mkdirSync(root + path);
        await memory.mkdir(path as VfsPath, 0o755, {});
        directories.push(path);
      } else if (kind === 2) {
        writeFileSync(root + path, '', { flag: 'wx' });
        await memory.open(path as VfsPath, { access: 'w', create: 'exclusive' }, 0o644, {});
      } else {
        const target = randomPath(random, 4).slice(random(2)) || '.';
        symlinkSync(target, root + path);
        await memory.symlink(target, path as VfsPath, {});
      }
    } catch (error) {
      // The name is taken on the host, so nothing was made in memory either.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** An absolute path of up to `length` names, with `.`, `..`, `//` and a trailing slash here and there. */
function randomPath(random: (below: number) => number, length: number): string {
  const parts = Array.from({ length: 1 + random(length) }, () => {
    const kind = random(10);
    if (kind === 0) return '.';
    if (kind === 1) return '';
    return kind <= 3 ? '..' : (NAMES[random(NAMES.length)] as string);
  });
  return `/${parts.join('/')}${random(6) === 0 ? '/' : ''}`;
}

/** What a resolution says, in the words of the kernel's answer: a name that does not exist is ENOENT there. */
async function said(
  resolution: Promise<{ readonly path: string; readonly stats?: unknown }>,
): Promise<string> {
  try {
    const { path, stats } = await resolution;
    return stats === undefined ? 'ENOENT' : path;
  } catch (error) {
    if (isVfsError(error)) return error.code;
    throw error;
  }
}

describe('the walk of paths', () => {
  it('leads where the kernel is led, on random trees with symlinks, in one step and by calls', async function () {
    this.timeout(60_000);
    const python = requireProgram(this, 'python3');
    const outcomes = new Set<string>();
    for (let tree = 1; tree <= TREES; tree++) {
      const random = randomSource(tree);
      const root = mkdtempSync(join(tmpdir(), 'anyfs-walk-'));
      const memory = new MemoryBackend();
      try {
        await plant(root, memory, random);
        const questions = Array.from({ length: QUESTIONS }, (): Question => [
          randomPath(random, 6),
          random(2) === 0,
        ]);
        const input = JSON.stringify(questions);
        const answers = JSON.parse(
          execFileSync(python, ['-c', KERNEL, root], { input, encoding: 'utf8' }),
        ) as string[];
        if (answers.includes('ENOSYS') || answers.includes('EPERM'))
          skip(this, 'the kernel does not offer openat2 here');
        for (const [index, [path, follow]] of questions.entries()) {
          const last = follow ? 'follow' : 'keep';
          const wanted = answers[index] as string;
          const context = `tree ${tree}: ${path} ${last}`;
          expect(await said(memory.resolve(path as VfsPath, last, {})), context).to.equal(wanted);
          expect(
            await said(resolveByCalls(callBackend(memory), path as VfsPath, last, {})),
            context,
          ).to.equal(wanted);
          outcomes.add(wanted.startsWith('/') ? 'found' : wanted);
        }
      } finally {
        rmSync(root, { recursive: true });
      }
    }
    expect([...outcomes]).to.include.members(['found', 'ENOENT', 'ENOTDIR', 'ELOOP']);
  });

  it('by calls says what the walk inside a store says, directories searched included', async () => {
    const random = randomSource(99);
    const root = mkdtempSync(join(tmpdir(), 'anyfs-walk-'));
    const memory = new MemoryBackend();
    try {
      await plant(root, memory, random);
      for (let turn = 0; turn < 300; turn++) {
        const path = randomPath(random, 6) as VfsPath;
        const outcome = (promise: Promise<unknown>): Promise<unknown> =>
          promise.catch((error: unknown) => (isVfsError(error) ? `${error.code} ${error.path}` : error));
        const inside = await outcome(memory.resolve(path, 'follow', {}));
        const byCalls = await outcome(resolveByCalls(callBackend(memory), path, 'follow', {}));
        expect(byCalls, path).to.deep.equal(inside);
      }
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('by calls passes on what is wrong below, and takes ENOENT alone for a missing name', async () => {
    const memory = new MemoryBackend();
    await memory.mkdir('/d' as VfsPath, 0o755, {});
    await memory.dispose();
    const failure = await said(resolveByCalls(callBackend(memory), '/d/x' as VfsPath, 'keep', {}));
    expect(failure).to.equal('EBADF');
  });
});
