import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The Debian package that each external client comes from. */
const PACKAGES = {
  sftp: 'openssh-client',
  ssh: 'openssh-client',
  scp: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  sshd: 'openssh-server',
  sshfs: 'sshfs',
  fusermount3: 'fuse3',
  sshpass: 'sshpass',
  expect: 'expect',
  lftp: 'lftp',
  rclone: 'rclone',
  rsync: 'rsync',
  curl: 'curl',
  git: 'git',
  tmux: 'tmux',
  vim: 'vim-tiny',
  ed: 'ed',
  python3: 'python3',
  tar: 'tar',
  pscp: 'putty-tools',
  plink: 'putty-tools',
  puttygen: 'putty-tools',
  chromium: 'chromium',
} as const;

export type Program = keyof typeof PACKAGES;

/** Where a program may be under another name. */
const OTHER_NAMES: Partial<Record<Program, readonly string[]>> = { vim: ['vim', 'vim.tiny'] };
/** Debian keeps daemons out of an ordinary person's PATH. */
const DIRECTORIES = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/sbin',
  '/sbin',
  '/usr/local/sbin',
];

/** The program's absolute path, or nothing where it is not installed. */
export function findProgram(program: Program): string | undefined {
  const names = OTHER_NAMES[program] ?? [program];
  const places = names.flatMap((name) => DIRECTORIES.map((directory) => join(directory, name)));
  return places.find(isExecutable);
}

/**
 * The program's absolute path. Where it is missing, the test or suite is skipped with the name of the Debian package
 * that has it; on a machine that promised to have everything (`CI=true`) it fails instead.
 */
export function requireProgram(context: Mocha.Context, program: Program): string {
  return (
    findProgram(program) ??
    missing(context, `${program} is not installed (Debian package ${PACKAGES[program]})`)
  );
}

/** Skips with a reason, or fails where `CI=true`: nothing is skipped on the machine that decides. */
export function missing(context: Mocha.Context, reason: string): never {
  if (process.env['CI'] === 'true') throw new Error(reason);
  return skip(context, reason);
}

/** Skips with a reason, everywhere: for what no package can bring, such as a device of the kernel. */
export function skip(context: Mocha.Context, reason: string): never {
  const skipped = skippedBy(context);
  if (skipped !== undefined) Object.assign(skipped, { skipReason: reason });
  return context.skip();
}

/** What a `skip` here leaves out: one test, or from a hook the suite. The reporter reads `skipReason` there. */
function skippedBy(context: Mocha.Context): Mocha.Runnable | Mocha.Suite | undefined {
  const runnable: (Mocha.Runnable & { readonly type?: string }) | undefined = context.test;
  return runnable?.type === 'hook' ? runnable.parent : runnable;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
