import type { VfsBackend } from '../../../vfs/backend.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { compose, stack, type Layer } from '../../../vfs/layer.ts';
import { cache } from '../../../vfs/middleware/cache.ts';
import { allowedNames, deniedNames, maxNameLength } from '../../../vfs/middleware/name-rules.ts';
import { pathFilter } from '../../../vfs/middleware/path-filter.ts';
import { permissions } from '../../../vfs/middleware/permissions.ts';
import { quota } from '../../../vfs/middleware/quota.ts';
import { rateLimit } from '../../../vfs/middleware/rate-limit.ts';
import { restrictions } from '../../../vfs/middleware/request-words.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { denyHardLinks, denySymlinks, maxFileSize } from '../../../vfs/middleware/restrictions.ts';
import { tracing } from '../../../vfs/middleware/tracing.ts';
import { ROOT } from '../../../vfs/path.ts';
import { describeConformance, type ConformanceOptions } from '../../conformance/index.ts';

/*
 * Each layer that refuses nothing runs on every backend, by `describeUnderLayers`. Here are those that change what is
 * answered, and other orders.
 */

const FAST = { perSecond: 1e12 };
const PERSON = { uid: 10_000, gid: 10_000 };

const filter = (): Layer => pathFilter([{ deny: 'never-named-*' }, { allow: '/' }]);
const names = (): Layer => compose(allowedNames('**'), deniedNames('never-given-*'), maxNameLength(255));
const rates = (): Layer => rateLimit({ operations: FAST, bytesRead: FAST, bytesWritten: FAST });
const restricted = (): Layer =>
  compose(maxFileSize(Number.MAX_SAFE_INTEGER), restrictions(['limits', 'statvfs']));

/** A store whose root belongs to a person, as an account's does. */
async function ownedStore(): Promise<VfsBackend> {
  const backend = new MemoryBackend();
  await backend.setstat(ROOT, PERSON, {});
  return backend;
}

function describeUnder(what: string, layer: () => Layer, options: Partial<ConformanceOptions> = {}): void {
  const { capabilities } = stack(new MemoryBackend(), layer());
  const factory = async () => ({ backend: stack(await ownedStore(), layer()) });
  describeConformance(`MemoryBackend under ${what}`, factory, { capabilities, ...options });
}

describeUnder('denied links of both kinds, as a store that has none', () =>
  compose(denySymlinks(), denyHardLinks()),
);
describeUnder("its owner's permissions", () => permissions(PERSON), {
  identity: { ...PERSON, superuser: false },
});
describeUnder(
  'all of them, as an account has them',
  () =>
    compose(
      resolvePaths(),
      permissions(PERSON),
      filter(),
      names(),
      restricted(),
      rates(),
      quota({ bytes: 2 ** 52, inodes: 2 ** 40 }),
      cache(),
      tracing(() => undefined),
    ),
  { resolving: true, identity: { ...PERSON, superuser: false } },
);
describeUnder('all of them in another order', () =>
  compose(
    rates(),
    restricted(),
    names(),
    cache(),
    filter(),
    tracing(() => undefined),
  ),
);
