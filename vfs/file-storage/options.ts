import type { CallContext } from '../backend.ts';
import type { ChangeFeed } from '../middleware/changes.ts';
import type { Encoding, NameEncoding } from './encodings.ts';
import type { ReadStreamOptions, WriteStreamOptions } from './file-streams.ts';
import type { Mode } from './modes.ts';
import type { Platform, PlatformFunctions } from './platform.ts';
import type { WebPlatform } from './web-platform.ts';

export interface FileStorageOptions<P extends Platform = WebPlatform> {
  /** Said with every call: owner of what is made, limits, session. */
  readonly context?: CallContext | undefined;
  /** True: `resolvePaths()` is on the stack already, outermost. What must not follow a symlink looks first then: one that is swapped in after that is followed. */
  readonly resolved?: boolean | undefined;
  /** Taken from the modes of what is made. Default: 0o022. */
  readonly umask?: number | undefined;
  /** What `watch` hears from; its layer is on the stack already. Default: one of its own, which hears what goes through this object. */
  readonly changes?: ChangeFeed | undefined;
  /** What bytes and streams are. Default: those that every JavaScript runtime has; `nodePlatform` for Node's. */
  readonly platform?: PlatformFunctions<P> | undefined;
}

export interface ReadFileOptions<E extends Encoding | null | undefined = Encoding | null | undefined> {
  readonly encoding?: E;
  readonly flag?: string | number | undefined;
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface WriteFileOptions {
  readonly encoding?: Encoding | null | undefined;
  readonly mode?: Mode | undefined;
  readonly flag?: string | number | undefined;
  /** Survives the loss of power once the promise is settled. */
  readonly flush?: boolean | undefined;
  /** Ends it with the signal's reason; what was written by then stays. */
  readonly signal?: AbortSignal | undefined;
}

export interface NameOptions<E extends NameEncoding | null | undefined = NameEncoding | null | undefined> {
  /** How names are answered: as text (default), in another encoding, or as bytes by `buffer`. */
  readonly encoding?: E;
}

export interface ListOptions<
  E extends NameEncoding | null | undefined = NameEncoding | null | undefined,
> extends NameOptions<E> {
  readonly withFileTypes?: boolean | undefined;
  readonly recursive?: boolean | undefined;
}

export interface OpenDirectoryOptions {
  readonly encoding?: Encoding | null | undefined;
  readonly recursive?: boolean | undefined;
}

export interface MakeDirectoryOptions {
  /** Those above are made too, and one that is there is no error. */
  readonly recursive?: boolean | undefined;
  readonly mode?: Mode | null | undefined;
}

/** How a file is opened for a stream. */
export interface FileOpening {
  readonly flags?: string | number | undefined;
  readonly mode?: Mode | undefined;
}

export type ReadFileStreamOptions = ReadStreamOptions & FileOpening;
export type WriteFileStreamOptions = WriteStreamOptions & FileOpening;

/** `'utf8'` is short for `{ encoding: 'utf8' }` wherever options are taken. */
export function optionsOf<O extends object>(options: string | null | undefined | O): O {
  if (options === null || options === undefined) return {} as O;
  return typeof options === 'string' ? ({ encoding: options } as unknown as O) : options;
}
