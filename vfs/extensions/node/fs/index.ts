export { nodeFs, type NodeFs, type NodeFsPromises } from './node-fs.ts';
export {
  nodePlatform,
  type NodePlatform,
  type StorageReadStream,
  type StorageWriteStream,
} from './node-platform.ts';
