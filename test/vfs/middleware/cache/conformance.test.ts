import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { stack } from '../../../../vfs/layer.ts';
import { cache } from '../../../../vfs/middleware/cache.ts';
import { describeConformance } from '../../../conformance/index.ts';

const { capabilities } = new MemoryBackend();

describeConformance('MemoryBackend under a cache', () => ({ backend: stack(new MemoryBackend(), cache()) }), {
  capabilities,
});
