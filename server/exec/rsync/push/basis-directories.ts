import { unresolved, type VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import type { Session } from '../session.ts';
import { below, isMissing, visibleStatsOf } from '../storage.ts';

export type BasisUse = 'link' | 'copy' | 'compare';

/** Something of the wanted name and type in a basis directory. */
export interface BasisMatch {
  /** Which of the directories, from 0. */
  readonly number: number;
  readonly path: VfsPath;
  readonly stats: Stats;
}

/** `--link-dest`, `--copy-dest`, `--compare-dest`: other places where a file may be already. */
export class BasisDirectories {
  readonly #session: Session;
  readonly #directories: readonly VfsPath[];
  readonly use: BasisUse;

  private constructor(session: Session, use: BasisUse, directories: readonly VfsPath[]) {
    this.#session = session;
    this.use = use;
    this.#directories = directories;
  }

  /** Relative ones begin at the root of the transfer. */
  static async open(session: Session, root: VfsPath): Promise<BasisDirectories> {
    const { linkDestinations, copyDestinations, compareDestinations } = session.options;
    const [use, names] =
      linkDestinations.length > 0
        ? (['link', linkDestinations] as const)
        : copyDestinations.length > 0
          ? (['copy', copyDestinations] as const)
          : (['compare', compareDestinations] as const);
    const directories: VfsPath[] = [];
    for (const name of names) {
      const path = name.startsWith('/')
        ? unresolved(name)
        : unresolved(`${root === '/' ? '' : root}/${name}`);
      const found = await find(session, path);
      if (found === undefined) session.report.warning(`--${use}-dest arg does not exist: ${name}`);
      directories.push(found ?? path);
    }
    return new BasisDirectories(session, use, directories);
  }

  get some(): boolean {
    return this.#directories.length > 0;
  }

  pathOf(number: number, name: string): VfsPath | undefined {
    const directory = this.#directories[number];
    return directory === undefined ? undefined : below(directory, name);
  }

  /** The same name in each directory, where it is of that type. */
  async *candidates(name: string, type: Stats['type']): AsyncGenerator<BasisMatch> {
    for (const [number, directory] of this.#directories.entries()) {
      const path = below(directory, name);
      const stats = await visibleStatsOf(this.#session.program.mount, path, this.#session.ctx);
      if (stats?.type === type) yield { number, path, stats };
    }
  }
}

async function find({ program, ctx }: Session, path: VfsPath): Promise<VfsPath | undefined> {
  try {
    const found = await program.mount.resolve(path, 'follow', ctx);
    return found.stats?.type === 'directory' ? found.path : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
