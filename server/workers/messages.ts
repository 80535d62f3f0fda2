import type { Config } from '../../config/schema.ts';
import type { ShellLimit } from '../exec/shell/places.ts';
import type { StartupStage } from '../startups.ts';

/** What a worker is told first. */
export interface WorkerStart {
  /** From 1 up; a worker that takes the place of one that died has its number. */
  readonly number: number;
  /** With this worker's part of what is divided among them. */
  readonly config: Config;
  /** Private keys as text. */
  readonly hostKeys: readonly string[];
}

/** From the supervisor to a worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly start: WorkerStart }
  /** Comes with the socket. */
  | { readonly kind: 'connection'; readonly connection: string }
  /** A connection that has not logged in is to make room. */
  | { readonly kind: 'evict'; readonly connection: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: Answers[keyof Answers] }
  /** Ends sessions, closes storages, ends the process. */
  | { readonly kind: 'close'; readonly graceMs: number };

/** What a worker asks of the supervisor, with the answers. */
export interface Answers {
  /** Which worker has that account's storage? From now on this one, where none has it. */
  readonly claim: number;
  /** Milliseconds until a password from that address is looked at. */
  readonly wait: number;
  /** Is there a place left among the connections of that account? It is taken then. */
  readonly place: boolean;
  /** Is there a place left for a shell of that account? It is taken then. Else: whose limit is reached. */
  readonly shell: 'taken' | ShellLimit;
}

export type Question = {
  readonly [K in keyof Answers]: { readonly kind: K; readonly id: number; readonly of: string };
}[keyof Answers];

/** What a worker lets the supervisor know. */
export type News =
  | { readonly kind: 'ready' }
  /** That client is in this process now. */
  | { readonly kind: 'taken'; readonly connection: string }
  /** That storage is closed: whoever asks next may have it. */
  | { readonly kind: 'released'; readonly storage: string }
  /** A password from that address was wrong. */
  | { readonly kind: 'failed'; readonly address: string }
  /** A place of that account is free again. */
  | { readonly kind: 'left'; readonly account: string }
  /** A shell of that account has ended. */
  | { readonly kind: 'shell-left'; readonly account: string }
  /** A connection that has not logged in has come a step further; no stage: it has logged in or is gone. */
  | { readonly kind: 'advanced'; readonly connection: string; readonly stage: StartupStage | undefined }
  | { readonly kind: 'ended'; readonly connection: string };

/** From a worker to the supervisor. */
export type FromWorker = Question | News;
