import type { FileHandle } from 'node:fs/promises';
import type { OpenFlags } from '../../backend.ts';
import { InFlight } from '../shared/index.ts';

/** A file or directory that a caller has open. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly type: 'file' | 'directory';
  /** Names the inode. */
  readonly key: string;
  readonly access: OpenFlags['access'];
  /** Calls on it: `close` waits for them. */
  readonly calls: InFlight;
}

export function openFile(
  handle: FileHandle,
  type: 'file' | 'directory',
  key: string,
  access: OpenFlags['access'],
): OpenFile {
  return { handle, type, key, access, calls: new InFlight() };
}

/** Ends it once the calls on it have ended. */
export async function closeFile({ handle, calls }: OpenFile): Promise<void> {
  await calls.idle();
  await handle.close();
}
