import type { VfsBackend } from '../../vfs/backend.ts';
import { compose, stack, type Layer } from '../../vfs/layer.ts';
import { cache } from '../../vfs/middleware/cache.ts';
import { changeFeed } from '../../vfs/middleware/changes.ts';
import { allowedNames, deniedNames, maxNameLength } from '../../vfs/middleware/name-rules.ts';
import { pathFilter } from '../../vfs/middleware/path-filter.ts';
import { permissions } from '../../vfs/middleware/permissions.ts';
import { quota } from '../../vfs/middleware/quota.ts';
import { rateLimit } from '../../vfs/middleware/rate-limit.ts';
import { restrictions } from '../../vfs/middleware/request-words.ts';
import { resolvePaths } from '../../vfs/middleware/resolve-paths.ts';
import { maxFileSize } from '../../vfs/middleware/restrictions.ts';
import { tracing } from '../../vfs/middleware/tracing.ts';
import {
  describeConformance,
  type ConformanceOptions,
  type Factory,
  type Ids,
  type Subject,
} from './index.ts';

/** What a layer is made for. */
interface Ground {
  /** Whether the store counts: one that does not refuses to be limited in bytes and inodes. */
  readonly counts: boolean;
  readonly superuser: NonNullable<ConformanceOptions['identity']>;
}

const FAST = { perSecond: 1e12 };

/** Each layer as it is when it has nothing to refuse, so that it must not be noticed. Outermost first, as an account has them. */
const LAYERS: Readonly<Record<string, (ground: Ground) => Layer>> = {
  'path resolution': () => resolvePaths(),
  "a superuser's permissions": ({ superuser }) => permissions(superuser),
  'a path filter': () => pathFilter([{ deny: 'never-named-*' }, { allow: '/' }]),
  'rules for names': () => compose(allowedNames('**'), deniedNames('never-given-*'), maxNameLength(255)),
  'restrictions of nothing that a store does': () =>
    compose(maxFileSize(Number.MAX_SAFE_INTEGER), restrictions(['limits', 'statvfs'])),
  'rate limits': () => rateLimit({ operations: FAST, bytesRead: FAST, bytesWritten: FAST }),
  quota: ({ counts }) =>
    quota({
      ...(counts && { bytes: 2 ** 52, inodes: 2 ** 40 }),
      fileSize: Number.MAX_SAFE_INTEGER,
    }),
  'a cache': () => cache(),
  'a feed of changes': () => {
    const feed = changeFeed();
    // With somebody who listens, it looks closer.
    feed.subscribe(() => undefined);
    return feed.layer;
  },
  tracing: () => tracing(() => undefined),
};

/** Tests that take most of the time. They run on each backend by itself and under all layers together. */
const COSTLY = [
  'nests as deep as a path can say',
  '2,000 names come back whole in pages of 100',
  'many handles of many files are open at once',
  'a name that is replaced all the time is never missing and never half written',
  'whatever the arguments, nothing but a VfsError comes out',
] as const;

/** The contract again on the same backend: under each layer that passes everything on, and under all of them. `owner` is whom all belongs to where a layer says so. */
export function describeUnderLayers(
  name: string,
  factory: Factory,
  options: ConformanceOptions,
  owner: Ids = options.identity ?? { uid: 10_000, gid: 10_000 },
): void {
  const superuser = { uid: owner.uid, gid: owner.gid, superuser: true };
  const ground = { counts: options.capabilities.limits, superuser };
  const under = (what: string, made: readonly string[], more: Partial<ConformanceOptions>): void => {
    const layers = (): Layer[] => made.map((one) => (LAYERS[one] as (given: Ground) => Layer)(ground));
    const { capabilities } = options;
    describeConformance(`${name} under ${what}`, async () => layered(await factory(), layers), {
      ...options,
      capabilities: compose(...layers()).capabilities?.(capabilities) ?? capabilities,
      resolving: made.includes('path resolution'),
      ...(made.includes("a superuser's permissions") && { identity: ground.superuser }),
      ...more,
    });
  };
  const deviations = { ...options.deviations };
  for (const title of COSTLY) deviations[title] = 'costly';
  for (const what of Object.keys(LAYERS)) under(what, [what], { deviations });
  under('all layers together', Object.keys(LAYERS), {});
}

function layered({ backend, reopen, ...rest }: Subject, layers: () => readonly Layer[]): Subject {
  const over = (below: VfsBackend): VfsBackend => stack(below, ...layers());
  return { backend: over(backend), ...rest, reopen: reopen && (async () => over(await reopen())) };
}
