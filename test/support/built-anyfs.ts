import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram, succeed, type Finished, type RunOptions } from './run-program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['vfs', 'server', 'keys', 'config', 'cli'];

/** The program that `npm run build` makes runnable. */
export const ANYFS = join(ROOT, 'bin/anyfs.js');

/** Runs a command of the built program; it must succeed. */
export function builtAnyfs(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  requireBuild();
  return succeed(process.execPath, [ANYFS, ...args], options);
}

/** As `builtAnyfs`, for commands that may fail. */
export function tryBuiltAnyfs(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  requireBuild();
  return runProgram(process.execPath, [ANYFS, ...args], options);
}

let fresh = false;

/** Throws where the build is missing or older than a source, so that no test judges yesterday's program. */
export function requireBuild(): void {
  if (fresh) return;
  const built = statSync(join(ROOT, 'dist/cli/main.js'), { throwIfNoEntry: false });
  const newest = SOURCES.flatMap((directory) => sourcesBelow(join(ROOT, directory)));
  const later = built === undefined ? ROOT : newest.find((file) => statSync(file).mtimeMs > built.mtimeMs);
  if (later !== undefined) throw new Error(`the build is older than ${later}: npm run build`);
  fresh = true;
}

function sourcesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return entries
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(directory, name));
}
