export { copyTree, type CopyTreeOptions } from './copy-tree.ts';
export { entriesOf } from './entries.ts';
export { readJson, writeJson, type ReadJsonOptions, type WriteJsonOptions } from './json.ts';
export { removeTree } from './remove-tree.ts';
export type { TransferCounts, TransferOptions } from './transfer.ts';
export { walk, type Walked, type WalkOptions } from './walk.ts';
