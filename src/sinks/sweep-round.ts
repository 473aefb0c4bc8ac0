/**
 * Sweep round: once through all tenants in the order of their uids, in slices of what one invocation may ask for; where it
 * has come to is a row in D1, so that the next run goes on there. Most rounds are one slice, and leave no row.
 *
 * A slice is taken before it is swept: of two runs at once each has its own, and one that dies every time holds up nobody but
 * its tenants, who are asked again in the next round.
 */
import { DAY_MS } from '../core/limits.ts';

/** Half of the 10,000 calls an invocation may make: others work in it as well, and a tenant may have just grown. */
const CALLS_MAX = 5_000;
/** The directory's list and its map. */
const CALLS_A_TENANT = 2;
/** The question, the note that it rests or the poke, and one to spare. */
const CALLS_A_SHARD = 3;
const TENANTS_MAX = CALLS_MAX / (CALLS_A_TENANT + CALLS_A_SHARD);
const CURSOR = 'sweep/cursor';

export interface SweptTenant {
  readonly uid: string;
  /** Of the map in D1. */
  readonly epochs: number;
  /** At the most, over all its regions. */
  readonly shards: number;
}

/** The next slice; empty when no round is going on, and none is to be begun, or another run has taken it. */
export async function nextSlice(
  db: D1Database,
  { beginsRound, nowMs }: { readonly beginsRound: boolean; readonly nowMs: number },
): Promise<readonly SweptTenant[]> {
  const cursor = await db.prepare('SELECT holder FROM leases WHERE name = ?1').bind(CURSOR).first<string>('holder');
  if (cursor === null && !beginsRound) return [];
  const { results } = await db
    .prepare(
      `SELECT uid, coalesce(json_array_length(shard_map), 1) AS epochs,
         json_array_length(regions) * coalesce(shard_map ->> '$[#-1].shardCount', shard_count) AS shards
       FROM tenants WHERE deleted_at_ms IS NULL AND uid > ?1 ORDER BY uid LIMIT ?2`,
    )
    .bind(cursor ?? '', TENANTS_MAX + 1)
    .all<SweptTenant>();
  const slice = sliceOf(results);
  const next = slice.length < results.length ? slice.at(-1)!.uid : null;
  return (await moveCursor(db, cursor, next, nowMs)) ? slice : [];
}

/** One at least. */
function sliceOf(tenants: readonly SweptTenant[]): readonly SweptTenant[] {
  let calls = 0;
  const end = tenants.findIndex(({ shards }, index) => {
    calls += CALLS_A_TENANT + CALLS_A_SHARD * shards;
    return index > 0 && calls > CALLS_MAX;
  });
  return end === -1 ? tenants : tenants.slice(0, end);
}

/** False: it is not where it was read. */
async function moveCursor(db: D1Database, from: string | null, to: string | null, nowMs: number): Promise<boolean> {
  if (from === null && to === null) return true;
  // Leases that ended are forgotten; a round goes on as long as it takes.
  const untilMs = nowMs + DAY_MS;
  const statement =
    from === null
      ? db
          .prepare('INSERT OR IGNORE INTO leases (name, holder, until_ms) VALUES (?1, ?2, ?3)')
          .bind(CURSOR, to, untilMs)
      : to === null
        ? db.prepare('DELETE FROM leases WHERE name = ?1 AND holder = ?2').bind(CURSOR, from)
        : db
            .prepare('UPDATE leases SET holder = ?2, until_ms = ?3 WHERE name = ?1 AND holder = ?4')
            .bind(CURSOR, to, untilMs, from);
  return (await statement.run()).meta.changes === 1;
}
