import { closeSync, mkdtempSync, openSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshOptions, type Login } from './login.ts';
import { requireProgram, skip } from './require-program.ts';
import { runProgram, succeed } from './run-program.ts';

const FUSE = '/dev/fuse';

/** Skips where the kernel offers no FUSE: a container without the device, which no package can bring. */
export function requireMounts(context: Mocha.Context): void {
  requireProgram(context, 'sshfs');
  requireProgram(context, 'fusermount3');
  try {
    closeSync(openSync(FUSE, 'r+'));
  } catch (error) {
    skip(context, `${FUSE} cannot be used here: ${String(error)}`);
  }
}

export interface Mount {
  readonly directory: string;
  unmount(): Promise<void>;
}

/** Mounts the account's root with sshfs on a new directory. */
export async function mount(login: Login, ...options: string[]): Promise<Mount> {
  const directory = mkdtempSync(join(tmpdir(), 'anyfs-mount-'));
  const more = options.flatMap((option) => ['-o', option]);
  const source = `${login.user}@${login.host}:`;
  const mounted = succeed('sshfs', [
    source,
    directory,
    '-p',
    String(login.port),
    ...sshOptions(login),
    ...more,
  ]);
  await mounted.catch((error: unknown) => {
    rmdirSync(directory);
    throw error;
  });
  return {
    directory,
    async unmount() {
      // A test that failed may have left something open in there; then lazily.
      const plain = await runProgram('fusermount3', ['-u', directory]);
      if (plain.status !== 0) await succeed('fusermount3', ['-u', '-z', directory]);
      rmdirSync(directory);
    },
  };
}
