export { exportTree } from './export-tree.ts';
export * from './fs/index.ts';
export { hashFile } from './hash-file.ts';
export type { HostPath } from './host-path.ts';
export type { Exclude } from './host-source.ts';
export { importTree, type ImportOptions } from './import-tree.ts';
