import type { VfsBackend } from '../vfs/backend.ts';
import { stack, withContext, type Layer } from '../vfs/layer.ts';
import { quota } from '../vfs/middleware/quota.ts';
import { resolvePaths } from '../vfs/middleware/resolve-paths.ts';
import { tracing, type TraceEvent } from '../vfs/middleware/tracing.ts';
import type { Account } from './auth/account.ts';
import type { Logger } from './log.ts';

export interface MountOptions {
  /** The account's storage, shared by its sessions. */
  readonly backend: VfsBackend;
  readonly account: Pick<Account, 'name' | 'uid' | 'gid' | 'limits'>;
  /** Named in traces. */
  readonly session: string;
  readonly log: Logger;
  /** Told of each operation as well as the log. */
  readonly onTrace?: ((event: TraceEvent) => void) | undefined;
}

/**
 * What a session of an account sees: the only place that knows the order of the layers. Paths are resolved before any
 * policy looks, so that a symlink cannot carry a user past one; traces are innermost and see what reaches the store.
 */
export function mount({ backend, account, session, log, onTrace }: MountOptions): VfsBackend {
  return stack(
    backend,
    resolvePaths(),
    identity(account, session),
    quota(account.limits),
    tracing((event) => {
      if (log.debugging !== false) log.debug(`${event.op} ${event.outcome}`, fieldsOf(event, account.name));
      onTrace?.(event);
    }),
  );
}

/** Says whose call it is: the owner of what it creates, and the session. A superuser's files are its own too. */
function identity({ uid, gid }: Pick<Account, 'uid' | 'gid'>, session: string): Layer {
  const said = { owner: { uid, gid }, session };
  return (next) => (call) => next(withContext(call, said));
}

function fieldsOf(
  { op: _op, outcome: _outcome, ...rest }: TraceEvent,
  account: string,
): Record<string, unknown> {
  return { account, ...rest, milliseconds: Math.round(rest.milliseconds * 1000) / 1000 };
}
