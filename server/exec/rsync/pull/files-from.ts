import type { Input } from '../wire/input.ts';
import { EXIT, protocolError, RsyncError } from '../exit.ts';
import type { Session } from '../session.ts';
import { errorText } from '../../error-text.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import { argumentPath } from '../storage.ts';

/** Bytes of a name, and of a file of names, at most. */
const NAME_BYTES_MAX = 4095;
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** The names of `--files-from`: over the connection (`-`), or from a file here. */
export async function* readFilesFrom(session: Session): AsyncGenerator<string> {
  const { options } = session;
  if (options.filesFrom === '-') yield* overConnection(session);
  else if (options.filesFrom !== undefined) yield* fromFile(session, options.filesFrom);
}

/** With protocol 30 the names come between frames, unframed (start_filesfrom_forwarding, io.c). */
async function* overConnection({ input, dialect }: Session): AsyncGenerator<string> {
  const isRaw = dialect.protocol === 30;
  if (isRaw) input.multiplexed = false;
  for (;;) {
    const name = await input.parse(readName);
    if (name === '') break;
    yield name;
  }
  if (isRaw) input.multiplexed = true;
}

function readName(input: Input): string {
  let name = '';
  for (let byte = input.byte(); byte !== 0; byte = input.byte()) {
    if (name.length >= NAME_BYTES_MAX) throw protocolError('a name of --files-from is too long');
    name += String.fromCharCode(byte);
  }
  return name;
}

async function* fromFile({ program, ctx, options }: Session, name: string): AsyncGenerator<string> {
  const { mount, cwd } = program;
  let text = '';
  try {
    const handle = await mount.open(argumentPath(cwd, name), { access: 'r' }, 0, ctx);
    try {
      text = Buffer.from(await mount.read(handle, 0, FILE_BYTES_MAX, ctx)).toString('latin1');
    } finally {
      await mount.close(handle, {});
    }
  } catch (error) {
    if (!isVfsError(error)) throw error;
    throw new RsyncError(EXIT.fileIo, `failed to open files-from file ${name}: ${errorText(error)}`);
  }
  for (const line of text.split(options.from0 ? '\0' : /[\r\n]+/)) {
    const isComment = !options.from0 && (line.startsWith('#') || line.startsWith(';'));
    if (line !== '' && !isComment) yield line.slice(0, NAME_BYTES_MAX);
  }
}
