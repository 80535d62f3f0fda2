import { homedir } from 'node:os';
import type { Io } from './io.ts';
import { run } from './run.ts';
import { firstSignal } from './signals.ts';

// A reader that has seen enough (`anyfs storage cat … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// Nobody reads the log any more, for example: the server goes on.
process.stderr.on('error', () => {});

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  signal: firstSignal(),
};

process.exitCode = await run(process.argv.slice(2), io);
