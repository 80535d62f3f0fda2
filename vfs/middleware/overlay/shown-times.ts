import { readJson, writeJson } from '../../extensions/json.ts';
import type { Origin } from './origins.ts';
import { TIMES } from './places.ts';
import { unlessMissing, type Store } from './store.ts';

/** The number of an inode in the upper store, and the ctime that is shown of it. */
type Row = readonly [upper: number, seconds: number, nanoseconds: number];

/** Keeps the times of what was copied and has not changed since: no store lets a ctime be set. */
export async function saveTimes(store: Store): Promise<void> {
  const rows = originsOf(store).flatMap(({ upper, times }): Row[] =>
    times === undefined ? [] : [[upper, times.ctime.seconds, times.ctime.nanoseconds]],
  );
  if (rows.length > 0) await writeJson(store.upper, TIMES, rows, { indent: 0, mode: 0o600 });
}

/** Takes up what was kept. Without it, since the process ended by itself, the times are those of copying. */
export async function loadTimes(store: Store): Promise<void> {
  const rows = await unlessMissing(readJson(store.upper, TIMES));
  if (rows === undefined) return;
  // Written by `saveTimes`, where nobody else can write.
  const times = new Map(
    (rows as Row[]).map(([upper, seconds, nanoseconds]) => [upper, { seconds, nanoseconds }]),
  );
  for (const origin of originsOf(store)) {
    const ctime = times.get(origin.upper);
    if (ctime !== undefined) origin.times = { ctime };
  }
  await store.upper.unlink(TIMES, {});
}

function originsOf(store: Store): Origin[] {
  return [...store.origins.all(), store.root];
}
