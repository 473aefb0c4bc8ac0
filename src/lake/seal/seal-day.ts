/**
 * Seal: the rebuilding of one tenant-day from its segments. The orchestrator: state → plan → adopt → execute → write, flip.
 *
 * It may be killed between any two steps and run again, by several at once: the plan row decides what is built, names and
 * contents follow from the plan, and only the flip is seen.
 */
import { assert } from '../../core/result.ts';
import { DEFAULT_ROLLUPS, type Rollup } from '../../core/rollup.ts';
import type { PutBucket } from '../put.ts';
import { executePlan } from './execute.ts';
import { findPeopleRollup, type NothingToSeal, planSeal } from './plan.ts';
import { adoptPlan, readDayState, writeAndFlip } from './seal-store.ts';
import type { SegmentCache } from './segment-cache.ts';

export interface SealDayDeps {
  readonly db: D1Database;
  readonly bucket: PutBucket;
  readonly cache: SegmentCache;
  readonly now: () => number;
  /** Names this invocation in the lease. */
  readonly holder: string;
}

export type SealResult =
  | { readonly status: 'sealed'; readonly revision: number; readonly events: number; readonly rest: number }
  | { readonly status: NothingToSeal }
  /** Another invocation has the day's lease. */
  | { readonly status: 'busy' };

const PEOPLE_ROLLUP = findPeopleRollup(DEFAULT_ROLLUPS);

export async function sealDay(
  deps: SealDayDeps,
  uid: string,
  day: number,
  rollups: readonly Rollup[],
): Promise<SealResult> {
  const { db, bucket, cache, now, holder } = deps;
  assert(PEOPLE_ROLLUP, 'the drift is measured by a built-in rollup without filter and dimensions');
  const peopleRollupId = PEOPLE_ROLLUP.id;

  const wanted = planSeal(uid, day, await readDayState(db, uid, day), rollups);
  if (wanted === 'empty' || wanted === 'clean') return { status: wanted };
  const adopted = await adoptPlan(db, wanted, { holder, nowMs: now(), peopleRollupId });
  if (adopted === null) return { status: 'busy' };
  const outcome = await executePlan(adopted, { bucket, cache, peopleRollupId });
  await writeAndFlip(db, adopted, outcome, { holder, nowMs: now() });
  const { events, drift } = outcome.sealed;
  return { status: 'sealed', revision: adopted.plan.revision, events, rest: drift.rest };
}
