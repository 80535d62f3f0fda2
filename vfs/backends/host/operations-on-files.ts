import { constants, open as openHost, unlink, type FileHandle } from 'node:fs/promises';
import type { CallContext, Handle, OpenFlags } from '../../backend.ts';
import { nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import { checkMode, checkOpenFlags, openCase } from '../shared/index.ts';
import {
  addFile,
  checkFilesMax,
  checkRoomToCount,
  onOpenAttributes,
  openFile,
  prepared,
  type OpenFile,
  hasCode,
  unlessMissing,
} from '../shared/foreign/index.ts';
import { attributable } from './attributable.ts';
import { nameOfDescriptor, openPlace, statDescriptor, whileOpen } from './descriptors.ts';
import type { Directory } from './directory.ts';
import { checkServed, type Host } from './host.ts';
import { keyOf, statsFrom, typeOf } from './host-stats.ts';
import { settle } from './new-inode.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } =
  constants;
/** A name that comes and goes under a call makes it start over this often. */
const ATTEMPTS = 3;
const ACCESS = { r: O_RDONLY, w: O_WRONLY, rw: O_RDWR } as const;

export async function open(
  host: Host,
  path: VfsPath,
  flags: OpenFlags,
  mode: number,
  ctx: CallContext,
): Promise<Handle> {
  checkOpenFlags(flags);
  const bits = checkMode(mode);
  if (path === ROOT) return openExisting(host, host.tree.root.handle, flags, ctx);
  return host.tree.within(parentOf(path), (parent) =>
    openEntry(host, parent, nameOf(path), flags, bits, ctx),
  );
}

async function openEntry(
  host: Host,
  parent: Directory,
  name: string,
  flags: OpenFlags,
  mode: number,
  ctx: CallContext,
): Promise<Handle> {
  const entry = parent.entry(name);
  for (let attempt = 1; ; attempt++) {
    const place = await unlessMissing(openPlace(entry));
    if (place !== undefined) return whileOpen(place, () => openExisting(host, place, flags, ctx));
    openCase(flags, undefined);
    checkRoomToCount(ctx);
    checkFilesMax(host);
    host.listings.forget(parent.key);
    try {
      return await addFile(host, await makeFile(host, entry, flags, mode, ctx));
    } catch (error) {
      // Another program of the host may have made it meanwhile.
      const again = flags.create === 'if-missing' && attempt < ATTEMPTS && hasCode(error, 'EEXIST');
      if (!again) throw error;
    }
  }
}

/** Looks at what is there before it opens it: to open a device or a FIFO may block, or do something. */
async function openExisting(
  host: Host,
  place: FileHandle,
  flags: OpenFlags,
  ctx: CallContext,
): Promise<Handle> {
  const stats = checkServed(host, await statDescriptor(place));
  const type = typeOf(stats);
  openCase(flags, type);
  const isFile = type === 'file';
  const opened = await withoutAccessTime(
    nameOfDescriptor(place.fd),
    isFile ? ACCESS[flags.access] | O_NONBLOCK : O_RDONLY | O_DIRECTORY,
  );
  const key = keyOf(stats);
  const handle = await addFile(host, openFile(opened, isFile ? 'file' : 'directory', key, flags.access));
  if (flags.truncate !== true) return handle;
  return prepared(host, handle, () =>
    host.contents.during({ key, hold: 'exclusive' }, ctx.signal, () => opened.truncate(0)),
  );
}

/** Only owners may ask that reading leaves the access time alone. */
async function withoutAccessTime(name: string, flags: number): Promise<FileHandle> {
  try {
    return await openHost(name, flags | O_NOATIME);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) throw error;
    return openHost(name, flags);
  }
}

async function makeFile(
  host: Host,
  entry: Buffer,
  flags: OpenFlags,
  mode: number,
  ctx: CallContext,
): Promise<OpenFile<FileHandle>> {
  const made = await openHost(entry, ACCESS[flags.access] | O_CREAT | O_EXCL | O_NOFOLLOW, mode & 0o777);
  try {
    await settle(host, made, mode, ctx);
    const key = keyOf(await statDescriptor(made));
    if (flags.access === 'w') return openFile(made, 'file', key, 'w');
    const reader = await withoutAccessTime(nameOfDescriptor(made.fd), ACCESS[flags.access]);
    await made.close();
    return openFile(reader, 'file', key, flags.access);
  } catch (error) {
    await made.close();
    await unlink(entry).catch(() => undefined);
    throw error;
  }
}

export const { fstat, fsetstat } = onOpenAttributes<FileHandle, Host>({
  statsOf: async (_, handle) => statsFrom(await statDescriptor(handle)),
  attributable: ({ owners }, handle, before) => attributable(handle.fd, before, owners, handle),
});
