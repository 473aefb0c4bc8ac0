/**
 * Seal: the rebuilding of one tenant-day from its segments.
 *
 * steps: state → plan → room → adopt → execute → write, flip
 *
 * A seal may be killed between any two steps and run again, also several times at once: the plan row decides the
 * inputs, names and contents follow from the plan, and readers see the flip alone. A day too big for one invocation is
 * handed out as tasks, the ids first, then the people ranges; when it is asked for again and they are done, the seal
 * puts their counts together and flips.
 */
import { LIMITS } from '../../core/limits.ts';
import { BOT_ROLLUPS, DEFAULT_ROLLUPS, type Rollup } from '../../core/rollup/rollup.ts';
import type { SealTaskName } from '../../core/shard/rpc.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { assert } from '../../core/std/result.ts';
import type { PutBucket } from '../segment/put.ts';
import type { SegmentCache } from '../segment/segment-cache.ts';
import { Room } from '../std/room.ts';
import { executeIds, executePlan, executeRange, finishPlan, type RangeCounts } from './execute.ts';
import { writeAndFlip } from './flip.ts';
import { type DayState, findPeopleRollup, type NothingToSeal, planSeal, rowCountOf, type SealPlan } from './plan.ts';
import { adoptPlan, leaveDay, readDayState, readPlan, readTasks, storeTask } from './plan-store.ts';
import type { WorkBucket } from './work-store.ts';

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
  { db, hashKey, bucket, cache, now, holder }: SealDayDeps,
  wanted: SealPlan,
  peopleRollupId: string,
): Promise<Exclude<SealResult, { readonly status: NothingToSeal }>> {
  const adopted = await adoptPlan(db, wanted, { holder, nowMs: now(), peopleRollupId });
  if (adopted === null) return { status: 'busy' };
  const { plan } = adopted;
  const done = plan.bucketCount === 1 ? NO_TASKS : await readTasks(db, plan);
  const tasks = missingTasks(plan, done);
  if (tasks.length > 0) {
    await leaveDay(db, plan, holder);
    return { status: 'tasks', tasks: tasks.map((task) => ({ revision: plan.revision, task })) };
  }
  const outcome =
    plan.bucketCount === 1
      ? await executePlan(adopted, { hashKey, bucket, cache, peopleRollupId })
      : await finishPlan(adopted, countsByRange(plan, done), { bucket, peopleRollupId });
  await writeAndFlip(db, adopted, outcome, { holder, nowMs: now() });
  const { events, drift } = outcome.sealed;
  return { status: 'sealed', revision: adopted.plan.revision, events, rest: drift.rest };
}

const NO_TASKS: ReadonlyMap<string, string> = new Map();

/** The kind of the tasks that compare ids; it was `ids` while their shares went by an unkeyed hash. */
const IDS = 'copies';

function idsTask(part: number): string {
  return `${IDS}-${part}`;
}

function rangeTask(index: number): string {
  return `bucket-${index}`;
}

function tasksOf({ idPartCount, bucketCount: rangeCount }: SealPlan): string[] {
  return [
    ...Array.from({ length: idPartCount }, (_, part) => idsTask(part)),
    ...Array.from({ length: rangeCount }, (_, index) => rangeTask(index)),
  ];
}

/** The tasks that a day of several ranges lacks: first the ids, because a range must know the copies; then the ranges. */
function missingTasks({ idPartCount, bucketCount: rangeCount }: SealPlan, done: ReadonlyMap<string, string>): string[] {
  if (rangeCount === 1) return [];
  const missing = (count: number, name: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => name(index)).filter((task) => !done.has(task));
  const ids = missing(idPartCount, idsTask);
  return ids.length > 0 ? ids : missing(rangeCount, rangeTask);
}

function countsByRange({ bucketCount }: SealPlan, done: ReadonlyMap<string, string>): RangeCounts[] {
  return Array.from({ length: bucketCount }, (_, index) => JSON.parse(done.get(rangeTask(index))!) as RangeCounts);
}

/**
 * Does one task of a seal. Returns the tasks of its kind that are still missing, or null when the revision has been
 * sealed meanwhile. A task that is done twice, also at once, leaves the same.
 */
export async function sealTask(
  { db, hashKey, bucket, cache }: Pick<SealDayDeps, 'db' | 'hashKey' | 'bucket' | 'cache'>,
  uid: string,
  day: number,
  { revision, task }: SealTaskName,
): Promise<readonly string[] | null> {
  const key = { uid, day, revision };
  const adopted = await readPlan(db, key);
  if (adopted === null) return null;
  const { plan } = adopted;
  // A task of another release is none of the plan's: the day, asked for again, hands out its own.
  if (!tasksOf(plan).includes(task)) return [];
  const before = await readTasks(db, key);
  if (!before.has(task)) {
    const [kind, number] = task.split('-') as [string, string];
    const index = Number(number);
    if (kind === IDS) {
      await executeIds(adopted, index, { hashKey, bucket, cache });
      await storeTask(db, adopted, { task, result: {}, segments: [] });
    } else {
      const { counts, segments } = await executeRange(adopted, index, { bucket, cache });
      await storeTask(db, adopted, { task, result: counts, segments });
    }
  }
  const isIdTask = task.startsWith(IDS);
  const rest = missingTasks(plan, await readTasks(db, key));
  // The seal itself hands out the tasks of the next kind.
  return rest.filter((name) => name.startsWith(IDS) === isIdTask);
}
