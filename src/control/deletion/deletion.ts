/**
 * Deletion: the cron's part in deleting a tenant, until only a tombstone is left.
 *
 * in: tenants marked as deleted, whose keys are no longer accepted · out: their shards, directory, hub, objects and rows
 * are gone
 * steps of an attempt: note the shards → wipe them → forget them in the directory → hub → objects → rows
 *
 * - Each step can be repeated. The next attempt continues one that died or ran out of time; the shards, which it must
 *   know for that, are written down before they are wiped.
 * - Work under way when the tenant was marked may still write: an edge that knows the tenant, a flush, a seal. So a
 *   deletion is finished only by an attempt that began `SETTLED_AFTER_MS` later and found nothing left at its end.
 * - A late call that wakes a shard gives it a new storage, so the last attempt wipes every shard ever found once more.
 */
import { LIMITS, MINUTE_MS } from '../../core/limits.ts';
import type { LiveOf } from '../../core/live/rpc.ts';
import type { DirectoryOf, ShardOf } from '../../core/shard/rpc.ts';
import { logError } from '../../observe/log.ts';
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
  readonly liveOf: LiveOf;
  /** Deletes up to `max` objects of the tenant and returns how many it deleted. */
  readonly deleteObjects: (uid: string, countMax: number) => Promise<number>;
  readonly now: () => number;
}

/** A queue consumer runs for 15 minutes at most; this adds a margin. */
const SETTLED_AFTER_MS = LIMITS.tenantCacheMs + 20 * MINUTE_MS;
/** The time one attempt may take. The cron fires every minute. */
const ATTEMPT_MS = 40_000;
/** After this time the work of an attempt that died is free for others. */
const BUSY_MS = 5 * MINUTE_MS;
/** Objects deleted in one call: R2's own maximum. */
const OBJECTS_MAX = 1_000;
/** Rows deleted in one call and table; a row has up to 1 MB. */
const ROWS_MAX = 1_000;
const SHARDS_AT_ONCE = 6;

/** Continues every deletion that is due; a failure of one does not stop the others. */
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
      logError('control.deletion', cause, { uid });
    }
    const isFinished = isEmpty && deletion.requestedAtMs <= settledBeforeMs;
    await endAttempt(db, uid, { ...done, error, isEmpty, isFinished }, now());
  }
}

/** One attempt; true when nothing is left. The counts are added to `done`, because the attempt may throw. */
async function empty(
  services: DeletionServices,
  deletion: Deletion,
  done: { objects: number; rowCount: number },
  untilMs: number,
): Promise<boolean> {
  const { db, deleteObjects, liveOf, now } = services;
  const { uid } = deletion;
  if (!(await wipeShards(services, deletion))) return false;
  await liveOf(uid).wipe();
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

/** Forgets the shards in the directory; false when another shard registered meanwhile. */
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
