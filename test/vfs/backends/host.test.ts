import type { Capabilities } from '../../../vfs/capabilities.ts';
import { describeConformance, type ConformanceOptions } from '../../conformance/index.ts';
import { describeUnderLayers } from '../../conformance/under-layers.ts';
import { hostFileSystem, hostStorage } from '../../support/host-storage.ts';

const capabilities: Capabilities = {
  symlinks: true,
  hardLinks: true,
  sparse: true,
  xattrs: false,
  locks: false,
  inodes: false,
  resolvesPaths: true,
  nanoseconds: false,
  limits: false,
  persistent: true,
};
/** The host takes the owner 2^32 - 1 for none. */
const options: ConformanceOptions = {
  capabilities,
  idMax: 0xffff_fffe,
  listingMovesAccessTime: true,
  ...hostFileSystem(),
};

describeConformance('HostBackend', hostStorage, options);
describeUnderLayers('HostBackend', hostStorage, options);
