import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VfsError } from '../../../../../vfs/errors.ts';
import { send } from '../../../output.ts';
import { pathFrom } from '../../../paths.ts';
import type { ProgramContext } from '../../../program.ts';
import type { InputSource } from '../input-source.ts';
import { openToRead } from '../../files.ts';
import { Screen } from '../screen/screen.ts';
import { StageInput } from '../stage-input.ts';
import type { ShellTerminal } from '../shell-terminal.ts';
import type { Pages } from './lines.ts';
import { Pager } from './pager.ts';

/** What comes through a pipe is kept to be shown again, up to here. */
const PIPE_MAX = 32 * 1024 * 1024;

/** `less [FILE]`, and `more`: one after the other on the whole screen; copies where there is no screen. */
export async function less(
  context: ProgramContext,
  terminal: ShellTerminal | undefined,
  source: InputSource,
): Promise<number> {
  const { args, stderr, signal } = context;
  const names = args.filter((word) => word === '-' || !/^[-+]/.test(word));
  if (terminal === undefined || context.terminal === undefined) return copy(context, names);
  if (names.length === 0) {
    // The keyboard is no text to be shown.
    if (context.stdin instanceof StageInput) {
      await send(stderr, 'less: name a file, or put less at the end of a pipe\n', signal);
      return 1;
    }
    return show(piped(context.stdin), '', terminal, source, signal);
  }
  for (const name of names) {
    const file = await open(context, name);
    try {
      await show(file.pages, name, terminal, source, signal);
    } finally {
      await file.close();
    }
  }
  return 0;
}

async function show(
  pages: Pages,
  name: string,
  terminal: ShellTerminal,
  source: InputSource,
  signal: AbortSignal,
): Promise<number> {
  const screen = new Screen(terminal, source, signal);
  try {
    await new Pager(screen, pages, name).run();
  } finally {
    screen.close();
  }
  return 0;
}

async function copy(context: ProgramContext, names: readonly string[]): Promise<number> {
  const { stdin, stdout, signal } = context;
  const streams =
    names.length === 0 ? [stdin] : await Promise.all(names.map((name) => openToRead(name, context)));
  for (const stream of streams) await pipeline(stream, stdout, { end: false, signal });
  return 0;
}

async function open(
  { mount, cwd }: ProgramContext,
  name: string,
): Promise<{ readonly pages: Pages; close(): Promise<void> }> {
  const handle = await mount.open(pathFrom(cwd, name, 'open'), { access: 'r' }, 0, {});
  const { type } = await mount.fstat(handle, {});
  if (type === 'directory') {
    await mount.close(handle, {});
    throw new VfsError('EISDIR', { op: 'read', path: name });
  }
  const size = async (): Promise<number> => (await mount.fstat(handle, {})).size;
  return {
    pages: { read: (position, length) => mount.read(handle, position, length, {}), size, end: size },
    close: () => mount.close(handle, {}),
  };
}

/** Reads on only as far as somebody looks. */
function piped(stream: Readable): Pages {
  const chunks: Buffer[] = [];
  let length = 0;
  let ended = false;
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const upTo = async (position: number): Promise<Buffer> => {
    while (!ended && length < position) {
      const { done, value } = await iterator.next();
      if (done === true || length + value.length > PIPE_MAX) ended = true;
      else {
        chunks.push(value);
        length += value.length;
      }
    }
    if (chunks.length > 1) chunks.splice(0, chunks.length, Buffer.concat(chunks));
    return chunks[0] ?? Buffer.alloc(0);
  };
  return {
    read: async (position, wanted) => (await upTo(position + wanted)).subarray(position, position + wanted),
    size: async () => length,
    end: async () => (await upTo(PIPE_MAX)).length,
  };
}
