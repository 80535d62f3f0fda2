import type { VfsPath } from '../../../../vfs/path.ts';
import type { StatsChange } from '../../../../vfs/stats.ts';
import { Pace } from '../../pace.ts';
import type { Session } from '../session.ts';

/** Bytes copied in one call: each takes a moment of the event loop. */
const PIECE = 1024 * 1024;

// prettier-ignore
/** Makes a copy of a file inside the storage, with attributes. */
export async function copyToDraft(session: Session, from: VfsPath, draft: VfsPath, size: number, mode: number, change: StatsChange): Promise<void> {
  const { program, ctx } = session;
  const { mount } = program;
  const pace = new Pace();
  const source = await mount.open(from, { access: 'r' }, 0, ctx);
  try {
    const target = await mount.open(draft, { access: 'w', create: 'exclusive' }, mode, ctx);
    try {
      for (let at = 0; at < size; at += PIECE) {
        await mount.copyRange(source, at, Math.min(PIECE, size - at), target, at, ctx);
        if (pace.due) await pace.rest();
      }
      await mount.fsetstat(target, { size, ...change }, ctx);
    } finally {
      await mount.close(target, {});
    }
  } finally {
    await mount.close(source, {});
  }
}
