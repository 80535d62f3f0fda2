import type { CallContext, Handle } from '../../../backend.ts';
import { VfsError } from '../../../errors.ts';
import type { Stats, StatsChange } from '../../../stats.ts';
import { checkChange, checkChangeOfSize, checkChangeOfType, isEmptyChange } from '../index.ts';
import { changeAttributes, type Attributable } from './change-attributes.ts';
import type { ContentHandle, OpenFiles } from './open-file.ts';

/** How a store looks at the attributes of what is open, and changes them. */
export interface OpenAttributes<S, H> {
  readonly statsOf: (store: S, handle: H) => Promise<Stats>;
  readonly attributable: (store: S, handle: H, before: Stats) => Attributable;
}

/** `fstat` and `fsetstat` of a store. */
interface OnOpenAttributes<S> {
  readonly fstat: (store: S, handle: Handle, ctx: CallContext) => Promise<Stats>;
  readonly fsetstat: (store: S, handle: Handle, change: StatsChange, ctx: CallContext) => Promise<void>;
}

export function onOpenAttributes<H extends ContentHandle, S extends OpenFiles<H>>({
  statsOf,
  attributable,
}: OpenAttributes<S, H>): OnOpenAttributes<S> {
  return {
    fstat: async (store, handle, { signal }) => {
      const file = store.files.get(handle);
      const look = (): Promise<Stats> => statsOf(store, file.handle);
      return file.calls.during(() => store.contents.during({ key: file.key, hold: 'shared' }, signal, look));
    },

    fsetstat: async (store, handle, wanted, ctx) => {
      const file = store.files.get(handle);
      if (wanted.size !== undefined && file.access === 'r') throw new VfsError('EINVAL');
      const change = checkChange(wanted);
      checkChangeOfType(file.type, change);
      const make = async (): Promise<void> => {
        const before = await statsOf(store, file.handle);
        checkChangeOfSize(before.size, change, ctx.limits, store.fileSizeMax);
        if (!isEmptyChange(change)) await changeAttributes(attributable(store, file.handle, before), change);
      };
      const whole = { key: file.key, hold: 'exclusive' } as const;
      await file.calls.during(() => store.contents.during(whole, ctx.signal, make));
    },
  };
}
