import type { MessagePort } from 'node:worker_threads';
import type { SqliteOptions } from '../../vfs/backends/sqlite/index.ts';
import type { VfsErrorCode } from '../../vfs/errors.ts';

/** Asks a storage thread to open a storage, and to serve it on the port until that closes. */
export interface OpenRequest {
  readonly kind: 'open';
  readonly id: number;
  /** Names the storage in logs. */
  readonly name: string;
  readonly file: string;
  readonly options: Pick<SqliteOptions, 'durability' | 'owner'>;
  readonly port: MessagePort;
}

/** Asks for a copy of a storage that is open. */
export interface CopyRequest {
  readonly kind: 'copy';
  readonly id: number;
  readonly file: string;
  readonly to: string;
}

/** Nobody wants that copy any more. */
export interface StopRequest {
  readonly kind: 'stop';
  readonly id: number;
}

export type ThreadRequest = OpenRequest | CopyRequest | StopRequest;

/** What a storage thread says. */
export type ThreadNews =
  /** It is opened, or copied. */
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'refused'; readonly id: number; readonly code: VfsErrorCode; readonly detail: string }
  /** Something went wrong whose cause nobody else learns of. */
  | { readonly kind: 'failed'; readonly name: string; readonly what: string };
