import type { VfsBackend } from '../../../../vfs/backend.ts';
import { formatBytes } from '../../../../vfs/backends/shared/format-bytes.ts';
import type { ProgramContext } from '../../program.ts';

/** What a person reads first. */
export async function greeting(mount: VfsBackend, account: ProgramContext['account']): Promise<string> {
  const room = await usage(mount, account);
  return `This is a shell within your own storage; nothing outside of it is here. Type help for what there is.\n${room}\n`;
}

async function usage(mount: VfsBackend, { limits }: ProgramContext['account']): Promise<string> {
  const { bytesTotal, bytesFree, inodesTotal, inodesFree } = await mount.statfs({});
  const used = Math.max(0, bytesTotal - bytesFree);
  const files = Math.max(0, inodesTotal - inodesFree);
  if (limits.bytes === undefined) return `${formatBytes(bytesFree)} are free.`;
  const percent = bytesTotal === 0 ? 100 : Math.round((used / bytesTotal) * 100);
  const names = limits.inodes === undefined ? '' : `, ${files} of ${inodesTotal} files`;
  return `${formatBytes(used)} of ${formatBytes(bytesTotal)} used (${percent} %)${names}.`;
}
