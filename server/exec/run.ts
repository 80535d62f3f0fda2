import { isVfsError } from '../../vfs/errors.ts';
import type { ProgramContext } from './program.ts';
import { findProgram } from './programs.ts';

/** As a shell answers for a program that is not there. */
const NOT_FOUND = 127;

/** Runs one command line of a client and answers its exit status. No process of the host is ever started. */
export async function runCommand(line: string, context: Omit<ProgramContext, 'args'>): Promise<number> {
  const [name = '', ...args] = line.split(' ').filter((word) => word !== '');
  const program = await findProgram(name);
  if (program === undefined) {
    context.stderr.write(`${name}: command not found\n`);
    return NOT_FOUND;
  }
  try {
    return await program({ ...context, args });
  } catch (error) {
    if (!isVfsError(error)) throw error;
    context.stderr.write(`${name}: ${error.message}\n`);
    return 1;
  }
}
