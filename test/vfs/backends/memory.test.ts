import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { describeConformance } from '../../conformance/index.ts';
import { describeUnderLayers } from '../../conformance/under-layers.ts';

const { capabilities } = new MemoryBackend();

describeConformance('MemoryBackend', () => ({ backend: new MemoryBackend() }), { capabilities });
describeUnderLayers('MemoryBackend', () => ({ backend: new MemoryBackend() }), { capabilities });
