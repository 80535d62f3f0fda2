import type { Filters, ReadMergeFile } from './filters.ts';

interface Step {
  readonly directory: string;
  readonly filters: Filters;
}

/** The rules in force in each directory of a tree that is walked: those of the way down are kept. */
export class DirectoryFilters {
  readonly #top: Filters;
  readonly #read: ReadMergeFile;
  /** Directories from the root down, each with its rules. */
  #way: Step[] = [];

  constructor(top: Filters, read: ReadMergeFile) {
    this.#top = top;
    this.#read = read;
  }

  /** The rules for what is in a directory; the root is `.`. */
  async in(name: string): Promise<Filters> {
    if (!this.#top.perDirectory) return this.#top;
    const directory = name === '.' ? '' : name;
    let filters = this.#top;
    const way: Step[] = [];
    for (const [depth, step] of stepsOf(directory).entries()) {
      const known = this.#way[depth];
      filters = known?.directory === step ? known.filters : await filters.enter(step, this.#read);
      way.push({ directory: step, filters });
    }
    this.#way = way;
    return filters;
  }
}

/** The root and each directory down to `directory`. */
function stepsOf(directory: string): string[] {
  const names = directory === '' ? [] : directory.split('/');
  return ['', ...names.map((_, index) => names.slice(0, index + 1).join('/'))];
}
