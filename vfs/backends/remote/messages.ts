import type { CallContext, OpName } from '../../backend.ts';
import type { Capabilities } from '../../capabilities.ts';
import { VFS_ERROR_CODES, VfsError } from '../../errors.ts';
import type { Call, OpResult } from '../../layer.ts';
import { asCount, boolean, oneOf, optional, record, text, type Beside } from './codecs.ts';
import {
  CONTEXT,
  OPERATION_NAME,
  packArguments,
  packResult,
  unpackArguments,
  unpackResult,
} from './operations.ts';
import { NOTHING, type Message, type WireValue } from './wire-value.ts';

/*
 * The messages of docs/remote-protocol.md. Each is a list that begins with its kind.
 */

/** Both ends speak this one, or the connection ends. */
export const PROTOCOL_VERSION = 1;

/** First field of the client's first message, so that nobody mistakes another protocol for this one. */
const GREETING = 'anyfs-vfs';

export const KIND = {
  hello: 0,
  call: 1,
  abort: 2,
  end: 3,
  result: 4,
  failure: 5,
  ended: 6,
  refused: 7,
} as const;

/** What a message says it is; -1 where it does not say. */
export function kindOf({ head: [kind] }: Message): number {
  return typeof kind === 'number' ? kind : -1;
}

/** What the server lets a client have under way. */
export interface Window {
  /** Calls that are not answered. */
  readonly calls: number;
  /** `lock` calls that wait, besides. */
  readonly locks: number;
  /** Bytes of file content that calls bring or ask for. One call may pass it. */
  readonly bytes: number;
  /** Bytes of file content of one call. */
  readonly payload: number;
}

export interface Welcome {
  readonly capabilities: Capabilities;
  readonly window: Window;
}

/** The signal of a call: a number for each `AbortSignal` of the client. */
export interface SignalState {
  readonly number: number;
  readonly aborted: boolean;
}

export interface ReceivedCall {
  readonly id: number;
  readonly call: Call;
  readonly signal: SignalState | undefined;
  /** Memory for what is read, where the carrier shares it. */
  readonly room: Uint8Array | undefined;
}

const count = { pack: asCount, unpack: asCount };
const window = record<Window>({ calls: count, locks: count, bytes: count, payload: count });
const capabilities = record<Capabilities>({
  symlinks: boolean,
  hardLinks: boolean,
  sparse: boolean,
  xattrs: boolean,
  locks: boolean,
  inodes: boolean,
  resolvesPaths: boolean,
  nanoseconds: boolean,
  limits: boolean,
  persistent: boolean,
});
const signalState = optional(record<SignalState>({ number: count, aborted: boolean }));
const code = oneOf(...VFS_ERROR_CODES);

/** What an error keeps on its way; the cause stays where it happened. */
const failure = record<Pick<VfsError, 'code' | 'op' | 'path' | 'detail'>>({
  code,
  op: optional(OPERATION_NAME),
  path: optional(text),
  detail: text,
});

function bare(...head: readonly WireValue[]): Message {
  return { head, payload: NOTHING };
}

function withPayload(pack: (beside: Beside) => readonly WireValue[]): Message {
  const beside: Beside = { payload: NOTHING };
  const head = pack(beside);
  return { head, payload: beside.payload };
}

const NO_BYTES: Beside = { payload: NOTHING };

export const helloOfClient = (): Message => bare(KIND.hello, GREETING, PROTOCOL_VERSION);

/** Throws `EINVAL` where the client speaks something else. */
export function checkHello({ head: [kind, greeting, version] }: Message): void {
  if (kind !== KIND.hello || greeting !== GREETING) refuse('no hello of a client');
  if (version !== PROTOCOL_VERSION) refuse(`version ${String(version)} is not spoken here`);
}

export function helloOfServer(welcome: Welcome): Message {
  return bare(
    KIND.hello,
    PROTOCOL_VERSION,
    capabilities.pack(welcome.capabilities, NO_BYTES),
    window.pack(welcome.window, NO_BYTES),
  );
}

export function readWelcome({ head: [kind, version, abilities = null, room = null] }: Message): Welcome {
  if (kind !== KIND.hello || version !== PROTOCOL_VERSION) refuse('no hello of a server');
  return {
    capabilities: capabilities.unpack(abilities, NO_BYTES),
    window: window.unpack(room, NO_BYTES),
  };
}

export function callMessage<K extends OpName>(
  id: number,
  call: Call<K>,
  context: WireValue,
  signal: SignalState | undefined,
): Message {
  const message = withPayload((beside) => [
    KIND.call,
    id,
    call.op,
    packArguments(call, beside),
    context,
    signalState.pack(signal, NO_BYTES),
  ]);
  return call.op === 'read' ? { ...message, room: call.ctx.into } : message;
}

export function readCall({ head, payload, room }: Message): ReceivedCall {
  const [, id, name = null, args = null, context = null, signal = null] = head;
  const beside: Beside = { payload };
  const op = OPERATION_NAME.unpack(name, beside);
  const call: Call = {
    op,
    args: unpackArguments(op, args, beside),
    ctx: CONTEXT.unpack(context, beside),
  };
  if (beside.payload.length > 0) refuse('bytes that belong to nothing');
  return { id: asCount(id), call, signal: signalState.unpack(signal, beside), room };
}

export function packContext(ctx: CallContext): WireValue {
  return CONTEXT.pack(ctx, NO_BYTES);
}

export const abortMessage = (signal: number): Message => bare(KIND.abort, signal);

export const readAbort = ({ head: [, signal] }: Message): number => asCount(signal);

export const endMessage = (): Message => bare(KIND.end);

export function resultMessage<K extends OpName>(id: number, op: K, result: OpResult<K>): Message {
  return withPayload((beside) => [KIND.result, id, packResult(op, result, beside)]);
}

export function readResult<K extends OpName>(
  { head: [, , value = null], payload }: Message,
  op: K,
): OpResult<K> {
  return unpackResult(op, value, { payload });
}

export function failureMessage(id: number, error: VfsError): Message {
  return bare(KIND.failure, id, failure.pack(error, NO_BYTES));
}

export function readFailure({ head: [, , value = null] }: Message): VfsError {
  const { code: known, ...options } = failure.unpack(value, NO_BYTES);
  return new VfsError(known, options);
}

/** Answers `end`: every handle is closed, and what could not be kept is told. */
export function endedMessage(error: VfsError | undefined): Message {
  return bare(KIND.ended, optional(failure).pack(error, NO_BYTES));
}

export function readEnded({ head: [, value = null] }: Message): VfsError | undefined {
  const told = optional(failure).unpack(value, NO_BYTES);
  return told && new VfsError(told.code, told);
}

/** Says why the connection ends now. */
export const refusedMessage = (reason: string): Message => bare(KIND.refused, reason);

export const readRefused = ({ head: [, reason = null] }: Message): string => text.unpack(reason, NO_BYTES);

/** The call that an answer belongs to. */
export const answeredId = ({ head: [, id] }: Message): number => asCount(id);

function refuse(what: string): never {
  throw new VfsError('EINVAL', { detail: `protocol error: ${what}` });
}
