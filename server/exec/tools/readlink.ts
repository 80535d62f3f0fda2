import { isVfsError, VfsError } from '../../../vfs/errors.ts';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { join, parentOf, nameOf, type VfsPath } from '../../../vfs/path.ts';
import { shown } from './quoted.ts';
import { tool, type Run } from './tool.ts';

/** What must be there of a path that is made canonical: all of it, all but the last name, nothing. */
type Strictness = 'all' | 'directory' | 'nothing';

const OPTIONS = {
  canonicalize: '-f --canonicalize',
  existing: '-e --canonicalize-existing',
  missing: '-m --canonicalize-missing',
  noNewline: '-n --no-newline',
  silent: '-q -s --quiet --silent',
  verbose: '-v --verbose',
  zero: '-z --zero',
};

export const readlink = tool(
  'readlink',
  OPTIONS,
  async (run) => {
    const { options, operands } = run;
    const way = options.last('canonicalize', 'existing', 'missing');
    const strictness = ({ canonicalize: 'directory', existing: 'all', missing: 'nothing' } as const)[
      way ?? 'canonicalize'
    ];
    for (const name of operands) {
      const act = async (): Promise<void> => {
        const text =
          way === undefined
            ? await run.storage.readlink(run.path(name), run.ctx)
            : await canonical(run, name, strictness);
        const noNewline = options.has('noNewline') && operands.length === 1;
        await run.print(text + (options.has('zero') ? '\0' : noNewline ? '' : '\n'));
      };
      if (options.has('verbose')) await run.attempt(shown(name), act);
      else await silently(run, act);
    }
  },
  { operandsMin: 1 },
);

/** The status alone tells. */
async function silently<N extends string>(run: Run<N>, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isVfsError(error)) throw error;
    run.status = 1;
  }
}

export const realpath = tool(
  'realpath',
  {
    existing: '-e --canonicalize-existing',
    missing: '-m --canonicalize-missing',
    strip: '-s --strip --no-symlinks',
    quiet: '-q --quiet',
    zero: '-z --zero',
    ignored: '-L -P --logical --physical',
  },
  async (run) => {
    const { options } = run;
    const way = options.last('existing', 'missing');
    const strictness = way === undefined ? 'directory' : way === 'existing' ? 'all' : 'nothing';
    for (const name of run.operands) {
      const act = async (): Promise<void> =>
        run.print((await canonical(run, name, strictness)) + (options.has('zero') ? '\0' : '\n'));
      if (options.has('quiet')) await silently(run, act);
      else await run.attempt(shown(name), act);
    }
  },
  { operandsMin: 1 },
);

async function canonical<N extends string>(
  run: Run<N>,
  name: string,
  strictness: Strictness,
): Promise<string> {
  const path = run.path(name);
  if (strictness === 'nothing') return withMissing(run.storage, path, { signal: run.context.signal });
  const { path: real, stats } = await run.storage.resolve(path, 'follow', run.ctx);
  if (stats === undefined && strictness === 'all') throw new VfsError('ENOENT', { path });
  return real;
}

/** The canonical path of what may be missing from some directory on. */
async function withMissing(
  storage: VfsBackend,
  path: VfsPath,
  ctx: { readonly signal: AbortSignal },
): Promise<string> {
  try {
    return (await storage.resolve(path, 'follow', ctx)).path;
  } catch (error) {
    const trimmed = path.replace(/\/+$/, '') as VfsPath;
    if (!isVfsError(error) || trimmed === '') throw error;
    const name = nameOf(trimmed);
    const above = (await withMissing(storage, parentOf(trimmed), ctx)) as VfsPath;
    if (name === '' || name === '.') return above;
    return name === '..' ? parentOf(above) : join(above, name);
  }
}
