import type { CallContext } from '../backend.ts';
import type { Encoding } from './encodings.ts';

export interface FileStorageOptions {
  /** Said with every call: owner of what is made, limits, session. */
  readonly context?: CallContext | undefined;
  /** True: `resolvePaths()` is on the stack already, outermost. */
  readonly resolved?: boolean | undefined;
  /** Taken from the modes of what is made. Default: 0o022. */
  readonly umask?: number | undefined;
}

export interface ReadFileOptions<E extends Encoding | null | undefined = Encoding | null | undefined> {
  readonly encoding?: E;
  readonly flag?: string | number | undefined;
}

export interface WriteFileOptions {
  readonly encoding?: Encoding | undefined;
  readonly mode?: number | undefined;
  readonly flag?: string | number | undefined;
  /** Survives the loss of power once the promise is settled. */
  readonly flush?: boolean | undefined;
}

export interface ListOptions {
  readonly withFileTypes?: boolean | undefined;
  readonly recursive?: boolean | undefined;
}

export interface MakeDirectoryOptions {
  /** Those above are made too, and one that is there is no error. */
  readonly recursive?: boolean | undefined;
  readonly mode?: number | undefined;
}

/** `'utf8'` is short for `{ encoding: 'utf8' }` wherever options are taken. */
export function optionsOf<O extends object>(options: Encoding | null | undefined | O): O {
  if (options === null || options === undefined) return {} as O;
  return typeof options === 'string' ? ({ encoding: options } as unknown as O) : options;
}
