import type { Handle, OpenFlags, OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';

/** The open files of a store. Handles are counted up and never used again, so that a stale one cannot name another file. */
export class HandleTable<F> {
  readonly #files = new Map<Handle, F>();
  #next = 1;

  get size(): number {
    return this.#files.size;
  }

  add(file: F): Handle {
    const handle = this.#next++ as Handle;
    this.#files.set(handle, file);
    return handle;
  }

  /** `EBADF` for a handle that is not open. */
  get(handle: Handle, op?: OpName): F {
    const file = this.#files.get(handle);
    if (file === undefined) throw new VfsError('EBADF', { op });
    return file;
  }

  /** Ends the handle and gives what it named. `EBADF` where it is not open. */
  take(handle: Handle, op?: OpName): F {
    const file = this.get(handle, op);
    this.#files.delete(handle);
    return file;
  }

  /** What all handles name. */
  all(): Iterable<F> {
    return this.#files.values();
  }

  /** Ends all handles and gives what they named. */
  takeAll(): F[] {
    const files = [...this.#files.values()];
    this.#files.clear();
    return files;
  }
}

/** `EBADF` for a handle that was not opened for reading. */
export function checkReadable(access: OpenFlags['access'], op?: OpName): void {
  if (access === 'w') throw new VfsError('EBADF', { op });
}

/** `EBADF` for a handle that was not opened for writing. */
export function checkWritable(access: OpenFlags['access'], op?: OpName): void {
  if (access === 'r') throw new VfsError('EBADF', { op });
}
