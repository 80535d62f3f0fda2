/** What stands behind a storage's name in those of the files that belong to it while it is open, or after a crash. */
export const COMPANIONS = ['-wal', '-shm', '-journal', '-intents'] as const;
