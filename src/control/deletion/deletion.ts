/**
 * Deletion: the cron's part in deleting a tenant: until nothing is left of it but a tombstone.
 *
 * in: tenants that were marked as deleted (no key of theirs is taken any more) · out: their shards, directory, objects and rows
 * are gone
 * steps of an attempt: note the shards → wipe them → forget them in the directory → objects → rows
 *
 * - Each step can be repeated. An attempt that dies or runs out of time is gone on with by the next one; what it must know for
 *   that, the shards, is written down before they are wiped.
 * - What was under way when the tenant was marked may write once more: an edge that still knows the tenant, a flush, a seal. So
 *   a deletion is finished only by an attempt that began `SETTLED_AFTER_MS` later and found nothing left at its end.
 * - A shard that a late call wakes makes itself a new storage: so every shard ever found is wiped again by the last attempt.
 */
import { LIMITS, MINUTE_MS } from '../../core/limits.ts';
import type { DirectoryOf, ShardOf } from '../../core/shard/rpc.ts';
import {
  type DeletedShard,
  type Deletion,
  deleteRows,
  endAttempt,
  noteShards,
  takeDeletions,
} from './deletion-store.ts';

export interface DeletionServices {
  readonly db: D1Database;
  readonly shardOf: ShardOf;
  readonly directoryOf: DirectoryOf;
  /** Deletes up to so many objects of the tenant; how many there were. */
  readonly deleteObjects: (uid: string, countMax: number) => Promise<number>;
  readonly now: () => number;
}

/** The longest that a queue's consumer may run is 15 minutes; and a little. */
const SETTLED_AFTER_MS = LIMITS.tenantCacheMs + 20 * MINUTE_MS;
/** Of an attempt. The cron comes every minute. */
const ATTEMPT_MS = 40_000;
/** An attempt that died leaves the work to others after this. */
const BUSY_MS = 5 * MINUTE_MS;
/** Of one call: as many as R2 deletes at once. */
const OBJECTS_MAX = 1_000;
/** Of one call and table: a row has up to 1 MB. */
const ROWS_MAX = 1_000;
const SHARDS_AT_ONCE = 6;

/** Goes on with every deletion that is due; one that fails does not keep the others from their turn. */
export async function continueDeletions(services: DeletionServices): Promise<void> {
  const { db, now } = services;
  const startedAtMs = now();
  const settledBeforeMs = startedAtMs - SETTLED_AFTER_MS;
  const due = await takeDeletions(db, { nowMs: startedAtMs, untilMs: startedAtMs + BUSY_MS, settledBeforeMs });
  for (const deletion of due) {
    const { uid } = deletion;
    const done = { objects: 0, rowCount: 0 };
    let isEmpty = false;
    let error: string | null = null;
    try {
      isEmpty = await empty(services, deletion, done, startedAtMs + ATTEMPT_MS);
    } catch (cause) {
      error = String(cause);
      console.error(JSON.stringify({ at: 'control.deletion', uid, error }));
    }
    const isFinished = isEmpty && deletion.requestedAtMs <= settledBeforeMs;
    await endAttempt(db, uid, { ...done, error, isEmpty, isFinished }, now());
  }
}

/** One attempt; true when nothing is left. What it deleted is added to `done`, for it may throw. */
async function empty(
  services: DeletionServices,
  deletion: Deletion,
  done: { objects: number; rowCount: number },
  untilMs: number,
): Promise<boolean> {
  const { db, deleteObjects, now } = services;
  const { uid } = deletion;
  if (!(await wipeShards(services, deletion))) return false;
  for (let isLast = false; !isLast; ) {
    if (now() >= untilMs) return false;
    const count = await deleteObjects(uid, OBJECTS_MAX);
    done.objects += count;
    isLast = count < OBJECTS_MAX;
  }
  for (let isLast = false; !isLast; ) {
    if (now() >= untilMs) return false;
    const count = await deleteRows(db, uid, ROWS_MAX);
    done.rowCount += count;
    isLast = count === 0;
  }
  return true;
}

/** False: a shard registered meanwhile. */
async function wipeShards(
  { db, shardOf, directoryOf }: DeletionServices,
  { uid, shards: known }: Deletion,
): Promise<boolean> {
  const listed = await directoryOf(uid).list();
  const shards = distinct([...known, ...listed]);
  if (shards.length > known.length) await noteShards(db, uid, shards);
  const left = shards.values();
  const wipe = async () => {
    for (const { region, index } of left) {
      const address = { uid, region, index };
      await shardOf(address).wipe({ address });
    }
  };
  await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, wipe));
  return directoryOf(uid).wipe(listed);
}

function distinct(shards: readonly DeletedShard[]): DeletedShard[] {
  const byName = new Map(shards.map(({ region, index }) => [`${region}/${index}`, { region, index }]));
  return [...byName.values()];
}
