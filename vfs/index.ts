export {
  ROOT_INODE,
  type CallContext,
  type Handle,
  type Limits,
  type LockRequest,
  type OpenFlags,
  type OpName,
  type ReaddirPage,
  type RenameOptions,
  type Resolution,
  type VfsBackend,
  type VfsOperations,
} from './backend.ts';
export { MemoryBackend, type MemoryBackendOptions } from './backends/memory/index.ts';
export { SqliteBackend, checkStorage, type SqliteOptions } from './backends/sqlite/index.ts';
export type { Capabilities } from './capabilities.ts';
export { isVfsError, toVfsError, VfsError, type VfsErrorCode, type VfsErrorOptions } from './errors.ts';
export { FileStorage } from './file-storage.ts';
export * from './file-storage/index.ts';
export {
  backendOf,
  callBackend,
  override,
  stack,
  withContext,
  type Call,
  type Layer,
  type Next,
  type OpArgs,
  type OpResult,
} from './layer.ts';
export { quota } from './middleware/quota.ts';
export { resolvePaths } from './middleware/resolve-paths.ts';
export { tracing, type TraceEvent } from './middleware/tracing.ts';
export { compareNames, decodeText, encodeText } from './names.ts';
export { actsOnHandle, bytesMoved, followsLast, mutates, OP_NAMES, pathsOf, withPaths } from './ops.ts';
export { unresolved, vfsPath, type VfsPath } from './path.ts';
export {
  timestampFromMilliseconds,
  timestampToMilliseconds,
  type DirectoryEntry,
  type FileType,
  type Stats,
  type StatsChange,
  type StorageStats,
  type Timestamp,
} from './stats.ts';
