import type { VfsBackend } from '../vfs/backend.ts';
import { extendContext, stack, type Layer } from '../vfs/layer.ts';
import { permissions } from '../vfs/middleware/permissions.ts';
import { quota } from '../vfs/middleware/quota.ts';
import { readOnly } from '../vfs/middleware/read-only.ts';
import { restrictions } from '../vfs/middleware/request-words.ts';
import { resolvePaths } from '../vfs/middleware/resolve-paths.ts';
import { tracing, type TraceEvent } from '../vfs/middleware/tracing.ts';
import type { Account } from './auth/account.ts';
import type { Logger } from './log.ts';

export interface MountOptions {
  /** The account's storage, shared by its sessions. */
  readonly backend: VfsBackend;
  readonly account: Pick<Account, 'name' | 'uid' | 'gid' | 'superuser' | 'readOnly' | 'denied' | 'limits'>;
  /** Named in traces. */
  readonly session: string;
  readonly log: Logger;
  /** Told of each operation as well as the log. */
  readonly onTrace?: ((event: TraceEvent) => void) | undefined;
}

/**
 * What a session of an account sees: the only place that knows the order of the layers. Paths are resolved before any
 * policy looks, so that a symlink cannot carry a user past one; traces are innermost and see what reaches the store.
 * Whose permissions bind is decided once, at login; a superuser's files are its own too.
 */
export function mount({ backend, account, session, log, onTrace }: MountOptions): VfsBackend {
  return stack(
    backend,
    resolvePaths(),
    inSession(session),
    permissions(account),
    ...policies(account),
    quota(account.limits),
    traces(account.name, log, onTrace),
  );
}

/** What the administrator has taken away. A superuser is bound by it, too. */
function policies({ denied, readOnly: onlyReads }: MountOptions['account']): Layer[] {
  const denials = denied.length === 0 ? [] : [restrictions(denied)];
  return onlyReads ? [...denials, readOnly()] : denials;
}

/** Says whose call it is, for traces. */
function inSession(session: string): Layer {
  return extendContext((ctx) => ({ ...ctx, session }));
}

/** Where nobody listens, there is nothing to tell. */
function traces(account: string, log: Logger, onTrace: MountOptions['onTrace']): Layer {
  if (log.debugging === false && onTrace === undefined) return (next) => next;
  return tracing((event) => {
    if (log.debugging !== false) log.debug(`${event.op} ${event.outcome}`, fieldsOf(event, account));
    onTrace?.(event);
  });
}

function fieldsOf(
  { op: _op, outcome: _outcome, ...rest }: TraceEvent,
  account: string,
): Record<string, unknown> {
  return { account, ...rest, milliseconds: Math.round(rest.milliseconds * 1000) / 1000 };
}
