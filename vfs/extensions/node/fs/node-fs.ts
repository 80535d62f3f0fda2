import type * as nodeFsModule from 'node:fs';
import type * as nodeFsPromises from 'node:fs/promises';
import { callbackify } from 'node:util';
import type { VfsBackend } from '../../../backend.ts';
import { FileStorage } from '../../../file-storage.ts';
import type { FileStorageOptions } from '../../../file-storage/index.ts';
import { nodePlatform, type NodePlatform } from './node-platform.ts';

/** What takes the same arguments and answers the same as with Node. */
const SAME = [
  'access',
  'appendFile',
  'chmod',
  'chown',
  'copyFile',
  'cp',
  'lchown',
  'link',
  'lstat',
  'lutimes',
  'mkdir',
  'mkdtemp',
  'readFile',
  'readdir',
  'readlink',
  'realpath',
  'rename',
  'rm',
  'rmdir',
  'stat',
  'statfs',
  'symlink',
  'truncate',
  'unlink',
  'utimes',
  'writeFile',
] as const;
/** What answers objects of ours in place of Node's classes. */
const OURS = ['open', 'opendir', 'glob', 'watch'] as const;

type Same = (typeof SAME)[number];
type Ours = (typeof OURS)[number];
type NodeStorage = FileStorage<unknown, NodePlatform>;

/** In the shape of `node:fs/promises`; every function stands for itself, so that it can be taken out of the object. */
export type NodeFsPromises = Pick<typeof nodeFsPromises, Same> & Pick<NodeStorage, Ours | 'constants'>;

/** In the shape of `node:fs`, without its synchronous functions and those on numbers of open files. */
export interface NodeFs extends Pick<typeof nodeFsModule, Exclude<Same, 'lutimes'>> {
  readonly lutimes: typeof nodeFsModule.lutimes;
  readonly promises: NodeFsPromises;
  readonly constants: NodeStorage['constants'];
  readonly createReadStream: NodeStorage['createReadStream'];
  readonly createWriteStream: NodeStorage['createWriteStream'];
  readonly exists: (path: string | Buffer | URL, callback: (exists: boolean) => void) => void;
}

/**
 * A storage as the `fs` object that libraries take: with callbacks, `promises`, Node's buffers and streams. Errors are
 * those of `FileStorage`. There are no synchronous functions: a storage has none.
 */
export function nodeFs(
  backend: VfsBackend,
  options: Omit<FileStorageOptions<NodePlatform>, 'platform'> = {},
): NodeFs {
  const storage = new FileStorage(backend, { ...options, platform: nodePlatform });
  const bound = boundMethods(storage);
  const callbacks: Record<string, unknown> = Object.fromEntries(
    SAME.map((name) => [name, callbackify(bound[name])]),
  );
  callbacks['realpath'] = Object.assign(callbackify(bound.realpath), { native: callbackify(bound.realpath) });
  const promises = { ...bound, constants: storage.constants };
  const fs = {
    ...callbacks,
    promises,
    constants: storage.constants,
    createReadStream: storage.createReadStream.bind(storage),
    createWriteStream: storage.createWriteStream.bind(storage),
    exists: (path: string, callback: (exists: boolean) => void) =>
      void storage.exists(path).then((exists) => process.nextTick(callback, exists)),
  };
  // Node's overloads cannot be written as a table; the tests hold each function to what Node's does.
  return fs as unknown as NodeFs;
}

type Method = (...args: unknown[]) => Promise<unknown>;

function boundMethods(storage: NodeStorage): Record<Same | Ours, Method> {
  const methods = storage as unknown as Record<Same | Ours, Method>;
  const bound = [...SAME, ...OURS].map((name) => [name, methods[name].bind(storage)]);
  return Object.fromEntries(bound) as Record<Same | Ours, Method>;
}
