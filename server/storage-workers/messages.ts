import type { MessagePort } from 'node:worker_threads';
import type { SqliteOptions } from '../../vfs/backends/sqlite/index.ts';
import type { VfsErrorCode } from '../../vfs/errors.ts';

/** Asks a storage thread to open a storage, and to serve it on the port until that closes. */
export interface OpenRequest {
  readonly id: number;
  /** Names the storage in logs. */
  readonly name: string;
  readonly file: string;
  readonly options: Pick<SqliteOptions, 'durability' | 'owner'>;
  readonly port: MessagePort;
}

/** What a storage thread says. */
export type ThreadNews =
  | { readonly kind: 'opened'; readonly id: number }
  | { readonly kind: 'refused'; readonly id: number; readonly code: VfsErrorCode; readonly detail: string }
  /** Something went wrong whose cause nobody else learns of. */
  | { readonly kind: 'failed'; readonly name: string; readonly what: string };
