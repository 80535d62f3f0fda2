export type { Encoding } from './encodings.ts';
export { FileHandle, type ReadOptions } from './file-handle.ts';
export type { DirectoryItem, FileStats, FileSystemStats, TypeQuestions } from './file-stats.ts';
export { constants } from './open-flags.ts';
export type {
  FileStorageOptions,
  ListOptions,
  MakeDirectoryOptions,
  ReadFileOptions,
  WriteFileOptions,
} from './options.ts';
export type { PathLike } from './paths.ts';
export type { RemoveOptions } from './remove-tree.ts';
export type { TimeLike } from './times.ts';
