import { constants, type Stats as HostStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { doubleSeconds } from '../../backends/shared/foreign/double-seconds.ts';
import { VfsError } from '../../errors.ts';
import { encodeText } from '../../names.ts';
import { draftName } from '../draft.ts';
import type { Kept, SinkContent, TreeSink } from '../tree.ts';
import { hostJoin, hostName, hostParent, hostText } from './host-path.ts';

const CREATE_NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Without set-user-id, set-group-id and sticky. */
const PERMISSIONS = 0o777;

/**
 * A tree of the host to copy to. Nothing is written through a symlink below it. Everything belongs to whoever runs it, and
 * set-user-id bits are dropped: the storage's user must not come to run programs as that person.
 */
export function hostSink(): TreeSink<Buffer> {
  return {
    symlinks: true,
    hardLinks: true,
    childOf: (path, name) => hostJoin(path, hostName(name)),
    textOf: hostText,
    directory: makeDirectory,
    replace: replacing,
    symlink: (target, path) => fs.symlink(Buffer.from(encodeText(target)), path),
    link: (from, path) => fs.link(from, path),
    create: async (path) => content(await fs.open(path, CREATE_NEW, 0o600)),
    async keep(path, type, kept) {
      const times = [doubleSeconds(kept.atime), doubleSeconds(kept.mtime)] as const;
      if (type === 'symlink') return fs.lutimes(path, ...times);
      await fs.chmod(path, kept.mode & PERMISSIONS);
      await fs.utimes(path, ...times);
    },
  };
}

async function makeDirectory(path: Buffer): Promise<void> {
  const there = await statsOf(path);
  if (there?.isDirectory() === true) return;
  if (there === undefined) return fs.mkdir(path, 0o700).then(() => undefined);
  const [code, what] = there.isSymbolicLink()
    ? (['ELOOP', 'a symlink, which an export does not follow'] as const)
    : (['ENOTDIR', 'in the way of a directory'] as const);
  throw new VfsError(code, {
    detail: `${hostText(path)} is ${what}; remove it, or export to another place`,
  });
}

/** Makes something under another name in the same directory, then puts it in the place of `path`, never of a directory. */
async function replacing(path: Buffer, make: (draft: Buffer) => Promise<void>): Promise<void> {
  if ((await statsOf(path))?.isDirectory() === true) {
    throw new VfsError('EISDIR', { detail: `${hostText(path)} is a directory; remove it first` });
  }
  const draft = hostJoin(hostParent(path), Buffer.from(draftName()));
  try {
    await make(draft);
    await fs.rename(draft, path);
  } finally {
    // Still there after a failure, and after a rename onto another name of the same file, which does nothing.
    await fs.rm(draft, { force: true });
  }
}

async function statsOf(path: Buffer): Promise<HostStats | undefined> {
  try {
    return await fs.lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function content(file: fs.FileHandle): SinkContent {
  return {
    async write(position, bytes) {
      let done = 0;
      while (done < bytes.length) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    },
    async finish(size: number, { mode, atime, mtime }: Kept) {
      await file.truncate(size);
      await file.chmod(mode & PERMISSIONS);
      await file.utimes(doubleSeconds(atime), doubleSeconds(mtime));
    },
    close: () => file.close(),
  };
}
