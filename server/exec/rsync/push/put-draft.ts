import { draftName } from '../../../../vfs/extensions/draft.ts';
import { join, parentOf, type VfsPath } from '../../../../vfs/path.ts';
import type { Task } from './generator.ts';
import type { Push } from './push.ts';

/** Makes something beside its place and puts it there in one step. Answers false where that failed, which has been told. */
export async function putDraft(
  push: Push,
  { path, existing, entry }: Pick<Task, 'path' | 'existing' | 'entry'>,
  make: (draft: VfsPath) => Promise<void>,
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
    report.failed('could not make', path, error);
    return false;
  }
}
