import type { VfsError, VfsErrorCode } from '../../vfs/errors.ts';

/** What a person can do something about and no status code of version 3 says. */
const SPOKEN: ReadonlySet<VfsErrorCode> = new Set(['EDQUOT', 'ENOSPC']);

/** An upload has many requests in flight that all fail for the same reason. */
const PAUSE_MILLISECONDS = 1000;

/**
 * Says why an upload stops, beside its status: OpenSSH's `sftp` shows "Failure" and leaves out the words that come
 * with it, but what a server writes to stderr it passes on. At most one line a second.
 */
export function spokenReasons(say: (line: string) => void, now: () => number): (error: VfsError) => void {
  let silentUntil = -Infinity;
  return ({ code, detail }) => {
    if (!SPOKEN.has(code) || now() < silentUntil) return;
    silentUntil = now() + PAUSE_MILLISECONDS;
    say(detail);
  };
}
