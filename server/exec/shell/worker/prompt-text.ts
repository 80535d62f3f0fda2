import type { VfsPath } from '../../../../vfs/path.ts';
import { escapeUnsafe } from '../../../escape.ts';

export interface PromptFacts {
  readonly user: string;
  readonly host: string;
  readonly cwd: VfsPath;
  readonly colours: boolean;
}

const GREEN = '\u001b[1;32m';
const BLUE = '\u001b[1;34m';
const PLAIN = '\u001b[0m';

/** `alice@host:~/dir$ `. The storage's root is its owner's home. */
export function promptText({ user, host, cwd, colours }: PromptFacts): string {
  const place = cwd === '/' ? '~' : `~${escapeUnsafe(cwd)}`;
  if (!colours) return `${user}@${host}:${place}$ `;
  return `${GREEN}${user}@${host}${PLAIN}:${BLUE}${place}${PLAIN}$ `;
}
