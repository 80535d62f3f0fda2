import { escapeUnsafe } from '../../server/escape.ts';
import { formatBytes } from '../../vfs/backends/shared/format-bytes.ts';
import type { Io } from '../io.ts';
import { note } from '../output.ts';
import type { TransferCounts, TransferOptions } from '../../vfs/extensions/index.ts';

const INTERVAL_MILLISECONDS = 100;
const PATH_LENGTH_MAX = 40;
const CLEAR_LINE = '\r\u001b[K';

export interface Progress extends Required<TransferOptions> {
  /** Takes the line away. */
  end(): void;
}

/** Shows on standard error how far a transfer is, where that is a terminal; nothing elsewhere. */
export function showProgress(io: Io): Progress {
  const isTerminal = io.stderr.isTTY === true;
  const clear = (): void => void (isTerminal && io.stderr.write(CLEAR_LINE));
  let next = 0;
  return {
    signal: io.signal,
    onProgress: (counts, path) => {
      const now = performance.now();
      if (!isTerminal || now < next) return;
      next = now + INTERVAL_MILLISECONDS;
      const shown = escapeUnsafe(path).slice(-PATH_LENGTH_MAX);
      io.stderr.write(`${CLEAR_LINE}${counts.files} files, ${formatBytes(counts.bytes)}  ${shown}`);
    },
    onSkip: (path, reason) => {
      clear();
      note(io, `${path} ${reason} and is left out`);
    },
    end: clear,
  };
}

/** `12 files, 3 directories, 1 symlink, 1.2 GiB`. */
export function countsText({ files, directories, symlinks, bytes }: TransferCounts): string {
  return [
    counted(files, 'file', 'files'),
    counted(directories, 'directory', 'directories'),
    counted(symlinks, 'symlink', 'symlinks'),
    formatBytes(bytes),
  ].join(', ');
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
