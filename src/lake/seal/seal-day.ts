/**
 * Seal: the rebuilding of one tenant-day from its segments.
 *
 * steps: state → plan → room → adopt → execute → write, flip
 *
 * A seal may be killed between any two steps and run again, also several times at once: the plan row decides the
 * inputs, names and contents follow from the plan, and readers see the flip alone. A day too big for one invocation is
 * handed out as tasks, kind by kind (tasks.ts); when it is asked for again and all are done, the seal puts their counts together and
 * flips.
 */
import { LIMITS } from '../../core/limits.ts';
import { BOT_ROLLUPS, DEFAULT_ROLLUPS, type Rollup } from '../../core/rollup/rollup.ts';
import type { SealTaskName } from '../../core/shard/rpc.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { assert } from '../../core/std/result.ts';
import type { PlacedL1 } from '../manifest/segment-rows.ts';
import type { PutBucket } from '../segment/put.ts';
import type { SegmentCache } from '../segment/segment-cache.ts';
import { stretchEnds } from '../spread/stretches.ts';
import type { WorkBucket } from '../spread/work-store.ts';
import { Room } from '../std/room.ts';
import { type BigPlan, executeCompare, executeRange, executeSpread, finishPlan, workOf } from './big-day.ts';
import { executePlan } from './execute.ts';
import { writeAndFlip } from './flip.ts';
import {
  type DayInput,
  type DayState,
  findPeopleRollup,
  type NothingToSeal,
  planSeal,
  rowCountOf,
  type SealPlan,
} from './plan.ts';
import {
  type AdoptedPlan,
  adoptPlan,
  leaveDay,
  readDayState,
  readInputs,
  readPlan,
  readTasks,
  storeTask,
} from './plan-store.ts';
import { findTask, missingTasks, resultsOf, type Task } from './tasks.ts';

export interface SealDayDeps {
  readonly db: D1Database;
  /** The tenant's key, by which ids are compared. */
  readonly hashKey: HashKey;
  readonly bucket: PutBucket & WorkBucket;
  readonly cache: SegmentCache;
  readonly now: () => number;
  /** Names the invocation in the lease. */
  readonly holder: string;
  /** Shared by the seals of an invocation. Default: a room for this seal alone. */
  readonly room?: Room;
}

export type SealResult =
  | { readonly status: 'sealed'; readonly revision: number; readonly events: number; readonly rest: number }
  | { readonly status: NothingToSeal }
  /** These tasks come first, in any order, by `sealTask`; then the day is sealed again. */
  | { readonly status: 'tasks'; readonly tasks: readonly SealTaskName[] }
  /** Another invocation has the lease of the day. */
  | { readonly status: 'busy' };

const PEOPLE_ROLLUPS = [DEFAULT_ROLLUPS, BOT_ROLLUPS].map(findPeopleRollup);

export async function sealDay(
  deps: SealDayDeps,
  uid: string,
  day: number,
  rollups: readonly Rollup[],
): Promise<SealResult> {
  const read = () => readDayState(deps.db, uid, day);
  const plan = (state: DayState) => planSeal(uid, day, state, rollups);
  const state = await read();
  const wanted = plan(state);
  if (wanted === 'empty' || wanted === 'clean') return { status: wanted };
  const { room = new Room(LIMITS.sealBucketRowsMax) } = deps;
  return room.run(rowCountOf(state.inputs), async (hasWaited) => {
    const stillWanted = hasWaited ? plan(await read()) : wanted;
    if (stillWanted === 'empty' || stillWanted === 'clean') return { status: stillWanted };
    return sealAsPlanned(deps, stillWanted, peopleRollupIdOf(rollups));
  });
}

/** The built-in rollup of people that the tenant has. */
function peopleRollupIdOf(rollups: readonly Rollup[]): string {
  const own = PEOPLE_ROLLUPS.find((people) => rollups.some(({ id }) => id === people?.id)) ?? PEOPLE_ROLLUPS[0];
  assert(own, 'the drift is measured by a built-in rollup without filter and dimensions');
  return own.id;
}

