import type { Program } from './program.ts';

/** What a command line may name. Loaded when first asked for, so that a session of SFTP pays for none of it. */
export const PROGRAMS: Readonly<Record<string, () => Promise<Program>>> = {
  ':': async () => (await import('./tools/true-false.ts')).succeed,
  echo: async () => (await import('./tools/echo.ts')).echo,
  false: async () => (await import('./tools/true-false.ts')).fail,
  pwd: async () => (await import('./tools/pwd.ts')).pwd,
  scp: async () => (await import('./scp/scp.ts')).scp,
  true: async () => (await import('./tools/true-false.ts')).succeed,
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
