import { draftName } from '../../../../vfs/extensions/draft.ts';
import { join, parentOf, type VfsPath } from '../../../../vfs/path.ts';
import { fromVfsText } from '../wire/text.ts';
import type { Task } from './generator.ts';
import type { Push } from './push.ts';

/**
 * Makes something beside its place and puts it there in one step. Answers false where that failed, which has been told.
 * `action`: what that is to rsync, with the name.
 */
export async function putDraft(
  push: Push,
  { path, existing, entry }: Pick<Task, 'path' | 'existing' | 'entry'>,
  make: (draft: VfsPath) => Promise<void>,
  action = `could not make "${fromVfsText(path)}"`,
): Promise<boolean> {
  const { session, backups, touched } = push;
  const { program, ctx, report } = session;
  const draft = join(parentOf(path), draftName());
  try {
    await make(draft);
    if (existing !== undefined && existing.type !== 'directory' && backups.on)
      await backups.keep(path, entry.name, existing);
    await program.mount.rename(draft, path, { replace: true }, ctx);
    touched.changedIn(path);
    return true;
  } catch (error) {
    await program.mount.unlink(draft, {}).catch(() => undefined);
    report.failedAsGenerator(`${action} failed`, error);
    return false;
  }
}
