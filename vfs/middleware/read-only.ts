import { compose, denying, type Layer } from '../layer.ts';
import { mutates } from '../ops.ts';
import { parseRequestWords } from '../request-words.ts';
import { changeStatfs } from './shared/change-statfs.ts';
import { refuse } from './shared/refuse.ts';

const CHANGES = parseRequestWords(
  'write,setstat,fsetstat,remove,mkdir,rmdir,rename,symlink,posix-rename,hardlink,lsetstat,copy-data',
);

/**
 * Lets nothing be changed: whatever could change the storage is `EROFS`, whether or not it would have succeeded, and
 * `statfs` says `readOnly`.
 *
 * Promises: no call that `mutates` goes on, operations that are added later included; a handle that was opened for
 * writing elsewhere cannot write through it either. Cost: one test a call. Concurrency: stateless.
 */
export function readOnly(): Layer {
  return compose(
    denying(refuse(mutates, 'EROFS'), CHANGES),
    changeStatfs((stats) => ({ ...stats, readOnly: true })),
  );
}
