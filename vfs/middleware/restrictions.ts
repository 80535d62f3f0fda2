import { aLimit, checked } from '../checks.ts';
import type { StatsChange } from '../stats.ts';
import { denying, override, withCapabilities, type AnyCall, type Layer } from '../layer.ts';
import { resolveWithoutSymlinks } from '../resolve.ts';
import { quota } from './quota.ts';
import { renameKeepingTarget } from './shared/keep-target.ts';
import { refusal, refuse } from './shared/refuse.ts';

/*
 * Layers that take something away, one function each; stack as many as a policy needs. All are stateless, cost one
 * test a call, and decide by the call alone or inside the store, so that no race gets past them. What is refused is
 * `EPERM`, or `ENOTSUP` where an ability is gone.
 */

/**
 * No symlinks: none can be made (`ENOTSUP`), and those that are there already are inert: listed, renamed and removed as
 * any name, never read (`ENOTSUP`) or followed (`ELOOP`). Cost: `resolve` is an `lstat` for each component.
 */
export function denySymlinks(): Layer {
  const detail = 'symlinks are not allowed here';
  const layer = override((next) => ({
    symlink: (call) => Promise.reject(refusal(call, 'ENOTSUP', detail)),
    readlink: (call) => Promise.reject(refusal(call, 'ENOTSUP', detail)),
    resolve: ({ args: [path, last], ctx }) => resolveWithoutSymlinks(next, path, last, ctx),
  }));
  return denying(
    withCapabilities(layer, (below) => ({ ...below, symlinks: false })),
    ['readlink', 'symlink'],
  );
}

/** No file gets a second name (`ENOTSUP`); those that have several keep them. */
export function denyHardLinks(): Layer {
  const layer = refuse(({ op }) => op === 'link', 'ENOTSUP', 'hard links are not allowed here');
  return denying(
    withCapabilities(layer, (below) => ({ ...below, hardLinks: false })),
    ['hardlink'],
  );
}

/** Mode and owner of what exists stay as they are. The mode that something is made with is its maker's choice. */
export function denyPermissionChanges(): Layer {
  return refuseChange(
    ({ mode, uid, gid }) => mode !== undefined || uid !== undefined || gid !== undefined,
    'changing permissions is not allowed here',
  );
}

/** Access and modification times cannot be set; they still move with what is done. */
export function denyTimesChanges(): Layer {
  return refuseChange(
    ({ atime, mtime }) => atime !== undefined || mtime !== undefined,
    'changing times is not allowed here',
  );
}

function refuseChange(refuses: (change: StatsChange) => boolean, detail: string): Layer {
  const changes = (call: AnyCall): boolean =>
    (call.op === 'setstat' || call.op === 'fsetstat') && refuses(call.args[1]);
  return refuse(changes, 'EPERM', detail);
}

/** What has a name keeps it. A file can still get a second name and lose the first: `denyHardLinks` closes that too. */
export function denyRename(): Layer {
  const layer = refuse(({ op }) => op === 'rename', 'EPERM', 'renaming is not allowed here');
  return denying(layer, ['rename', 'posix-rename']);
}

/** Nothing is removed: not by `unlink`, by `rmdir`, or by a `rename` that would replace. Content can still be cut: `denyOverwrite`. */
export function denyDelete(): Layer {
  const detail = 'removing is not allowed here';
  const layer = override((next) => ({
    unlink: (call) => Promise.reject(refusal(call, 'EPERM', detail)),
    rmdir: (call) => Promise.reject(refusal(call, 'EPERM', detail)),
    rename: (call) => renameKeepingTarget(next, call, 'replacing is not allowed here'),
  }));
  return denying(layer, ['remove', 'rmdir']);
}

/** Directories cannot be listed. Names that are known can be used. */
export function denyList(): Layer {
  const layer = refuse(({ op }) => op === 'readdir', 'EPERM', 'listing is not allowed here');
  return denying(layer, ['opendir', 'readdir']);
}

/** Content of files cannot be read, nor copied inside the storage. Attributes, names and symlinks can. */
export function denyRead(): Layer {
  const reads = ({ op }: AnyCall): boolean => op === 'read' || op === 'copyRange';
  return denying(refuse(reads, 'EPERM', 'reading is not allowed here'), ['read', 'copy-data']);
}

/** No file grows past so many bytes (`EFBIG`); larger ones can be read, cut and removed. Checked by the store, as `quota`. */
export function maxFileSize(bytes: number): Layer {
  return quota({ fileSize: checked(bytes, 'bytes', aLimit) });
}
