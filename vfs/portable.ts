/*
 * Everything that needs no Node: `anyfs/portable`, for browsers and other runtimes.
 */

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
export { fromFsPromises, type FromFsPromisesOptions, type FsPromises } from './backends/fs-adapter/index.ts';
export { MemoryBackend, type MemoryBackendOptions } from './backends/memory/index.ts';
export type { Capabilities } from './capabilities.ts';
export { isVfsError, toVfsError, VfsError, type VfsErrorCode, type VfsErrorOptions } from './errors.ts';
export * from './extensions/index.ts';
export { FileStorage } from './file-storage.ts';
export * from './file-storage/index.ts';
export {
  backendOf,
  callBackend,
  compose,
  denying,
  extendContext,
  override,
  stack,
  withCapabilities,
  withContext,
  type AnyCall,
  type Call,
  type Handlers,
  type Layer,
  type Next,
  type OpArgs,
  type OpResult,
} from './layer.ts';
export { cache, type CacheOptions } from './middleware/cache.ts';
export { changeFeed, type Change, type ChangeFeed, type ChangeListener } from './middleware/changes.ts';
export { denyOverwrite } from './middleware/deny-overwrite.ts';
export { dryRun, type DryRun, type DryRunOptions, type PlannedChange } from './middleware/dry-run.ts';
export { allowedNames, deniedNames, maxNameLength } from './middleware/name-rules.ts';
export { overlay } from './middleware/overlay.ts';
export { commit } from './middleware/overlay/commit.ts';
export { diff, type Difference } from './middleware/overlay/diff.ts';
export { discard } from './middleware/overlay/discard.ts';
export { pathFilter, type PathRule } from './middleware/path-filter.ts';
export { permissions, type Identity } from './middleware/permissions.ts';
export { quota } from './middleware/quota.ts';
export { rateLimit, type Rate, type RateLimitOptions, type Timer } from './middleware/rate-limit.ts';
export { readOnly } from './middleware/read-only.ts';
export { restrictions } from './middleware/request-words.ts';
export { resolvePaths, type ResolvePathsOptions } from './middleware/resolve-paths.ts';
export {
  denyDelete,
  denyHardLinks,
  denyList,
  denyPermissionChanges,
  denyRead,
  denyRename,
  denySymlinks,
  denyTimesChanges,
  maxFileSize,
} from './middleware/restrictions.ts';
export { tracing, type TraceEvent } from './middleware/tracing.ts';
export { compareNames, decodeText, encodeText } from './names.ts';
export {
  actsOnHandle,
  bytesMoved,
  bytesWanted,
  followsLast,
  mutates,
  OP_NAMES,
  pathMadeBy,
  pathsOf,
  trafficOf,
  withPaths,
  type Traffic,
} from './ops.ts';
export { isInside, join, nameOf, parentOf, ROOT, unresolved, vfsPath, type VfsPath } from './path.ts';
export { deniedRequests, parseRequestWords, REQUEST_WORDS, type RequestWord } from './request-words.ts';
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
