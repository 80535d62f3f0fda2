import { once } from 'node:events';
import { walk } from '../../vfs/extensions/index.ts';
import { encodeText } from '../../vfs/names.ts';
import type { VfsPath } from '../../vfs/path.ts';
import type { Stats } from '../../vfs/stats.ts';
import { escapeUnsafe } from '../../server/escape.ts';
import { command, JSON_OPTION } from '../command.ts';
import type { Io } from '../io.ts';
import { STORAGE_POSITIONAL, storagePath } from './arguments.ts';
import { entryJson, longLine } from './entry-text.ts';
import { withStorage } from './open-storage.ts';
import { ownerNames } from './owner.ts';

/** `anyfs storage ls NAME [PATH]`: in the order of the names' bytes; control characters are escaped on a terminal. */
export const storageLs = command({
  usage: 'ls <name> [path]',
  describe: 'List a directory',
  positionals: {
    ...STORAGE_POSITIONAL,
    path: { type: 'string', default: '/', describe: 'Directory, or a single file' },
  },
  options: {
    long: { alias: 'l', type: 'boolean', default: false, describe: 'With modes, owners, sizes and times' },
    recursive: { alias: 'R', type: 'boolean', default: false, describe: 'With everything below' },
    ...JSON_OPTION,
  },
  async run(args, io) {
    await withStorage(args, io, async ({ storage, paths }) => {
      const nameOf = ownerNames(paths);
      const show = args.json ? jsonLines(io) : textLines(io, args.long ? nameOf : undefined);
      for await (const { path, name, stats } of walk(storage, storagePath(args.path), args)) {
        io.signal.throwIfAborted();
        const target = stats.type === 'symlink' ? await storage.readlink(path, {}) : undefined;
        await show.entry({ path, name: args.recursive ? path : name, stats, target });
      }
      await show.end();
    });
  },
});

interface Shown {
  readonly path: VfsPath;
  readonly name: string;
  readonly stats: Stats;
  readonly target: string | undefined;
}

interface Lines {
  entry(shown: Shown): Promise<void>;
  end(): Promise<void>;
}

function textLines(io: Io, nameOf: ((uid: number) => string) | undefined): Lines {
  const safe = io.stdout.isTTY === true ? escapeName : (name: string) => name;
  return {
    entry: ({ name, stats, target }) => {
      if (nameOf === undefined) return write(io, `${safe(name)}\n`);
      const link = target === undefined ? '' : ` -> ${safe(target)}`;
      return write(io, `${longLine(stats, nameOf)} ${safe(name)}${link}\n`);
    },
    end: async () => {},
  };
}

/** One array, written entry by entry, so that a large tree is never in memory. */
function jsonLines(io: Io): Lines {
  let separator = '[\n  ';
  return {
    entry: ({ path, stats, target }) => {
      const text = separator + JSON.stringify(entryJson(path, stats, target));
      separator = ',\n  ';
      return write(io, text);
    },
    end: () => write(io, separator.startsWith('[') ? '[]\n' : '\n]\n'),
  };
}

/** With `\\` for a backslash, so that what is shown is unambiguous. */
function escapeName(name: string): string {
  return escapeUnsafe(name.replaceAll('\\', '\\\\'));
}

/** The bytes that the name stands for. */
async function write(io: Io, text: string): Promise<void> {
  if (!io.stdout.write(encodeText(text))) await once(io.stdout, 'drain');
}