async function sealAsPlanned(
  deps: SealDayDeps,
  wanted: SealPlan,
  peopleRollupId: string,
): Promise<Exclude<SealResult, { readonly status: NothingToSeal }>> {
  const { db, bucket, now, holder } = deps;
  const adopted = await adoptPlan(db, wanted, { holder, nowMs: now(), peopleRollupId });
  if (adopted === null) return { status: 'busy' };
  const { plan, inputs } = adopted;
  const big = plan.bucketCount === 1 ? null : bigPlanOf(adopted, inputs);
  const done = big === null ? NO_TASKS : await readTasks(db, plan);
  const { names } = big === null ? NONE_MISSING : missingTasks(big, done);
  if (names.length > 0) {
    await leaveDay(db, plan, holder);
    return { status: 'tasks', tasks: names.map((task) => ({ revision: plan.revision, task })) };
  }
  const outcome =
    big === null
      ? await executePlan(adopted, { ...deps, peopleRollupId })
      : await finishPlan(adopted, workOf(big), resultsOf(big, done), { bucket, peopleRollupId });
  await writeAndFlip(db, adopted, outcome, { holder, nowMs: now(), work: big === null ? null : workOf(big) });
  const { events, drift } = outcome.sealed;
  return { status: 'sealed', revision: plan.revision, events, rest: drift.rest };
}

const NO_TASKS: ReadonlyMap<string, string> = new Map();
const NONE_MISSING = { names: [] as readonly string[] };

/** A plan from before stretches is divided as one of today would be. */
function bigPlanOf({ plan, hash }: Pick<AdoptedPlan, 'plan' | 'hash'>, inputs: readonly DayInput[]): BigPlan {
  return { plan, hash, stretches: plan.stretches ?? stretchEnds(inputs) };
}

/**
 * Does one task of a seal. Returns the tasks of its kind that are still missing, or null when the revision has been
 * sealed meanwhile. A task that is done twice, also at once, leaves the same.
 */
export async function sealTask(
  { db, hashKey, bucket }: Pick<SealDayDeps, 'db' | 'hashKey' | 'bucket'>,
  uid: string,
  day: number,
  { revision, task: name }: SealTaskName,
): Promise<readonly string[] | null> {
  const key = { uid, day, revision };
  const read = await readPlan(db, key);
  if (read === null) return null;
  const inputs = () => readInputs(db, read.plan);
  const big = bigPlanOf(read, read.plan.stretches === undefined ? await inputs() : []);
  // A task of another release is none of the plan's: the day, asked for again, hands out its own.
  const task = findTask(big, name);
  if (task === null) return [];
  const before = await readTasks(db, key);
  if (!before.has(name)) {
    const { result, segments } = await doTask(big, task, { hashKey, bucket, inputs });
    await storeTask(db, read, { task: name, result, segments });
  }
  const missing = missingTasks(big, await readTasks(db, key));
  // The seal itself hands out the tasks of the next kind.
  return missing.kind === task.kind ? missing.names : [];
}

interface TaskDeps extends Pick<SealDayDeps, 'hashKey' | 'bucket'> {
  readonly inputs: () => Promise<readonly DayInput[]>;
}

/** Returns the result of the task, and the L1 files that it has put. */
async function doTask(
  big: BigPlan,
  { kind, index }: Task,
  { hashKey, bucket, inputs }: TaskDeps,
): Promise<{ readonly result: object; readonly segments: readonly PlacedL1[] }> {
  switch (kind) {
    case 'spread':
      return { result: await executeSpread(big, await inputs(), index, { hashKey, bucket }), segments: [] };
    case 'compare':
      return { result: await executeCompare(big, index, { hashKey, bucket }), segments: [] };
    case 'range': {
      const { counts, segments } = await executeRange(big, index, bucket);
      return { result: counts, segments };
    }
  }
}
