import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Where servers and clients keep their files. */
export interface Disk {
  /** An existing directory. */
  readonly directory: string;
  /** For the report: what kind of file system it is. */
  readonly describe: string;
  /** Removes everything. */
  remove(): void;
}

/** Of the space that is free, a file system in a file may come to use so much. */
const SHARE = 0.8;

/**
 * A new directory in the one that is named. Without a name: on a journaled ext4, which is what a server of today has; the
 * temporary directory's own disk where it is one, otherwise one made in a file and mounted, where that is allowed.
 */
export function openDisk(named: string | undefined): Disk {
  if (named !== undefined) return inDirectory(named, `${named}, ${kindOf(named)}`);
  const temporary = tmpdir();
  const kind = kindOf(temporary);
  if (kind === JOURNALED) return inDirectory(temporary, kind);
  return mounted(temporary) ?? inDirectory(temporary, `${kind}; a journaled ext4 could not be mounted`);
}

const JOURNALED = 'ext4 with a journal';

function inDirectory(parent: string, describe: string): Disk {
  const directory = mkdtempSync(join(parent, 'anyfs-bench-'));
  return { directory, describe, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Absent where mounting is not allowed. */
function mounted(parent: string): Disk | undefined {
  const directory = mkdtempSync(join(parent, 'anyfs-bench-'));
  const image = `${directory}.img`;
  const remove = (): void => {
    rmSync(image, { force: true });
    rmdirSync(directory);
  };
  try {
    const { bavail, bsize } = statfsSync(parent);
    writeFileSync(image, '', { mode: 0o600 });
    truncateSync(image, Math.floor(bavail * bsize * SHARE));
    execFileSync('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image], {
      stdio: 'ignore',
    });
    execFileSync('mount', ['-o', 'loop,noatime', image, directory], { stdio: 'ignore' });
  } catch {
    remove();
    return undefined;
  }
  return {
    directory,
    describe: `${JOURNALED} in a loop-mounted file on ${kindOf(parent)}`,
    remove: () => {
      execFileSync('umount', ['--lazy', directory]);
      remove();
    },
  };
}

/** The kind of file system that a directory is on, in a few words. */
function kindOf(directory: string): string {
  const [type = '', source = ''] = execFileSync('findmnt', ['-n', '-o', 'FSTYPE,SOURCE', '-T', directory], {
    encoding: 'utf8',
  })
    .trim()
    .split(/\s+/);
  if (type !== 'ext4') return type;
  // The kernel lists each journal as DEVICE-8.
  return existsSync(`/proc/fs/jbd2/${basename(source)}-8`) ? JOURNALED : 'ext4 without a journal';
}
