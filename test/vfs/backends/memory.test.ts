import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import type { OpName } from '../../../vfs/backend.ts';
import type { Capabilities } from '../../../vfs/capabilities.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { stack, withCapabilities } from '../../../vfs/layer.ts';
import { describeConformance, LARGE_CROWD } from '../../conformance/index.ts';
import { describeUnderLayers } from '../../conformance/under-layers.ts';

const { capabilities } = new MemoryBackend();

describeConformance('MemoryBackend', () => ({ backend: new MemoryBackend() }), {
  capabilities,
  crowd: LARGE_CROWD,
});
describeUnderLayers('MemoryBackend', () => ({ backend: new MemoryBackend() }), { capabilities });

/** Abilities that a backend may lack, with the operations that it then refuses. */
const LACKING: Partial<Record<keyof Capabilities, readonly OpName[]>> = {
  symlinks: ['symlink', 'readlink'],
  hardLinks: ['link'],
  inodes: ['lookup', 'statInode', 'pathToInode', 'inodeToPath'],
};

for (const [ability, operations] of Object.entries(LACKING)) {
  const refusing = withCapabilities(
    (next) => async (call) => {
      const result = operations.includes(call.op) ? undefined : next(call);
      // Below, the storage is asked all the same whether it is open: after dispose everything is EBADF.
      await (result ?? next({ op: 'statfs', args: [], ctx: {} }));
      if (result === undefined) throw new VfsError('ENOTSUP', { op: call.op });
      return result;
    },
    (below) => ({ ...below, [ability]: false }),
  );
  const lacking = { ...capabilities, [ability]: false };
  describeConformance(
    `A backend without ${ability}`,
    () => ({ backend: stack(new MemoryBackend(), refusing) }),
    { capabilities: lacking },
  );
}
