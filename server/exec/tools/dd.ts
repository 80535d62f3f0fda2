import type { Handle } from '../../../vfs/backend.ts';
import { send } from '../output.ts';
import type { Program } from '../program.ts';
import { ByteReader } from '../input.ts';
import { byteCount } from './byte-count.ts';
import { errorText } from '../error-text.ts';
import { isVfsError } from '../../../vfs/errors.ts';
import { Options, UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { Run } from './tool.ts';

/** Bytes of a block at most. */
const BLOCK_MAX = 64 * 1024 * 1024;
const USUAL_BLOCK = 512;

interface Copy {
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly inputBlock: number;
  readonly outputBlock: number;
  readonly count: number;
  readonly skip: number;
  readonly seek: number;
  readonly truncates: boolean;
  readonly appends: boolean;
  readonly isQuiet: boolean;
}

/** `dd if= of= bs= ibs= obs= count= skip= seek= conv=notrunc oflag=append status=none`. */
export const dd: Program = async (context) => {
  const run = new Run('dd', context, new Options([]), []);
  try {
    const copy = settingsOf(context.args);
    await copyBlocks(run, copy);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError) && !isVfsError(error)) throw error;
    context.signal.throwIfAborted();
    await run.complain(
      error instanceof UsageError ? error.message : `${quoted(error.path ?? '')}: ${errorText(error)}`,
    );
    return 1;
  }
};

function settingsOf(args: readonly string[]): Copy {
  const given = new Map<string, string>();
  for (const argument of args) {
    const equals = argument.indexOf('=');
    const key = argument.slice(0, Math.max(0, equals));
    if (
      !['if', 'of', 'bs', 'ibs', 'obs', 'count', 'skip', 'seek', 'conv', 'status', 'oflag', 'iflag'].includes(
        key,
      )
    )
      throw new UsageError(`unrecognized operand ${quoted(argument)}`);
    given.set(key, argument.slice(equals + 1));
  }
  const number = (key: string, usual: number): number => {
    const text = given.get(key);
    return text === undefined
      ? usual
      : text.split('x').reduce((product, factor) => product * byteCount(factor, key), 1);
  };
  const block = (key: string): number => {
    const size = number('bs', number(key, USUAL_BLOCK));
    if (size < 1 || size > BLOCK_MAX)
      throw new UsageError(`invalid number: ${quoted(given.get('bs') ?? given.get(key) ?? '')}`);
    return size;
  };
  const conversions = (given.get('conv') ?? '').split(',').filter((word) => word !== '');
  const unknown = conversions.find(
    (word) => !['notrunc', 'fsync', 'fdatasync', 'noerror', 'sparse'].includes(word),
  );
  if (unknown !== undefined) throw new UsageError(`invalid conversion: ${quoted(unknown)}`);
  return {
    input: given.get('if'),
    output: given.get('of'),
    inputBlock: block('ibs'),
    outputBlock: block('obs'),
    count: number('count', Infinity),
    skip: number('skip', 0),
    seek: number('seek', 0),
    truncates: !conversions.includes('notrunc'),
    appends: (given.get('oflag') ?? '').split(',').includes('append'),
    isQuiet: given.get('status') === 'none',
  };
}

/** The next block of the input; empty at its end. */
type ReadBlock = (length: number) => Promise<Uint8Array>;

async function copyBlocks(run: Run, copy: Copy): Promise<void> {
  const opened: Handle[] = [];
  const { storage, ctx, context } = run;
  const open = async (name: string, flags: Parameters<typeof storage.open>[1]): Promise<Handle> => {
    const handle = await storage.open(run.path(name), flags, 0o666 & ~context.umask, ctx);
    opened.push(handle);
    return handle;
  };
  try {
    const read = await reading(run, copy, open);
    const write = await writing(run, copy, open);
    const started = context.now();
    let [full, partial, bytes] = [0, 0, 0];
    while (full + partial < copy.count) {
      context.signal.throwIfAborted();
      const block = await read(copy.inputBlock);
      if (block.length === 0) break;
      if (block.length === copy.inputBlock) full += 1;
      else partial += 1;
      await write(block);
      bytes += block.length;
    }
    if (copy.isQuiet) return;
    const seconds = Math.max(0.001, (context.now() - started) / 1000);
    const rate = (bytes / seconds / 1e6).toFixed(1);
    const records = `${full}+${partial} records`;
    const text = `${records} in\n${records} out\n${bytes} bytes copied, ${seconds} s, ${rate} MB/s\n`;
    await send(context.stderr, text, context.signal);
  } finally {
    for (const handle of opened) await storage.close(handle, {});
  }
}

type Open = (
  name: string,
  flags: { readonly access: 'r' | 'w'; readonly create?: 'if-missing' },
) => Promise<Handle>;

async function reading(
  { storage, ctx, context }: Run,
  { input, inputBlock, skip }: Copy,
  open: Open,
): Promise<ReadBlock> {
  if (input !== undefined) {
    const handle = await open(input, { access: 'r' });
    let position = skip * inputBlock;
    return async (length) => {
      const bytes = await storage.read(handle, position, length, ctx);
      position += bytes.length;
      return bytes;
    };
  }
  const reader = new ByteReader(context.stdin, context.signal);
  const buffer = Buffer.allocUnsafeSlow(inputBlock);
  // Of a stream what is skipped must be read.
  for (let left = skip * inputBlock; left > 0;) {
    const bytes = await reader.some(left);
    if (bytes === undefined) break;
    left -= bytes.length;
  }
  return async (length) => buffer.subarray(0, await reader.fill(buffer.subarray(0, length)));
}

async function writing(run: Run, copy: Copy, open: Open): Promise<(bytes: Uint8Array) => Promise<void>> {
  const { storage, ctx, context } = run;
  // What goes to a stream may be kept there, while the buffer is filled again.
  if (copy.output === undefined) return (bytes) => send(context.stdout, Buffer.from(bytes), context.signal);
  const handle = await open(copy.output, { access: 'w', create: 'if-missing' });
  let position = copy.seek * copy.outputBlock;
  if (copy.truncates && !copy.appends) await storage.fsetstat(handle, { size: position }, ctx);
  return async (bytes) => {
    await storage.write(handle, copy.appends ? 'end' : position, bytes, ctx);
    position += bytes.length;
  };
}
