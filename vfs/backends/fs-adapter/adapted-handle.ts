import type { ContentHandle } from '../shared/foreign/index.ts';
import type { FsFileHandle } from './fs-promises.ts';
import { guarded } from './guarded.ts';

/** An open file of the file system, with what we must know of it ourselves. */
export interface AdaptedHandle extends ContentHandle {
  readonly file: FsFileHandle;
  /** A directory that was removed while it was open. */
  isRemoved: boolean;
}

export function adaptedHandle(opened: FsFileHandle): AdaptedHandle {
  const file = guarded(opened);
  return {
    file,
    isRemoved: false,
    read: (bytes, offset, length, position) => file.read(bytes, offset, length, position),
    write: (bytes, offset, length, position) => file.write(bytes, offset, length, position),
    truncate: (size) => file.truncate(size),
    stat: async () => ({ size: Number((await file.stat()).size) }),
    sync: async () => file.sync?.(),
    close: () => file.close(),
  };
}
