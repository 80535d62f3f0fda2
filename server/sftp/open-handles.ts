import type { Handle } from '../../vfs/backend.ts';
import { VfsError } from '../../vfs/errors.ts';
import type { VfsPath } from '../../vfs/path.ts';

/** What an OPEN left behind. */
export interface OpenFile {
  readonly kind: 'file';
  readonly file: Handle;
  /** As the client named it, absolute. */
  readonly path: VfsPath;
  readonly writable: boolean;
  /** Every WRITE goes to the end, whatever its offset. */
  readonly append: boolean;
}

/** What an OPENDIR left behind: a place in a listing. */
export interface OpenDirectory {
  readonly kind: 'directory';
  readonly inode: number;
  /** Where the directory was last seen. */
  path: VfsPath;
  /** `before`: `.` and `..` are still to come. */
  progress: 'before' | 'listing' | 'ended';
  /** The last name listed. */
  after: string | undefined;
}

export type OpenThing = OpenFile | OpenDirectory;

const ID_BYTES = 16;

/** The open files and directories of one session, by names that cannot be guessed: 128 random bits, one character a byte. */
export class OpenHandles {
  readonly #max: number;
  readonly #randomBytes: (size: number) => Buffer;
  readonly #things = new Map<string, OpenThing>();
  /** Places taken by opens that are under way. */
  #opening = 0;

  constructor(max: number, randomBytes: (size: number) => Buffer) {
    this.#max = max;
    this.#randomBytes = randomBytes;
  }

  /** Opens within the limit, and answers the new handle. Throws `EMFILE`, or what `make` throws. */
  async open(make: () => Promise<OpenThing>): Promise<string> {
    if (this.#things.size + this.#opening >= this.#max) {
      throw new VfsError('EMFILE', { detail: `too many open handles: ${this.#max} at once are allowed` });
    }
    this.#opening++;
    try {
      return this.#add(await make());
    } finally {
      this.#opening--;
    }
  }

  /** `EBADF` for what is not the handle of an open file in this session. */
  file(handle: string): OpenFile {
    const thing = this.#things.get(handle);
    return thing?.kind === 'file' ? thing : invalid();
  }

  /** `EBADF` for what is not the handle of an open directory in this session. */
  directory(handle: string): OpenDirectory {
    const thing = this.#things.get(handle);
    return thing?.kind === 'directory' ? thing : invalid();
  }

  /** Ends the handle and gives what it named. */
  take(handle: string): OpenThing {
    const thing = this.#things.get(handle) ?? invalid();
    this.#things.delete(handle);
    return thing;
  }

  /** Ends all handles and gives what they named. */
  takeAll(): OpenThing[] {
    const things = [...this.#things.values()];
    this.#things.clear();
    return things;
  }

  #add(thing: OpenThing): string {
    const handle = this.#randomBytes(ID_BYTES).toString('latin1');
    this.#things.set(handle, thing);
    return handle;
  }
}

function invalid(): never {
  throw new VfsError('EBADF', { detail: 'invalid handle' });
}
