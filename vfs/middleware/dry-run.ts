import type { Handle } from '../backend.ts';
import { formatBytes, type Clock } from '../backends/shared/index.ts';
import { MemoryBackend } from '../backends/memory/index.ts';
import type { Capabilities } from '../capabilities.ts';
import { aCeiling, aFunction, checked, optional, shape } from '../checks.ts';
import { isVfsError, VfsError } from '../errors.ts';
import { backendOf, type Call, type Layer, type Next } from '../layer.ts';
import { mutates } from '../ops.ts';
import type { VfsPath } from '../path.ts';
import { Plan, type PlannedChange } from './dry-run/plan.ts';
import { recorded } from './dry-run/record.ts';
import { openStore, performNamed } from './overlay.ts';
import type { Store } from './overlay/store.ts';

export type { PlannedChange } from './dry-run/plan.ts';

export interface DryRunOptions {
  /** Told of each change as it is planned; of a write that goes on once more with all of it. */
  readonly onPlan?: ((change: PlannedChange) => void) | undefined;
  /** Bytes of planned content that are kept in memory at most. Default: 256 MiB. */
  readonly memory?: number | undefined;
  /** Changes in the plan at most. Default: 100,000. */
  readonly changes?: number | undefined;
  readonly clock?: Clock | undefined;
}

const OPTIONS = shape({
  onPlan: optional(aFunction),
  memory: optional(aCeiling),
  changes: optional(aCeiling),
});

export interface DryRun extends Layer {
  /** What would have been changed, in order, by all stacks that have this layer. */
  readonly plan: readonly PlannedChange[];
}

const MEMORY = 256 * 2 ** 20;
const CHANGES = 100_000;
/** What the store in memory says when it is full. */
const NO_SPACE = new VfsError('ENOSPC').detail;

const EVERYTHING: Capabilities = {
  symlinks: true, hardLinks: true, sparse: true, xattrs: true, locks: true, inodes: true, resolvesPaths: true, nanoseconds: true,
  limits: true, persistent: true,
}; // prettier-ignore

/**
 * Plans every change instead of making it. Later calls of the same stack are answered as if it had been made: names,
 * content, attributes, listings, what is used of a quota, open files.
 *
 * Promises: nothing that could change the storage goes on, whatever operation is added later. What the storage below would
 * refuse is refused, with the same code, as far as it can tell: the contract, `ctx.limits`, missing abilities. What
 * cannot be planned is `ENOTSUP`: content beyond `memory`, changes beyond `changes`, locks. It is an overlay
 * of memory over the storage, and its upper store is thrown away.
 *
 * Layers that refuse by policy stand above it, so that the plan holds what they let through. Cost: as an overlay; memory
 * for what is planned, and for the content of a file that is partly changed. Concurrency: as an overlay. What others
 * change in the storage meanwhile may be seen or not.
 */
export function dryRun(options: DryRunOptions = {}): DryRun {
  checked(options, 'options', OPTIONS);
  const plan = new Plan(options.changes ?? CHANGES, options.onPlan);
  const layer = (next: Next, below: Capabilities = EVERYTHING): Next =>
    planning(plan, overMemory(next, planned(below), options), options);
  return Object.assign(layer, { capabilities: planned, plan: plan.changes });
}

function planned(below: Capabilities): Capabilities {
  return { ...below, locks: false, resolvesPaths: true, persistent: false };
}

/** The overlay, made with the first call; a failure of the storage below is not kept. */
function overMemory(
  next: Next,
  capabilities: Capabilities,
  { memory = MEMORY, clock }: DryRunOptions,
): () => Promise<Store> {
  const lower = backendOf(onlyLooking(next), capabilities, () => Promise.resolve());
  let opening: Promise<Store> | undefined;
  const open = async (): Promise<Store> => {
    try {
      const upper = new MemoryBackend({ capacity: memory, clock });
      return await openStore(upper, lower, capabilities, 'everything');
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return () => (opening ??= open());
}

/** What could change the storage is never asked for; were it, it would end here. */
function onlyLooking(next: Next): Next {
  return (call) => (mutates(call) ? Promise.reject(new VfsError('EROFS', { op: call.op })) : next(call));
}

function planning(plan: Plan, store: () => Promise<Store>, { memory = MEMORY }: DryRunOptions): Next {
  /** What each open file was opened by. */
  const names = new Map<Handle, VfsPath>();
  const nameOf = (handle: Handle): string => names.get(handle) ?? `handle ${handle}`;
  const perform: Next = async (call) => {
    try {
      return await performNamed(await store(), call);
    } catch (error) {
      throw isVfsError(error, 'ENOSPC') && error.detail === NO_SPACE ? tooMuch(call, memory) : error;
    }
  };
  return async (call) => {
    if (mutates(call)) plan.checkRoom();
    const result = await (mutates(call) ? recorded(plan, perform, call, nameOf) : perform(call));
    if (call.op === 'open') names.set(result as Handle, call.args[0] as VfsPath);
    if (call.op === 'close') names.delete(call.args[0] as Handle);
    return result;
  };
}

function tooMuch({ op }: Call, memory: number): VfsError {
  const detail = `a dry run keeps at most ${formatBytes(memory)} of content in memory`;
  return new VfsError('ENOTSUP', { op, detail });
}
