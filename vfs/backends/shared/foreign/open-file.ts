import type { Handle, OpenFlags } from '../../../backend.ts';
import { VfsError } from '../../../errors.ts';
import type { ContentLocks } from '../content-locks.ts';
import { checkReadable, checkWritable, type HandleTable } from '../handle-table.ts';
import { InFlight } from '../in-flight.ts';

/** What the content of a file is reached by: the part of Node's `FileHandle` that is needed for it. */
export interface ContentHandle {
  read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  truncate(size: number): Promise<void>;
  stat(): Promise<{ readonly size: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file or directory that a caller has open. */
export interface OpenFile<H extends ContentHandle> {
  readonly handle: H;
  readonly type: 'file' | 'directory';
  /** Names the inode. */
  readonly key: string;
  readonly access: OpenFlags['access'];
  /** Calls on it: `close` waits for them. */
  readonly calls: InFlight;
}

/** The open files of a store on a file system that others have made. */
export interface OpenFiles<H extends ContentHandle> {
  readonly files: HandleTable<OpenFile<H>>;
  /** Open files at most. */
  readonly filesMax: number;
  /** The largest file in bytes, where the file system below does not refuse larger ones by itself. */
  readonly fileSizeMax: number;
  readonly contents: ContentLocks;
}

export function openFile<H extends ContentHandle>(
  handle: H,
  type: 'file' | 'directory',
  key: string,
  access: OpenFlags['access'],
): OpenFile<H> {
  return { handle, type, key, access, calls: new InFlight() };
}

/** `EMFILE` where no more files can be open; to be asked before a new one is made. */
export function checkFilesMax<H extends ContentHandle>({ files, filesMax }: OpenFiles<H>): void {
  if (files.size >= filesMax) throw new VfsError('EMFILE');
}

/** Adds to the open files, or closes the file: `EMFILE` where there are too many. */
export async function addFile<H extends ContentHandle>(
  { files, filesMax }: OpenFiles<H>,
  file: OpenFile<H>,
): Promise<Handle> {
  if (files.size < filesMax) return files.add(file);
  await file.handle.close();
  throw new VfsError('EMFILE');
}

/** Does what comes with opening to a file that is among the open ones, and so may stay open; else closes it. */
export async function prepared<H extends ContentHandle>(
  store: OpenFiles<H>,
  handle: Handle,
  prepare: () => Promise<void>,
): Promise<Handle> {
  try {
    await prepare();
    return handle;
  } catch (error) {
    await close(store, handle);
    throw error;
  }
}

export function readableFile<H extends ContentHandle>({ files }: OpenFiles<H>, handle: Handle): OpenFile<H> {
  const file = files.get(handle);
  checkReadable(file.access);
  if (file.type === 'directory') throw new VfsError('EISDIR');
  return file;
}

export function writableFile<H extends ContentHandle>({ files }: OpenFiles<H>, handle: Handle): OpenFile<H> {
  const file = files.get(handle);
  checkWritable(file.access);
  return file;
}

/** Ends it once the calls on it have ended. */
export async function closeFile<H extends ContentHandle>({ handle, calls }: OpenFile<H>): Promise<void> {
  await calls.idle();
  await handle.close();
}

/** Waits for the disk without holding anybody else up. */
export async function fsync<H extends ContentHandle>({ files }: OpenFiles<H>, handle: Handle): Promise<void> {
  const file = files.get(handle);
  await file.calls.during(() => file.handle.sync());
}

export function close<H extends ContentHandle>({ files }: OpenFiles<H>, handle: Handle): Promise<void> {
  return closeFile(files.take(handle));
}
