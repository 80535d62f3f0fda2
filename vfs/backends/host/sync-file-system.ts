import { spawn } from 'node:child_process';
import { VfsError } from '../../errors.ts';

/** Where the child finds the descriptor that it is given. */
const DESCRIPTOR = 3;

/**
 * Everything written to the file system that a descriptor lies on survives the loss of power. Node has no syncfs(2), so
 * the program sync(1) does it; `ENOTSUP` where there is none.
 */
export async function syncFileSystem(fd: number): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('sync', ['-f', `/proc/self/fd/${DESCRIPTOR}`], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
      cwd: '/',
    });
    child.once('error', () => reject(new VfsError('ENOTSUP', { detail: 'the host has no program sync' })));
    child.once('exit', resolve);
  });
  if (code !== 0) throw new VfsError('EIO', { detail: 'the host could not write everything to its disk' });
}
