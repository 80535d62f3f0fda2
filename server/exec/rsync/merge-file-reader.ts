import { isVfsError } from '../../../vfs/errors.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import type { ReadMergeFile } from './filters/filters.ts';
import type { Session } from './session.ts';
import { below } from './storage.ts';

/** Bytes of a file of rules at most. */
const FILE_BYTES_MAX = 1024 * 1024;

/** Reads files of filter rules below the root of a transfer. One that cannot be read has no rules. */
export function mergeFileReader(
  { program, ctx }: Pick<Session, 'program' | 'ctx'>,
  root: VfsPath,
): ReadMergeFile {
  const { mount } = program;
  return async (directory, name) => {
    try {
      const handle = await mount.open(
        below(root, directory === '' ? name : `${directory}/${name}`),
        { access: 'r' },
        0,
        ctx,
      );
      try {
        return Buffer.from(await mount.read(handle, 0, FILE_BYTES_MAX, ctx)).toString('latin1');
      } finally {
        await mount.close(handle, {});
      }
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return undefined;
    }
  };
}
