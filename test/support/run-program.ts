import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly input?: string | Uint8Array | undefined;
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Milliseconds after which the program is killed and the run fails. */
  readonly timeout?: number | undefined;
}

/** A program that has ended. Output is UTF-8; `output` has the bytes of stdout as they came. */
export interface Finished {
  readonly command: string;
  readonly status: number | null;
  readonly output: Buffer;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MILLISECONDS = 120_000;

/** Runs a program to its end, whatever its status; rejects where it cannot be started or does not end in time. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { input = '', cwd, env, timeout = TIMEOUT_MILLISECONDS } = options;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
  // A program may end without reading all of its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const command = [program, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} did not end within ${timeout} ms: ${Buffer.concat(stderr).toString()}`));
    }, timeout);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (status) => {
      clearTimeout(timer);
      const output = Buffer.concat(stdout);
      resolve({
        command,
        status,
        output,
        stdout: output.toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}

/** Runs a program that must end with status 0; otherwise rejects with everything that it said. */
export async function succeed(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const finished = await runProgram(program, args, options);
  if (finished.status === 0) return finished;
  throw new Error(
    `${finished.command} ended with ${finished.status}\n${finished.stderr}\n${finished.stdout}`,
  );
}
