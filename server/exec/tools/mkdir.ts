import { makeDirectories } from '../../../vfs/file-storage/make-directories.ts';
import { modeFrom } from './modes.ts';
import { quoted } from './quoted.ts';
import { tool } from './tool.ts';

const OPTIONS = { mode: '-m --mode=', parents: '-p --parents', verbose: '-v --verbose' };

export const mkdir = tool(
  'mkdir',
  OPTIONS,
  async (run) => {
    const { options, storage, ctx, context } = run;
    const text = options.value('mode');
    const usual = 0o777 & ~context.umask;
    const mode = text === undefined ? usual : modeFrom(text, 0o777, 'directory', context.umask);
    for (const name of run.operands) {
      await run.attempt(`cannot create directory ${quoted(name)}`, async () => {
        const path = run.path(name.replace(/(?<=.)\/+$/, ''));
        const isNew = options.has('parents')
          ? (await makeDirectories(storage, path, usual | 0o300, ctx)) !== undefined
          : await storage.mkdir(path, mode, ctx).then(() => true);
        // The directories above have the usual mode whatever is asked for the last one.
        const isOther = options.has('parents') && isNew && mode !== (usual | 0o300);
        if (isOther) await storage.setstat(path, { mode }, run.following);
        if (isNew && options.has('verbose')) await run.print(`mkdir: created directory ${quoted(name)}\n`);
      });
    }
  },
  { operandsMin: 1 },
);
