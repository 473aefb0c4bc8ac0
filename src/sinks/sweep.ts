/**
 * Sweep: the cron's guard against silence (G5). Asks every registered shard how it stands and pokes the sink for those
 * that hold something: a lost message, six failed alarms or a wiped queue delay a flush, but never forget it. Waking a
 * shard also repairs its alarm.
 */
import type { DirectoryOf, ShardOf } from '../core/rpc.ts';
import type { ShardAddress } from '../core/shard-map.ts';

export interface SweepDeps {
  readonly db: D1Database;
  readonly directoryOf: DirectoryOf;
  readonly shardOf: ShardOf;
  readonly poke: (address: ShardAddress) => Promise<unknown>;
}

/** Shards asked at the same time. */
const CONCURRENCY = 6;

export async function sweepShards(deps: SweepDeps): Promise<{ asked: number; poked: number; failed: number }> {
  const tenants = await deps.db.prepare('SELECT uid FROM tenants WHERE deleted_at_ms IS NULL').all<{ uid: string }>();
  const totals = { asked: 0, poked: 0, failed: 0 };
  for (const { uid } of tenants.results) {
    const shards = await deps.directoryOf(uid).list();
    for (let at = 0; at < shards.length; at += CONCURRENCY) {
      const few = shards.slice(at, at + CONCURRENCY);
      await Promise.all(
        few.map(async ({ region, index }) => {
          totals.asked++;
          const address = { uid, region, index };
          try {
            const state = await deps.shardOf(address).live({ address, startMs: 0, endMs: 0 });
            if (state.headSeq === state.storedSeq) return;
            await deps.poke(address);
            totals.poked++;
          } catch (cause) {
            totals.failed++;
            console.error(JSON.stringify({ at: 'sinks.sweep', address, error: String(cause) }));
          }
        }),
      );
    }
  }
  return totals;
}
