import { statSync } from 'node:fs';
import type { VfsBackend } from '../../vfs/backend.ts';
import { formatBytes } from '../../vfs/backends/shared/format-bytes.ts';
import type { StorageStats } from '../../vfs/stats.ts';
import { command, JSON_OPTION } from '../command.ts';
import { existingData } from '../data-directory.ts';
import { print, printJson } from '../output.ts';
import { STORAGE_POSITIONAL } from './arguments.ts';
import { reachStorage } from './open-storage.ts';
import { findAccount } from './owner.ts';

/** `anyfs storage usage NAME`: what counts against the quota, and what the file takes on the host. */
export const storageUsage = command({
  usage: 'usage <name>',
  describe: 'Show how much is stored',
  positionals: STORAGE_POSITIONAL,
  options: JSON_OPTION,
  async run(args, io) {
    const paths = existingData(args, io);
    const backend = await reachStorage(paths, args.name, io.signal);
    const stats = await statsThenDispose(backend);
    const limits = findAccount(paths, args.name)?.limits ?? {};
    const bytes = stats.bytesTotal - stats.bytesFree;
    const inodes = stats.inodesTotal - stats.inodesFree;
    const fileBytes = statSync(paths.storage(args.name)).size;
    if (args.json) {
      const { bytes: quota = null, inodes: maxFiles = null } = limits;
      return printJson(io, {
        name: args.name,
        bytes,
        quota,
        files: inodes,
        maxFiles,
        storageFileBytes: fileBytes,
      });
    }
    const ofQuota = limits.bytes === undefined ? '' : ` of ${formatBytes(limits.bytes)}`;
    const ofFiles = limits.inodes === undefined ? '' : ` of ${limits.inodes}`;
    print(io, `stored:        ${formatBytes(bytes)}${ofQuota}`);
    print(io, `files:         ${inodes}${ofFiles}`);
    print(io, `storage file:  ${formatBytes(fileBytes)}`);
  },
});

async function statsThenDispose(backend: VfsBackend): Promise<StorageStats> {
  try {
    return await backend.statfs({});
  } finally {
    await backend.dispose();
  }
}
