/**
 * Tenant round: one pass of a duty through all tenants in the order of their uids, in slices that one run of the cron can
 * do. A round begins every few hours; a cursor says how far it has come, and the next run goes on there.
 *
 * A slice is taken before it is worked on: two runs at once get different slices, and a tenant that fails is tried again in
 * the next round.
 */
import { DAY_MS } from '../../core/limits.ts';
import { claim, moveCursor, readCursor } from '../manifest/leases.ts';

/** Tenants of one run: a few statements each, of the 1,000 that an invocation may ask D1 beside the other duties. */
const TENANTS_PER_RUN_MAX = 60;

export interface TenantRound {
  /** Names the duty in `leases`. */
  readonly name: string;
  readonly everyMs: number;
  /** Selects at most ?2 uids beyond ?1, in their order. */
  readonly select: string;
}

/** The next tenants of the round; empty when none is due. */
export async function nextTenants(
  db: D1Database,
  { name, everyMs, select }: TenantRound,
  nowMs: number,
): Promise<readonly string[]> {
  const cursor = `${name}/cursor`;
  const from = await readCursor(db, cursor);
  if (from === null && !(await claim(db, [name], nowMs, everyMs)).has(name)) return [];
  const { results } = await db
    .prepare(select)
    .bind(from ?? '', TENANTS_PER_RUN_MAX + 1)
    .all<{ uid: string }>();
  const uids = results.slice(0, TENANTS_PER_RUN_MAX).map(({ uid }) => uid);
  const to = uids.length < results.length ? uids.at(-1)! : null;
  // A lease that ran out is deleted: the cursor must outlive the round.
  return (await moveCursor(db, cursor, { from, to }, nowMs + DAY_MS)) ? uids : [];
}
