export type { CopyOptions } from './copy-any.ts';
export type { Content, FileData } from './data.ts';
export { Directory } from './directory.ts';
export type { Encoding, NameEncoding } from './encodings.ts';
export { FileHandle, type LockOptions } from './file-handle.ts';
export type {
  BigFileStats,
  DirectoryItem,
  FileStats,
  FileSystemStats,
  StatOptions,
  TypeQuestions,
} from './file-stats.ts';
export type { ReadStreamOptions, WriteStreamOptions } from './file-streams.ts';
export type { GlobOptions } from './glob.ts';
export type { LineOptions } from './lines.ts';
export type { Mode } from './modes.ts';
export { constants } from './open-flags.ts';
export type {
  FileOpening,
  FileStorageOptions,
  ListOptions,
  MakeDirectoryOptions,
  NameOptions,
  OpenDirectoryOptions,
  ReadFileOptions,
  ReadFileStreamOptions,
  WriteFileOptions,
  WriteFileStreamOptions,
} from './options.ts';
export type { PathLike } from './paths.ts';
export type { ByteSink, ByteSource, Platform, PlatformFunctions, StreamOptions } from './platform.ts';
export type { Position, RangeOptions, ReadOptions } from './ranges.ts';
export type { RemoveOptions } from './remove-tree.ts';
export type { TimeLike } from './times.ts';
export type { WatchEvent, WatchOptions } from './watch.ts';
export { webPlatform, type WebPlatform } from './web-platform.ts';
