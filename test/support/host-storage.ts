import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, lstatSync, mkdtempSync, openSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostBackend, type HostBackendOptions } from '../../vfs/backends/host/index.ts';
import type { Subject } from '../conformance/index.ts';

/** A new folder of the host as a storage. */
export async function hostStorage(options: HostBackendOptions = {}): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), 'anyfs-host-'));
  let backend = await HostBackend.open(directory, options);
  return {
    backend,
    reopen: async () => {
      await backend.dispose();
      return (backend = await HostBackend.open(directory, options));
    },
    remove: () => Promise.resolve(removeAll(directory)),
  };
}

/** Also of a tree whose paths are longer than Node takes, or that forbids its owner to look into it. */
function removeAll(directory: string): void {
  try {
    rmSync(directory, { recursive: true });
  } catch {
    // Programs take a while to start, so only where Node cannot.
    execFileSync('chmod', ['-R', 'u+rwx', '--', directory]);
    execFileSync('rm', ['-rf', '--', directory]);
  }
}

/** What the file system of the temporary directory can keep, found by trying. */
export function hostFileSystem(): { fileSizeMax: number; secondsKept: readonly [number, number] } {
  const directory = mkdtempSync(join(tmpdir(), 'anyfs-host-'));
  const file = join(directory, 'file');
  const fd = openSync(file, 'w');
  try {
    return {
      fileSizeMax: largestSize(fd),
      secondsKept: [secondsKept(file, -(2 ** 40)), secondsKept(file, 2 ** 40)],
    };
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
}

function largestSize(fd: number): number {
  let [fits, tooLarge] = [0, 2 ** 53];
  while (tooLarge - fits > 1) {
    const middle = Math.floor((fits + tooLarge) / 2);
    if (canHave(fd, middle)) fits = middle;
    else tooLarge = middle;
  }
  return fits;
}

function canHave(fd: number, size: number): boolean {
  try {
    ftruncateSync(fd, size);
    return true;
  } catch {
    return false;
  }
}

/** The kernel keeps the nearest time that the file system can have. */
function secondsKept(file: string, seconds: number): number {
  utimesSync(file, String(seconds), String(seconds));
  return Math.floor(lstatSync(file).mtimeMs / 1000);
}
