import type { Program } from './program.ts';

/** What a command line may name. Loaded when first asked for, so that a session of SFTP pays for none of it. */
export const PROGRAMS: Readonly<Record<string, () => Promise<Program>>> = {
  ':': async () => (await import('./tools/true-false.ts')).succeed,
  '[': async () => (await import('./tools/test.ts')).bracket,
  b2sum: async () => (await import('./hashes/sum-tools.ts')).b2sum,
  b3sum: async () => (await import('./hashes/sum-tools.ts')).b3sum,
  basename: async () => (await import('./tools/names.ts')).basename,
  cat: async () => (await import('./tools/cat.ts')).cat,
  chgrp: async () => (await import('./tools/chown.ts')).chgrp,
  chmod: async () => (await import('./tools/chmod.ts')).chmod,
  chown: async () => (await import('./tools/chown.ts')).chown,
  cmp: async () => (await import('./tools/cmp.ts')).cmp,
  cp: async () => (await import('./tools/cp.ts')).cp,
  crc32: async () => (await import('./hashes/sum-tools.ts')).crc32,
  dd: async () => (await import('./tools/dd.ts')).dd,
  df: async () => (await import('./tools/df.ts')).df,
  dirname: async () => (await import('./tools/names.ts')).dirname,
  du: async () => (await import('./tools/du.ts')).du,
  echo: async () => (await import('./tools/echo.ts')).echo,
  false: async () => (await import('./tools/true-false.ts')).fail,
  find: async () => (await import('./tools/find.ts')).find,
  groups: async () => (await import('./tools/identity.ts')).groups,
  head: async () => (await import('./tools/head.ts')).head,
  id: async () => (await import('./tools/identity.ts')).id,
  ln: async () => (await import('./tools/ln.ts')).ln,
  ls: async () => (await import('./tools/ls.ts')).ls,
  md5sum: async () => (await import('./hashes/sum-tools.ts')).md5sum,
  mkdir: async () => (await import('./tools/mkdir.ts')).mkdir,
  mktemp: async () => (await import('./shell/programs/mktemp.ts')).mktemp,
  mv: async () => (await import('./tools/mv.ts')).mv,
  printf: async () => (await import('./tools/printf.ts')).printf,
  pwd: async () => (await import('./tools/pwd.ts')).pwd,
  readlink: async () => (await import('./tools/readlink.ts')).readlink,
  realpath: async () => (await import('./tools/readlink.ts')).realpath,
  rm: async () => (await import('./tools/rm.ts')).rm,
  rmdir: async () => (await import('./tools/rmdir.ts')).rmdir,
  rsync: async () => (await import('./rsync/rsync.ts')).rsync,
  scp: async () => (await import('./scp/scp.ts')).scp,
  sha1sum: async () => (await import('./hashes/sum-tools.ts')).sha1sum,
  sha224sum: async () => (await import('./hashes/sum-tools.ts')).sha224sum,
  sha256sum: async () => (await import('./hashes/sum-tools.ts')).sha256sum,
  sha384sum: async () => (await import('./hashes/sum-tools.ts')).sha384sum,
  sha512sum: async () => (await import('./hashes/sum-tools.ts')).sha512sum,
  stat: async () => (await import('./tools/stat.ts')).stat,
  tail: async () => (await import('./tools/tail.ts')).tail,
  tar: async () => (await import('./tar/tar.ts')).tar,
  test: async () => (await import('./tools/test.ts')).test,
  touch: async () => (await import('./tools/touch.ts')).touch,
  true: async () => (await import('./tools/true-false.ts')).succeed,
  unzip: async () => (await import('./shell/programs/unzip.ts')).unzip,
  truncate: async () => (await import('./tools/truncate.ts')).truncate,
  wc: async () => (await import('./tools/wc.ts')).wc,
  whoami: async () => (await import('./tools/identity.ts')).whoami,
  xxh128sum: async () => (await import('./hashes/sum-tools.ts')).xxh128sum,
  xxh64sum: async () => (await import('./hashes/sum-tools.ts')).xxh64sum,
  xxhsum: async () => (await import('./hashes/sum-tools.ts')).xxhsum,
  yes: async () => (await import('./tools/yes.ts')).yes,
  zip: async () => (await import('./shell/programs/zip.ts')).zip,
};

/** Where clients expect programs to be; here they are nowhere but in the table. */
const DIRECTORIES = /^\/(?:usr\/(?:local\/)?)?s?bin\/(?=[^/]+$)/;

/** The name in the table that a command line means: `/usr/bin/scp` is `scp`. */
export function programName(name: string): string {
  return name.replace(DIRECTORIES, '');
}

export function isProgram(name: string): boolean {
  return Object.hasOwn(PROGRAMS, programName(name));
}

/** Absent: there is no such program. */
export async function findProgram(name: string): Promise<Program | undefined> {
  return isProgram(name) ? PROGRAMS[programName(name)]?.() : undefined;
}
