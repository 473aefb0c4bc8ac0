/**
 * Seal: the rebuilding of one tenant-day from its segments. The orchestrator: state → plan → room → adopt → execute → write,
 * flip.
 *
 * It may be killed between any two steps and run again, by several at once: the plan row decides what is built, names and
 * contents follow from the plan, and only the flip is seen. A day too big for one invocation is handed out in tasks: ids
 * first, then buckets; asked again when they are done, the seal puts their counts together and flips.
 */
import { LIMITS } from '../../core/limits.ts';
import { DEFAULT_ROLLUPS, type Rollup } from '../../core/rollup/rollup.ts';
import type { SealTaskName } from '../../core/shard/rpc.ts';
import { assert } from '../../core/std/result.ts';
import type { PutBucket } from '../segment/put.ts';
import { Room } from '../std/room.ts';
import { type BucketCounts, executeBucket, executeIds, executePlan, finishPlan } from './execute.ts';
import { type DayState, findPeopleRollup, type NothingToSeal, planSeal, rowCountOf, type SealPlan } from './plan.ts';
import { adoptPlan, readDayState, readPlan, readTasks, releaseLease, storeTask, writeAndFlip } from './seal-store.ts';
import type { SegmentCache } from './segment-cache.ts';
import type { WorkBucket } from './work-store.ts';

export interface SealDayDeps {
  readonly db: D1Database;
  readonly bucket: PutBucket & WorkBucket;
  readonly cache: SegmentCache;
  readonly now: () => number;
  /** Names this invocation in the lease. */
  readonly holder: string;
  /** Shared by the seals of an invocation; absent: there is this one only. */
  readonly room?: Room;
}

export type SealResult =
  | { readonly status: 'sealed'; readonly revision: number; readonly events: number; readonly rest: number }
  | { readonly status: NothingToSeal }
  /** To be done first, in any order, by `sealTask`; then the day is to be sealed again. */
  | { readonly status: 'parts'; readonly tasks: readonly SealTaskName[] }
  /** Another invocation has the day's lease. */
  | { readonly status: 'busy' };

const PEOPLE_ROLLUP = findPeopleRollup(DEFAULT_ROLLUPS);

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
    return sealAsPlanned(deps, stillWanted);
  });
}

async function sealAsPlanned(
  { db, bucket, cache, now, holder }: SealDayDeps,
  wanted: SealPlan,
): Promise<Exclude<SealResult, { readonly status: NothingToSeal }>> {
  assert(PEOPLE_ROLLUP, 'the drift is measured by a built-in rollup without filter and dimensions');
  const peopleRollupId = PEOPLE_ROLLUP.id;
  const adopted = await adoptPlan(db, wanted, { holder, nowMs: now(), peopleRollupId });
  if (adopted === null) return { status: 'busy' };
  const { plan } = adopted;
  const done = plan.bucketCount === 1 ? NO_TASKS : await readTasks(db, plan);
  const tasks = missingTasks(plan, done);
  if (tasks.length > 0) {
    await releaseLease(db, plan, holder);
    return { status: 'parts', tasks: tasks.map((task) => ({ revision: plan.revision, task })) };
  }
  const outcome =
    plan.bucketCount === 1
      ? await executePlan(adopted, { bucket, cache, peopleRollupId })
      : await finishPlan(adopted, countsOf(plan, done), { bucket, peopleRollupId });
  await writeAndFlip(db, adopted, outcome, { holder, nowMs: now() });
  const { events, drift } = outcome.sealed;
  return { status: 'sealed', revision: adopted.plan.revision, events, rest: drift.rest };
}

const NO_TASKS: ReadonlyMap<string, string> = new Map();

function idsTask(part: number): string {
  return `ids-${part}`;
}

function bucketTask(index: number): string {
  return `bucket-${index}`;
}

/** What is to be done next of a day of several buckets: the ids, for buckets must know the copies; then the buckets. */
function missingTasks({ idPartCount, bucketCount }: SealPlan, done: ReadonlyMap<string, string>): string[] {
  if (bucketCount === 1) return [];
  const missing = (count: number, name: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => name(index)).filter((task) => !done.has(task));
  const ids = missing(idPartCount, idsTask);
  return ids.length > 0 ? ids : missing(bucketCount, bucketTask);
}

function countsOf({ bucketCount }: SealPlan, done: ReadonlyMap<string, string>): BucketCounts[] {
  return Array.from({ length: bucketCount }, (_, index) => JSON.parse(done.get(bucketTask(index))!) as BucketCounts);
}

/**
 * Does one task of a seal; the tasks that are still to be done before the seal goes on, or null when the revision has been
 * sealed meanwhile. Done twice, also at once, it leaves the same.
 */
export async function sealTask(
  { db, bucket, cache }: Pick<SealDayDeps, 'db' | 'bucket' | 'cache'>,
  uid: string,
  day: number,
  { revision, task }: SealTaskName,
): Promise<readonly string[] | null> {
  const key = { uid, day, revision };
  const adopted = await readPlan(db, key);
  if (adopted === null) return null;
  const { plan } = adopted;
  const before = await readTasks(db, key);
  if (!before.has(task)) {
    const [kind, number] = task.split('-') as [string, string];
    const index = Number(number);
    if (kind === 'ids') {
      await executeIds(adopted, index, { bucket, cache });
      await storeTask(db, adopted, { task, result: {}, segments: [] });
    } else {
      const { counts, segments } = await executeBucket(adopted, index, { bucket, cache });
      await storeTask(db, adopted, { task, result: counts, segments });
    }
  }
  const isIds = task.startsWith('ids-');
  const rest = missingTasks(plan, await readTasks(db, key));
  // Of the next kind nothing is asked for: the seal itself hands it out.
  return rest.filter((name) => name.startsWith('ids-') === isIds);
}
