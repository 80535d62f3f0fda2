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

/** A command that is under way. */
export interface RunningCommand {
  readonly done: Promise<CommandResult>;
  /** Standard output so far. */
  stdout(): string;
  /** Settles when a line of standard output matches, or rejects when the command ends before. */
  printed(line: RegExp): Promise<string>;
}

/** Runs `anyfs` in this process, with streams of its own. */
export async function anyfs(
  argv: readonly string[],
  options: CommandLineOptions = {},
): Promise<CommandResult> {
  return startAnyfs(argv, options).done;
}

/** The same, without waiting for its end. */
export function startAnyfs(argv: readonly string[], options: CommandLineOptions = {}): RunningCommand {
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
  const text = (): string => stdout.taken().toString('utf8');
  const done = run(argv, io).then((code): CommandResult => {
    return { code, bytes: stdout.taken(), stdout: text(), stderr: stderr.taken().toString('utf8') };
  });
  const printed = (line: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = text().match(line)?.[0];
        if (found !== undefined) resolve(found);
      };
      stdout.stream.on('data', look);
      look();
      void done.then(({ stderr: said }) => reject(new Error(`ended without ${line}: ${said}`)));
    });
  return { done, stdout: text, printed };
}

function collector(isTTY: boolean) {
  const chunks: Buffer[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, taken: () => Buffer.concat(chunks) };
}
