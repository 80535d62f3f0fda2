import type { Limits } from '../../vfs/backend.ts';
import { stack, type Layer } from '../../vfs/layer.ts';
import { quota } from '../../vfs/middleware/quota.ts';
import { resolvePaths } from '../../vfs/middleware/resolve-paths.ts';
import { tracing } from '../../vfs/middleware/tracing.ts';
import { describeConformance, type ConformanceOptions, type Factory, type Subject } from './index.ts';

const HUGE: Limits = { bytes: 2 ** 52, inodes: 2 ** 40, fileSize: Number.MAX_SAFE_INTEGER };

/** Layers that must not be noticed, outermost first. */
const STACKS: Readonly<
  Record<string, { readonly layers: (huge: Limits) => readonly Layer[]; readonly resolving: boolean }>
> = {
  'path resolution': { layers: () => [resolvePaths()], resolving: true },
  quota: { layers: (huge) => [quota(huge)], resolving: false },
  tracing: { layers: () => [tracing(() => undefined)], resolving: false },
  'path resolution, quota and tracing': {
    layers: (huge) => [resolvePaths(), quota(huge), tracing(() => undefined)],
    resolving: true,
  },
};

/** The contract again on the same backend under each layer that passes everything on, and under all of them. */
export function describeUnderLayers(name: string, factory: Factory, options: ConformanceOptions): void {
  // A store that cannot count refuses to be limited in bytes and inodes.
  const huge = options.capabilities.limits ? HUGE : { fileSize: HUGE.fileSize };
  for (const [what, { layers, resolving }] of Object.entries(STACKS)) {
    describeConformance(`${name} under ${what}`, async () => layered(await factory(), layers(huge)), {
      ...options,
      resolving,
    });
  }
}

function layered({ backend, reopen, ...rest }: Subject, layers: readonly Layer[]): Subject {
  return {
    backend: stack(backend, ...layers),
    ...rest,
    reopen: reopen && (async () => stack(await reopen(), ...layers)),
  };
}
