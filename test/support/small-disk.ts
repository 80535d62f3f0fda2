import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missing } from './require-program.ts';

const PIECES = [1 << 20, 1 << 16, 1 << 12] as const;

export interface SmallDisk {
  /** Where it is mounted, for the running test. */
  readonly directory: string;
  /** Leaves not a page of it. */
  fill(): void;
  /** Takes away what `fill` has put there. */
  free(): void;
  /** Makes it twice as large. */
  grow(): void;
}

/**
 * A file system of its own for each test, with room for so many MiB; needs root. Call it in a `describe` around the one
 * whose hooks use it, so that those have ended when it goes.
 */
export function smallDisk(mebibytes: number): SmallDisk {
  let directory: string | undefined;
  const ballast = (): string => join(directory ?? '', 'ballast');
  beforeEach(function () {
    requireMount(this);
    directory = mkdtempSync(join(tmpdir(), 'anyfs-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'anyfs-test', directory]);
  });
  afterEach(() => {
    if (directory === undefined) return;
    execFileSync('umount', ['--lazy', directory]);
    rmdirSync(directory);
    directory = undefined;
  });
  return {
    get directory() {
      return directory ?? '';
    },
    fill() {
      const descriptor = openSync(ballast(), 'a');
      for (const piece of PIECES) writeUntilFull(descriptor, Buffer.alloc(piece));
      closeSync(descriptor);
    },
    free: () => rmSync(ballast(), { force: true }),
    grow: () => {
      execFileSync('mount', ['-o', `remount,size=${2 * mebibytes}m`, directory ?? '']);
    },
  };
}

/** Skips the test, or fails it where `CI=true`, unless this process may mount; in many containers root may not. */
export function requireMount(context: Mocha.Context): void {
  const place = mkdtempSync(join(tmpdir(), 'anyfs-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'anyfs-test', place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
  } catch {
    missing(context, 'mounting needs root, and a container that lets it');
  } finally {
    rmdirSync(place);
  }
}

function writeUntilFull(descriptor: number, piece: Uint8Array): void {
  try {
    while (writeSync(descriptor, piece) === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
