import { argumentChecker } from './arguments.ts';
import type { CallContext, OpName, VfsBackend, VfsOperations } from './backend.ts';
import type { Capabilities } from './capabilities.ts';
import { aBackend, aFunction, checked, listOf } from './checks.ts';
import { toVfsError, VfsError } from './errors.ts';
import { OP_NAMES } from './ops.ts';
import { rememberingContexts } from './recent-contexts.ts';
import type { RequestWord } from './request-words.ts';

/** The arguments of an operation, without the context. */
export type OpArgs<K extends OpName> = VfsOperations[K] extends (
  ...args: [...infer A, CallContext]
) => unknown
  ? A
  : never;
export type OpResult<K extends OpName> = VfsOperations[K] extends (...args: never) => Promise<infer R>
  ? R
  : never;

/** One operation on its way down: plain data. */
export interface Call<K extends OpName = OpName> {
  readonly op: K;
  readonly args: OpArgs<K>;
  readonly ctx: CallContext;
}

/** Any call, which its operation tells apart. */
export type AnyCall = { [K in OpName]: Call<K> }[OpName];

export type Next = <K extends OpName>(call: Call<K>) => Promise<OpResult<K>>;

/**
 * Wraps what is below, of which `stack` tells the abilities. State lives in the function that makes the layer, so it is shared on
 * purpose or not at all.
 */
export interface Layer {
  (next: Next, below?: Capabilities): Next;
  /** What is left of the abilities below; absent: all of them. */
  readonly capabilities?: (below: Capabilities) => Capabilities;
  /** The requests that can only fail under it, whatever they are about, so that a protocol need not offer them; absent: none. */
  readonly denies?: readonly RequestWord[];
}

/** The layers over the backend, outermost first: the first listed sees a call first. `dispose` reaches the backend. */
export function stack(backend: VfsBackend, ...layers: readonly Layer[]): VfsBackend {
  checked(backend, 'backend', aBackend);
  if (layers.length === 0) return backend;
  const all = compose(...layers);
  const { capabilities } = backend;
  const next = all(functionsOf.get(backend) ?? callBackend(backend), capabilities);
  const seen = backendOf(next, all.capabilities?.(capabilities) ?? capabilities, () => backend.dispose());
  const denied = new Set([...(backend.denied ?? []), ...(all.denies ?? [])]);
  return Object.assign(seen, { denied });
}

/** Several layers as one, outermost first. */
export function compose(...layers: readonly Layer[]): Layer {
  checked(layers, 'layers', listOf(aFunction));
  const composed = withCapabilities(
    (next, below) => layers.reduceRight(putOn, { next, below }).next,
    (below) => layers.reduceRight((left, layer) => layer.capabilities?.(left) ?? left, below),
  );
  return denying(
    composed,
    layers.flatMap(({ denies = [] }) => denies),
  );
}

interface Stacked {
  readonly next: Next;
  readonly below: Capabilities | undefined;
}

function putOn({ next, below }: Stacked, layer: Layer): Stacked {
  return { next: layer(next, below), below: below && (layer.capabilities?.(below) ?? below) };
}

/** What backends are functions of. A stack over one calls it past its methods: what they do has been done at the top. */
const functionsOf = new WeakMap<VfsBackend, Next>();

/**
 * A function of calls as a backend. Arguments of a wrong kind, and calls after `dispose`, are refused before any layer
 * looks into them; whatever a layer throws, and when, comes out as a rejection with a `VfsError`. To change what a method does,
 * put a layer over the backend: a `stack` does not see another function in the method's place.
 */
export function backendOf(next: Next, capabilities: Capabilities, dispose: () => Promise<void>): VfsBackend {
  let disposed = false;
  const checkArguments = argumentChecker();
  const nextUntilDisposed: Next = (call) => {
    if (!disposed) return next(call);
    return Promise.reject(new VfsError('EBADF', { op: call.op, detail: 'the storage is closed' }));
  };
  const methods: Partial<Record<OpName, (...args: unknown[]) => Promise<unknown>>> = {};
  for (const op of OP_NAMES) {
    methods[op] = async (...args) => {
      const ctx = args.pop() as CallContext;
      const call = { op, args, ctx } as unknown as Call;
      try {
        if (!disposed) checkArguments(call);
        return await nextUntilDisposed(call);
      } catch (error) {
        throw toVfsError(error, op);
      }
    };
  }
  const disposing = (): Promise<void> => {
    disposed = true;
    return dispose();
  };
  // Every operation has its method: OP_NAMES is checked against the contract in ops.ts.
  const backend = { capabilities, dispose: disposing, ...(methods as unknown as VfsOperations) };
  functionsOf.set(backend, nextUntilDisposed);
  return backend;
}

/** A backend as a function of calls. */
export function callBackend(backend: VfsBackend): Next {
  const methods = backend as unknown as Record<OpName, (...args: unknown[]) => Promise<never>>;
  return ({ op, args, ctx }) => methods[op](...args, ctx);
}

/** What a narrow layer does with some of the operations. */
export type Handlers = { readonly [K in OpName]?: (call: Call<K>) => Promise<OpResult<K>> };

/** A narrow layer: handlers for a few operations, all others pass. */
export function override(handlers: (next: Next) => Handlers): Layer {
  return (next) => {
    const table = handlers(next) as Partial<Record<OpName, (call: Call) => Promise<never>>>;
    return (call) => {
      const handler = table[call.op];
      return handler === undefined ? next(call) : handler(call);
    };
  };
}

/** The layer, saying what is left of the abilities below it. */
export function withCapabilities(layer: Layer, capabilities: (below: Capabilities) => Capabilities): Layer {
  return Object.assign((next: Next, below?: Capabilities) => layer(next, below), layer, { capabilities });
}

/** The layer, saying which requests can only fail under it. */
export function denying(layer: Layer, denies: readonly RequestWord[]): Layer {
  return Object.assign((next: Next, below?: Capabilities) => layer(next, below), layer, { denies });
}

/** A layer that puts more into the context of each call. `extend` is not asked again for a context that came lately. */
export function extendContext(extend: (ctx: CallContext) => CallContext): Layer {
  return (next) => {
    const extended = rememberingContexts(extend);
    return ({ op, args, ctx }) => next({ op, args, ctx: extended(ctx) });
  };
}

/** The same call with more said in its context. */
export function withContext<K extends OpName>(call: Call<K>, more: CallContext): Call<K> {
  return { op: call.op, args: call.args, ctx: { ...call.ctx, ...more } };
}
