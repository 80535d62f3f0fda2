import { isVfsError, VfsError } from '../../../vfs/errors.ts';
import { errorText } from '../error-text.ts';
import { pathFrom } from '../paths.ts';
import type { Program, ProgramContext } from '../program.ts';
import { STDIN } from '../tools/content.ts';
import { Options, UsageError } from '../tools/options.ts';
import { shown } from '../tools/quoted.ts';
import { Run } from '../tools/tool.ts';
import { ArchiveInput } from './archive-input.ts';
import { create } from './create.ts';
import { Extraction } from './extract.ts';
import { TarError } from './header.ts';
import { list } from './list.ts';
import { TarReader } from './reader.ts';
import { tarSettings, type TarSettings } from './settings.ts';

const SERIOUS = 2;

/** `tar c`, `x` and `t` on the storage, with the archive in a file of it or in a pipe; a stream all the way. */
export const tar: Program = async (context) => {
  const speaker = new Run('tar', context, NO_OPTIONS, []);
  try {
    const settings = tarSettings(context.args);
    const at = new Run('tar', await inDirectory(context, settings), NO_OPTIONS, []);
    if (settings.mode === 'create') await create(speaker, at, settings);
    else await read(context, at, settings);
    await at.flush();
    if (at.status === SERIOUS)
      await at.complain('Exiting with failure status due to previous errors', SERIOUS);
    return at.status;
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof UsageError || error instanceof TarError)
      await speaker.complain(error.message, SERIOUS);
    else if (isVfsError(error))
      await speaker.complain(`${shown(error.path ?? '')}: ${errorText(error)}`, SERIOUS);
    else throw error;
    await speaker.complain('Error is not recoverable: exiting now', SERIOUS);
    return SERIOUS;
  }
};

const NO_OPTIONS = new Options([]);

/** -C, each from where the one before leads. */
async function inDirectory(context: ProgramContext, { options }: TarSettings): Promise<ProgramContext> {
  let { cwd } = context;
  for (const name of options.values('directory')) {
    const { path, stats } = await context.mount.resolve(pathFrom(cwd, name), 'follow', {
      signal: context.signal,
    });
    if (stats?.type !== 'directory')
      throw new VfsError(stats === undefined ? 'ENOENT' : 'ENOTDIR', { path: name });
    cwd = path;
  }
  return { ...context, cwd };
}

async function read(context: ProgramContext, at: Run, settings: TarSettings): Promise<void> {
  const { options } = settings;
  const input = await ArchiveInput.open(context, options.value('file') ?? STDIN, options.has('gzip'));
  try {
    const reader = new TarReader(input.reader);
    if (settings.mode === 'list') await list(at, settings, reader);
    else await new Extraction(at, settings, reader).all();
    input.check();
  } catch (error) {
    input.check();
    throw error;
  } finally {
    input.close();
  }
}
