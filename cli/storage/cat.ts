import { once } from 'node:events';
import { command } from '../command.ts';
import { STORAGE_POSITIONAL, storagePath } from './arguments.ts';
import { withStorage } from './open-storage.ts';

/** Bytes read at a time. */
const BLOCK = 128 * 1024;

/** `anyfs storage cat NAME PATH`: the bytes of a file, as fast as they are taken. */
export const storageCat = command({
  usage: 'cat <name> <path>',
  describe: 'Write a file to standard output',
  positionals: {
    ...STORAGE_POSITIONAL,
    path: { type: 'string', demandOption: true, describe: 'File' },
  },
  options: {},
  async run(args, io) {
    await withStorage(args, io, async ({ storage }) => {
      const handle = await storage.open(storagePath(args.path), { access: 'r' }, 0, {});
      try {
        let position = 0;
        for (;;) {
          io.signal.throwIfAborted();
          const bytes = await storage.read(handle, position, BLOCK, {});
          position += bytes.length;
          if (bytes.length > 0 && !io.stdout.write(bytes))
            await once(io.stdout, 'drain', { signal: io.signal });
          if (bytes.length < BLOCK) break;
        }
      } finally {
        await storage.close(handle, {});
      }
    });
  },
});
