/**
 * Sweep: the cron's guard against silence (G5). It asks every shard that is not known to rest how it stands, and pokes the
 * sink for the shards with a flush that waits. So a lost message, six failed alarms or a wiped queue delay a flush, and never
 * lose it. Waking a shard also repairs its alarm, which cuts the flush of events that have none yet.
 *
 * A shard that is drained and was idle for an hour is left asleep from then on: it promises to register again before its next
 * ack, then the directory notes that it rests, unless it has registered again meanwhile (CORRECTNESS D5).
 * The sweep also resumes a split that died half-way, and has a map written again that never reached D1.
 */
import type { DirectoryOf, RegisteredShard, ShardOf } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import { measureUsage } from '../lake/manifest/usage.ts';
import { logError } from '../observe/log.ts';
import { deleteSettledFailures } from './flush-failures.ts';
import { readStanding } from './standing.ts';
import { nextSlice, type SweptTenant } from './sweep-round.ts';
import { within } from './within.ts';

export interface SweepDeps {
  readonly db: D1Database;
  readonly directoryOf: DirectoryOf;
  readonly shardOf: ShardOf;
  readonly poke: (address: ShardAddress) => Promise<unknown>;
  /** Finishes a split of the tenant that was begun, and publishes its map. */
  readonly resumeSplit: (uid: string) => Promise<unknown>;
  readonly now: () => number;
  /** False when only a round that has begun may go on. Default: true. */
  readonly beginsRound?: boolean;
}

export interface Sweep {
  asked: number;
  poked: number;
  /** Shards left asleep, in this run or before. */
  resting: number;
  failed: number;
}

/** Tenants swept at the same time, and shards of each tenant asked at the same time. */
const CONCURRENCY = 6;
/** A tenant that hangs must not keep the others from being swept. */
const TENANT_MS_MAX = 60_000;

/** Sweeps as many tenants as one invocation can, from where the run before stopped (sweep-round.ts). */
export async function sweepShards(deps: SweepDeps): Promise<Sweep> {
  const { db, now, beginsRound = true } = deps;
  const sweep: Sweep = { asked: 0, poked: 0, resting: 0, failed: 0 };
  const tenants = await nextSlice(db, { beginsRound, nowMs: now() });
  if (tenants.length === 0) return sweep;
  await forEach(tenants, (tenant) =>
    attempt(`tenant ${tenant.uid}`, sweep, () =>
      within(sweepTenant(deps, tenant, sweep), TENANT_MS_MAX, 'the sweep of a tenant'),
    ),
  );
  await deleteSettledFailures(db);
  return sweep;
}

async function sweepTenant(
  deps: SweepDeps,
  { uid, epochs: epochsKnown, isMeasured }: SweptTenant,
  sweep: Sweep,
): Promise<void> {
  const { shards, epochs, split } = await readStanding(deps.directoryOf(uid));
  // One that an earlier release noted is asked once more, for what questions need to know of it.
  const asleep = shards.filter(({ isResting, storedSeq }) => isResting && storedSeq !== undefined);
  sweep.resting += asleep.length;
  const awake = shards.filter((shard) => !asleep.includes(shard));
  await forEach(awake, (shard) =>
    attempt(`shard ${uid}/${shard.region}/${shard.index}`, sweep, () => sweepShard(deps, uid, shard, sweep)),
  );
  const isSplitting = split !== null || epochs.length > epochsKnown;
  if (isSplitting) await deps.resumeSplit(uid);
  if (isMeasured) return;
  await measureUsage(deps.db, uid, { nowMs: deps.now(), isAtRest: awake.length === 0 && !isSplitting });
}

async function sweepShard(deps: SweepDeps, uid: string, shard: RegisteredShard, sweep: Sweep): Promise<void> {
  const address = { uid, region: shard.region, index: shard.index };
  sweep.asked++;
  const {
    isResting,
    storedSeq,
    headSeq,
    cutSeq = headSeq,
    watermarkMs,
  } = await deps.shardOf(address).rest({ address });
  const state = watermarkMs === undefined ? undefined : { storedSeq, watermarkMs };
  if (isResting && (await deps.directoryOf(uid).rest(shard, state))) sweep.resting++;
  if (cutSeq === storedSeq) return;
  await deps.poke(address);
  sweep.poked++;
}

/** A failure is counted and logged, and keeps nothing else from its turn. */
async function attempt(step: string, sweep: Sweep, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    sweep.failed++;
    logError('sinks.sweep', cause, { what: step });
  }
}

/** Runs for every item, `CONCURRENCY` at a time. */
async function forEach<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const work = async () => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
