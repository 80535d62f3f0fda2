import { PassThrough, Readable } from 'node:stream';
import type { Io } from '../../cli/io.ts';
import { run, type ExitCode } from '../../cli/run.ts';

export interface CommandLineOptions {
  readonly stdin?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  readonly home?: string | undefined;
  /** Standard output is a terminal. */
  readonly terminal?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CommandResult {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it was written. */
  readonly bytes: Buffer;
}

/** Runs `anyfs` in this process, with streams of its own. */
export async function anyfs(
  argv: readonly string[],
  options: CommandLineOptions = {},
): Promise<CommandResult> {
  const stdout = collector(options.terminal === true);
  const stderr = collector(false);
  const io: Io = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: options.env ?? {},
    cwd: options.cwd ?? '/nonexistent',
    home: options.home ?? '/nonexistent',
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await run(argv, io);
  const bytes = stdout.taken();
  return { code, bytes, stdout: bytes.toString('utf8'), stderr: stderr.taken().toString('utf8') };
}

function collector(isTTY: boolean) {
  const chunks: Buffer[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, taken: () => Buffer.concat(chunks) };
}
