export { fromFsPromises, type FromFsPromisesOptions } from './from-fs-promises.ts';
export type { FsFileHandle, FsPath, FsPromises, FsStats, FsStorageStats } from './fs-promises.ts';
