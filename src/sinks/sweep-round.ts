/**
 * Sweep round: one pass through all tenants in the order of their uids, in slices that one invocation can ask. A cursor in
 * D1 says how far the round has come, so that the next run goes on there. Most rounds are one slice, and leave no row.
 *
 * A slice is taken before it is swept: two runs at once get different slices, and a run that dies every time holds up only
 * its own tenants, who are asked again in the next round.
 */
import { DAY_MS } from '../core/limits.ts';
import { moveCursor, readCursor } from '../lake/manifest/leases.ts';
import { measuredAfterMs } from '../lake/manifest/usage.ts';

/**
 * Calls of one run. It asks D1 a statement a tenant, of the 1,000 that an invocation may ask, and other duties share it; a tenant
 * may have grown meanwhile.
 */
const CALLS_MAX = 2_500;
/** The question to the directory and the measuring of its usage. */
const CALLS_A_TENANT = 2;
/** The question, the note that the shard rests or the poke, and one to spare. */
const CALLS_A_SHARD = 3;
/** Tenants looked at by one run: most of them rest, and are not asked. */
const TENANTS_MAX = 5_000;
const CURSOR = 'sweep/cursor';

export interface SweptTenant {
  readonly uid: string;
  /** Epochs of the shard map in D1. */
  readonly epochs: number;
  /** Upper bound of its shards, over all its regions. */
  readonly shards: number;
  /** Whether what the tenant takes of the database was summed up lately. */
  readonly isMeasured: boolean;
  /** Whether all of its shards rested then, and nothing was stored since. */
  readonly isAtRest: boolean;
}

type TenantRow = Omit<SweptTenant, 'isMeasured' | 'isAtRest'> & {
  readonly isMeasured: number | null;
  readonly isAtRest: number | null;
};

/** The next slice. Empty when no round is going on and none is to begin, or when another run has taken the slice. */
export async function nextSlice(
  db: D1Database,
  { beginsRound, nowMs }: { readonly beginsRound: boolean; readonly nowMs: number },
): Promise<readonly SweptTenant[]> {
  const cursor = await readCursor(db, CURSOR);
  if (cursor === null && !beginsRound) return [];
  const { results } = await db
    .prepare(
      `SELECT uid, coalesce(json_array_length(shard_map), 1) AS epochs,
         json_array_length(regions) * coalesce(shard_map ->> '$[#-1].shardCount', shard_count) AS shards,
         u.measured_at_ms > ?3 AS isMeasured, u.is_at_rest AS isAtRest
       FROM tenants LEFT JOIN tenant_usage u USING (uid)
       WHERE deleted_at_ms IS NULL AND uid > ?1 ORDER BY uid LIMIT ?2`,
    )
    .bind(cursor ?? '', TENANTS_MAX, measuredAfterMs(nowMs))
    .all<TenantRow>();
  const slice = firstSlice(results.map(tenantOf));
  const isLast = slice.length === results.length && results.length < TENANTS_MAX;
  // A lease that ran out is deleted: the cursor must outlive the round.
  const isTaken = await moveCursor(db, CURSOR, { from: cursor, to: isLast ? null : slice.at(-1)!.uid }, nowMs + DAY_MS);
  return isTaken ? slice.filter(isAsked) : [];
}

function tenantOf({ isMeasured, isAtRest, ...tenant }: TenantRow): SweptTenant {
  return { ...tenant, isMeasured: isMeasured === 1, isAtRest: isAtRest === 1 };
}

/** A tenant at rest is asked when its usage is due to be summed up, and is left alone in between. */
function isAsked({ isMeasured, isAtRest }: SweptTenant): boolean {
  return !(isMeasured && isAtRest);
}

/** The first tenants whose calls fit into one invocation; at least one. */
function firstSlice(tenants: readonly SweptTenant[]): readonly SweptTenant[] {
  let calls = 0;
  const end = tenants.findIndex((tenant, index) => {
    if (isAsked(tenant)) calls += CALLS_A_TENANT + CALLS_A_SHARD * tenant.shards;
    return index > 0 && calls > CALLS_MAX;
  });
  return end === -1 ? tenants : tenants.slice(0, end);
}
