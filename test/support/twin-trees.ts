import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { childOf, entriesOf } from '../../vfs/extensions/entries.ts';
import { hashFile, importTree } from '../../vfs/extensions/node/index.ts';
import { encodeText } from '../../vfs/names.ts';
import { ROOT, type VfsPath } from '../../vfs/path.ts';
import { timestampToMilliseconds } from '../../vfs/stats.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { runProgram, type Finished } from './run-program.ts';
import { describeTree } from './local-tree.ts';
import { benchOn, execBench, type Ran, type RunLineOptions } from './exec.ts';

/** One tree on the host and the same in a storage, to run a real program on the one and ours on the other. */
export interface TwinTrees {
  /** The directory of the host. */
  readonly directory: string;
  readonly storage: VfsBackend;
  real(program: string, args: readonly string[], input?: string | Uint8Array): Promise<Finished>;
  ours(line: string, options?: RunLineOptions): Promise<Ran>;
  /** Both trees as lines: path, type, content, mode, and times where they are old. */
  compare(): Promise<{ readonly real: string[]; readonly ours: string[] }>;
}

/** `make` fills the host's directory; what it makes is then brought into a storage. The host's umask must be 022. */
export async function twinTrees(
  scratch: string,
  make: (directory: string) => void = () => {},
): Promise<TwinTrees> {
  const directory = join(scratch, 'real');
  mkdirSync(directory);
  make(directory);
  const { storage } = await execBench();
  await importTree(storage, directory, ROOT);
  const bench = benchOn(storage);
  return {
    directory,
    storage,
    real: (program, args, input = '') =>
      runProgram(program, args, {
        cwd: directory,
        input,
        timeout: 20_000,
        env: { LC_ALL: 'C', TABSIZE: '0' },
      }),
    ours: (line, options) => bench.run(line, options),
    compare: async () => ({ real: hostLines(directory), ours: await storageLines(storage, ROOT, '') }),
  };
}

/** What is younger was made by the test, at no particular time. */
const OLD_MILLISECONDS = Date.UTC(2020, 0, 1);

function hostLines(directory: string): string[] {
  return describeTree(directory, (stats) => fact(stats.mode, stats.mtimeMs, stats.isSymbolicLink()));
}

/** As `describeTree` has them. */
async function storageLines(storage: VfsBackend, directory: VfsPath, above: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { name, stats } of entriesOf(storage, directory)) {
    const path = childOf(directory, name);
    const text = Buffer.from(encodeText(name)).toString('latin1');
    const isLink = stats.type === 'symlink';
    const content = {
      directory: async () => 'directory',
      symlink: async () => `-> ${await storage.readlink(path, {})}`,
      file: () => hashFile(storage, path),
    };
    const milliseconds = timestampToMilliseconds(stats.mtime);
    lines.push(`${above}${text} ${await content[stats.type]()} ${fact(stats.mode, milliseconds, isLink)}`);
    if (stats.type === 'directory') lines.push(...(await storageLines(storage, path, `${above}${text}/`)));
  }
  return lines;
}

function fact(mode: number, mtime: number, isLink: boolean): string {
  const bits = (mode & 0o7777).toString(8);
  return mtime < OLD_MILLISECONDS && !isLink ? `${bits} ${mtime}` : bits;
}
