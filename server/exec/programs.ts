import type { Program } from './program.ts';

/** What a command line may name. Loaded when first asked for, so that a session of SFTP pays for none of it. */
export const PROGRAMS: Readonly<Record<string, () => Promise<Program>>> = {};

/** Absent: there is no such program. */
export async function findProgram(name: string): Promise<Program | undefined> {
  return Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name]?.() : undefined;
}
