import type { CallContext, VfsBackend } from '../../../vfs/backend.ts';
import type { VfsError } from '../../../vfs/errors.ts';
import type { OwnerNames } from '../longname.ts';
import type { OpenHandles } from '../open-handles.ts';
import type { PayloadPool } from '../payload-pool.ts';
import type { Reply } from '../replies.ts';
import type { RequestName, RequestOf } from '../requests.ts';

/** What handlers work with. */
export interface HandlerContext {
  readonly mount: VfsBackend;
  /** Lends memory for what is read. Absent: the storage has to have it. */
  readonly lender: PayloadPool | undefined;
  /** For calls that wait no longer than the session lasts. */
  readonly ctx: CallContext;
  /** The same, and a symlink in the last component is followed. */
  readonly following: CallContext;
  /** For what must be done though the session has ended: closing. */
  readonly lasting: CallContext;
  readonly handles: OpenHandles;
  readonly handlesMax: number;
  readonly account: { readonly name: string };
  readonly names: OwnerNames;
  readonly umask: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of each error that a client is about to be told of. */
  readonly onRefusal: (error: VfsError) => void;
}

/** Does what a request asks for. What it throws becomes a status; it never sees the channel. */
export type Handler<K extends RequestName> = (
  context: HandlerContext,
  request: RequestOf<K>,
) => Promise<Reply>;
