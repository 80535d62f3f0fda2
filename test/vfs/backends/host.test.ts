import type { Capabilities } from '../../../vfs/capabilities.ts';
import {
  describeConformance,
  LARGE_CROWD,
  SLOW_CROWD,
  type ConformanceOptions,
} from '../../conformance/index.ts';
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
/** Whoever is not root is the owner of all that is made, and bound to mode bits. */
function identity(): ConformanceOptions['identity'] {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return uid === 0 ? undefined : { uid, gid, superuser: false };
}

const options: ConformanceOptions = {
  capabilities,
  idMax: 0xffff_fffe,
  listingMovesAccessTime: true,
  identity: identity(),
  ...hostFileSystem(),
};

/** The large one takes half a minute here. */
const CROWD = process.env['CI'] === undefined ? SLOW_CROWD : LARGE_CROWD;

describeConformance('HostBackend', hostStorage, { ...options, crowd: CROWD });
const WITH_RACES = {
  'a path of 4,096 bytes works, a longer one is ENAMETOOLONG': 'the path of the folder counts too',
  'nests as deep as a path can say': 'works, but every call looks at a thousand names',
  'moves mtime and ctime of the target alone': 'reading moves access times',
  'a write moves mtime and ctime, and a read moves nothing': 'reading moves access times',
};

describeConformance(
  'HostBackend where races are allowed',
  () => hostStorage({ platform: 'darwin', allowRaces: true }),
  { ...options, deviations: WITH_RACES },
);
describeUnderLayers('HostBackend', hostStorage, options);
