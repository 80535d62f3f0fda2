import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { stack } from '../../vfs/layer.ts';
import { cache } from '../../vfs/middleware/cache.ts';
import { resolvePaths } from '../../vfs/middleware/resolve-paths.ts';
import * as anyfs from '../../vfs/portable.ts';
import { describeConformance } from '../conformance/index.ts';

/*
 * What runs in a browser: bundled without a line of Node, under Mocha's build for browsers.
 */

// Tests wait with it for others to have had a turn; the library itself does without, which browser.test.ts sees to.
globalThis.setImmediate ??= ((act: () => void) => setTimeout(act)) as unknown as typeof setImmediate;

const { capabilities } = new MemoryBackend();

describeConformance('MemoryBackend', () => ({ backend: new MemoryBackend() }), { capabilities });
describeConformance(
  'MemoryBackend under path resolution',
  () => ({ backend: stack(new MemoryBackend(), resolvePaths()) }),
  { capabilities, resolving: true },
);
describeConformance('MemoryBackend under a cache', () => ({ backend: stack(new MemoryBackend(), cache()) }), {
  capabilities,
});

describe('FileStorage in a browser', () => {
  it('reads and writes, in streams too', async () => {
    const storage = new anyfs.FileStorage(new anyfs.MemoryBackend());
    await storage.mkdir('/a/b', { recursive: true });
    await new Response('streamed').body?.pipeTo(storage.createWriteStream('/a/b/f'));
    const text = await new Response(storage.createReadStream('/a/b/f', { start: 2 })).text();
    if (text !== 'reamed') throw new Error(`read '${text}'`);
    const found = [];
    for await (const path of storage.glob('**/f')) found.push(path);
    if (found.join() !== 'a/b/f') throw new Error(`found '${found.join()}'`);
  });
});
