import { Readable, Writable } from 'node:stream';
import { openToRead, openToWrite, type FilesContext } from '../files.ts';

/** Descriptors 0 to 2 of a program. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** One redirection: descriptor (absent: the operator's own), operator, and what it names. */
export interface Redirection {
  readonly fd: number | undefined;
  readonly operator: string;
  readonly target: string;
}

/** What redirections made of a program's streams, and the files that were opened for it. */
export interface Redirected {
  readonly streams: Streams;
  /** Ends what was opened; rejects where what was written could not be kept. */
  close(): Promise<void>;
}

/** Applies redirections from left to right, as a shell does. Rejects with a `VfsError` that names the file. */
export async function redirect(
  streams: Streams,
  redirections: readonly Redirection[],
  context: FilesContext,
): Promise<Redirected> {
  const now: [Readable, Writable, Writable] = [streams.stdin, streams.stdout, streams.stderr];
  const opened: (Readable | Writable)[] = [];
  const close = async (): Promise<void> => {
    for (const stream of opened) await closed(stream);
  };
  const write = async (target: string, append: boolean): Promise<Writable> => {
    const stream = await writing(target, append, context, now);
    if (!now.includes(stream)) opened.push(stream);
    return stream;
  };
  try {
    for (const { fd, operator, target } of redirections) {
      if (operator === '<') {
        now[0] = await reading(target, context, now[0]);
        if (now[0] !== streams.stdin) opened.push(now[0]);
      } else if (operator === '>&' && (target === '1' || target === '2')) {
        now[(fd ?? 1) as 1 | 2] = now[Number(target) as 1 | 2];
      } else if (operator.startsWith('&') || (operator === '>&' && fd === undefined)) {
        now[1] = await write(target, operator === '&>>');
        now[2] = now[1];
      } else {
        now[(fd ?? 1) as 1 | 2] = await write(target, operator === '>>');
      }
    }
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  return { streams: { stdin: now[0], stdout: now[1], stderr: now[2] }, close };
}

async function reading(target: string, context: FilesContext, stdin: Readable): Promise<Readable> {
  if (target === '/dev/null') return Readable.from([]);
  if (target === '/dev/stdin') return stdin;
  return openToRead(target, context);
}

async function writing(
  target: string,
  append: boolean,
  context: FilesContext,
  now: readonly [Readable, Writable, Writable],
): Promise<Writable> {
  if (target === '/dev/null') return new Writable({ write: (_chunk, _encoding, done) => done() });
  if (target === '/dev/stdout') return now[1];
  if (target === '/dev/stderr') return now[2];
  return openToWrite(target, append, context);
}

function closed(stream: Readable | Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => (stream.errored === null ? resolve() : reject(stream.errored));
    if (stream.closed) return end();
    stream.once('close', end);
    stream.once('error', () => {});
    if (stream instanceof Writable && !stream.destroyed) stream.end();
    else stream.destroy();
  });
}
