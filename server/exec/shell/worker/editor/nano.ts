import type { VfsBackend } from '../../../../../vfs/backend.ts';
import { isVfsError, VfsError } from '../../../../../vfs/errors.ts';
import { FileStorage } from '../../../../../vfs/file-storage.ts';
import { decodeText, encodeText } from '../../../../../vfs/names.ts';
import { send } from '../../../output.ts';
import { pathFrom } from '../../../paths.ts';
import type { ProgramContext } from '../../../program.ts';
import { Upload } from '../../../upload.ts';
import type { InputSource } from '../input-source.ts';
import { Screen } from '../screen/screen.ts';
import type { ShellTerminal } from '../shell-terminal.ts';
import { Editor } from './editor.ts';

/** A text is held in memory several times over. */
const FILE_MAX = 8 * 1024 * 1024;
const CREATE_MODE = 0o666;

/** `nano FILE`: edits one file on the whole screen. */
export async function nano(
  context: ProgramContext,
  terminal: ShellTerminal | undefined,
  source: InputSource,
): Promise<number> {
  const { args, stderr, signal, mount } = context;
  const names = args.filter((word) => !word.startsWith('-') && !/^\+\d/.test(word));
  if (terminal === undefined || context.terminal === undefined)
    return refuse('nano: standard output is no terminal');
  if (names.length > 1) return refuse('nano: one file at a time');
  const name = names[0] ?? '';
  const text = name === '' ? '' : decodeText(await read(mount, context, name));
  const screen = new Screen(terminal, source, signal);
  try {
    const save = (target: string, content: string): Promise<void> =>
      write(context, target, encodeText(content));
    await new Editor(screen, { name, text, save }).run();
  } finally {
    screen.close();
  }
  return 0;

  async function refuse(line: string): Promise<number> {
    await send(stderr, `${line}\n`, signal);
    return 1;
  }
}

/** Empty where there is no such file yet. */
async function read(mount: VfsBackend, { cwd }: ProgramContext, name: string): Promise<Uint8Array> {
  const files = new FileStorage(mount, { resolved: true });
  const path = pathFrom(cwd, name, 'open');
  try {
    const { size } = await files.stat(path);
    if (size > FILE_MAX) throw new VfsError('EFBIG', { op: 'open', path: name });
    return await files.readFile(path);
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return new Uint8Array(0);
    throw error;
  }
}

/** The new text takes the place of the old one when all of it is there: where there is no room for it, nothing is lost. */
async function write({ mount, cwd, umask }: ProgramContext, name: string, bytes: Uint8Array): Promise<void> {
  const upload = await Upload.begin(mount, pathFrom(cwd, name, 'open'), CREATE_MODE & ~umask, {});
  try {
    await upload.write(0, bytes);
  } catch (error) {
    await upload.abandon();
    throw error;
  }
  await upload.finish({ size: bytes.length });
}
