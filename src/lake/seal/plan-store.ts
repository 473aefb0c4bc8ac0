/**
 * Plan store: the SQL of a seal up to its flip (flip.ts): the day's state, its lease, the plan row, the tasks that are done.
 *
 * Everything that a seal writes is guarded by `IS_NOT_OVERTAKEN`: a seal that was overtaken, even one that planned on
 * an old reading, writes nothing that a reader could count (CORRECTNESS A5). A trigger of the table of plans refuses one that was
 * made upon another ground than the day has, or that names a segment which was collected meanwhile (L2).
 */
import { LIMITS } from '../../core/limits.ts';
import { coverOf } from '../../core/rollup/part-cover.ts';
import { dayText } from '../../core/std/day.ts';
import { assert } from '../../core/std/result.ts';
import { droppedOf, expiredNames, LAKE_DROPPED, selectDropped } from '../manifest/dropped.ts';
import { holderOf, isHeldBy, type Lease, releaseLease, selectHolder, takeLease } from '../manifest/leases.ts';
import { dayTextSql, isL1PathSql } from '../manifest/paths.ts';
import { IS_NOT_OVERTAKEN, type SealedDayRow, sealedDayOf, selectAnySeals } from '../manifest/sealed-days.ts';
import { insertL1, type PlacedL1 } from '../manifest/segment-rows.ts';
import { fromBase64 } from '../std/base64.ts';
import { type DayInput, type DayState, type Ground, isNewlyCovered, planHash, type SealPlan } from './plan.ts';

type InputRow = Omit<DayInput, 'rollupIds'> & { readonly rollupIds: string };

/** The state of a day in the manifest, read in one transaction. */
export async function readDayState(db: D1Database, uid: string, day: number): Promise<DayState> {
  const [dropped, sealed, inputs, vector, head, later, ground] = await db.batch<unknown>([
    selectDropped(db, uid),
    selectAnySeals(db, uid, day, day),
    selectInputs(db, uid, day, 's.superseded_seq IS NULL'),
    db.prepare(SELECT_VECTOR).bind(uid),
    db.prepare('SELECT COALESCE(MAX(manifest_seq), 0) AS headSeq FROM segments'),
    db.prepare(SELECT_LATER).bind(uid, day),
    db.prepare(SELECT_GROUND).bind(uid, day),
  ]);
  const [{ supersededSeq, daySeq, planned }] = later!.results as [
    { supersededSeq: number; daySeq: number; planned: number },
  ];
  const [sealedRow] = sealed!.results as SealedDayRow[];
  const ends = vector!.results as { incarnation: string; seqTo: number }[];
  const known = droppedOf(dropped!);
  return {
    sealed: sealedRow === undefined ? null : sealedDayOf(sealedRow),
    ground: groundOf(ground!),
    inputs: inputsOf(inputs!),
    vector: Object.fromEntries(ends.map(({ incarnation, seqTo }) => [incarnation, seqTo])),
    headSeq: (head!.results as { headSeq: number }[])[0]!.headSeq,
    expired: expiredNames(known, day),
    supersededSeq,
    // Of an expired day only cells are left: a seal from its events would empty them.
    isVoid: sealedRow !== undefined && daySeq > sealedRow.supersededSeq && day >= known.lake.dayBefore,
    isPlanned: planned === 1,
  };
}

/**
 * The tenant's latest supersession, the latest that took rows of the day, and whether a plan of the day waits for its flip.
 * Parameters: uid, day.
 */
const SELECT_LATER = `SELECT COALESCE((SELECT MAX(supersession_seq) FROM supersessions WHERE uid = ?1), 0) AS supersededSeq,
  COALESCE((SELECT superseded_seq FROM superseded_days WHERE uid = ?1 AND day = ?2), 0) AS daySeq,
  EXISTS (SELECT 1 FROM seal_plans p WHERE p.uid = ?1 AND p.day = ?2 AND p.revision > COALESCE((
    SELECT d.revision FROM sealed_days d WHERE d.uid = ?1 AND d.day = ?2), 0)) AS planned`;

/** The ground of a day; none of an expired day, whose files are gone: a seal upon it would empty the cells. Parameters: uid, day. */
const SELECT_GROUND = `SELECT ground_revision AS revision, ground_seq AS seq, COALESCE(ground_drift, drift) AS drift FROM sealed_days
  WHERE uid = ?1 AND day = ?2 AND day >= ${LAKE_DROPPED} AND ground_revision > 0`;

function groundOf({ results }: D1Result<unknown>): Ground | null {
  const [row] = results as (Omit<Ground, 'drift'> & { readonly drift: string })[];
  return row === undefined ? null : { ...row, drift: JSON.parse(row.drift) };
}

/**
 * The files of the day's ground, and the segments beyond it. `counting`: which of those are wanted; a plan's own may have been
 * superseded since it was made.
 */
function selectInputs(db: D1Database, uid: string, day: number, counting = '1'): D1PreparedStatement {
  return db
    .prepare(
      `SELECT s.manifest_seq AS manifestSeq, s.path, s.source, s.incarnation, s.seq_from AS seqFrom, s.seq_to AS seqTo,
         s.rollup_ids AS rollupIds, s.size_bytes AS sizeBytes, sd.row_count AS rowCount, sd.uncounted
       FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq
       WHERE sd.uid = ?1 AND sd.day = ?2 AND sd.day >= ${LAKE_DROPPED} AND ${counting} AND sd.manifest_seq > COALESCE((
         SELECT d.ground_seq FROM sealed_days d WHERE d.uid = ?1 AND d.day = ?2), 0)
       UNION ALL
       SELECT s.manifest_seq, s.path, s.source, s.incarnation, s.seq_from, s.seq_to, s.rollup_ids, s.size_bytes, s.row_count, 0
       FROM sealed_days d JOIN segments s ON s.uid = d.uid AND s.source = 'seal' AND s.day = d.day AND s.revision = d.ground_revision
         AND ${isL1PathSql('s.path', '?1', dayTextSql('d.day'))}
       WHERE d.uid = ?1 AND d.day = ?2 AND d.day >= ${LAKE_DROPPED}`,
    )
    .bind(uid, day);
}

function inputsOf({ results }: D1Result<unknown>): DayInput[] {
  return (results as InputRow[]).map((row) => ({ ...row, rollupIds: JSON.parse(row.rollupIds) }));
}

/**
 * The end of each incarnation's last flush, of those that were collected too. A walk over the index finds it; a GROUP BY would
 * read every flush that is there.
 */
const SELECT_VECTOR = `
  WITH RECURSIVE known(incarnation) AS (
    SELECT MIN(incarnation) FROM flushes WHERE uid = ?1
    UNION ALL
    SELECT (SELECT MIN(f.incarnation) FROM flushes f WHERE f.uid = ?1 AND f.incarnation > known.incarnation)
    FROM known WHERE known.incarnation IS NOT NULL
  )
  SELECT incarnation, MAX(seq_to) AS seqTo FROM (
    SELECT incarnation, (
      SELECT f.seq_to FROM flushes f WHERE f.uid = ?1 AND f.incarnation = known.incarnation ORDER BY f.seq_from DESC LIMIT 1
    ) AS seq_to FROM known WHERE incarnation IS NOT NULL
    UNION ALL
    SELECT h.incarnation, h.seq_to FROM flush_heads h WHERE h.uid = ?1
  ) GROUP BY incarnation ORDER BY incarnation`;

/** The plan in the row of a revision: the one that binds, whichever seal wrote it. */
export interface AdoptedPlan {
  readonly plan: SealPlan;
  readonly hash: string;
  /** The plan's inputs, in its order. */
  readonly inputs: readonly DayInput[];
  /** Encoded cells of the people rollup, from flushes that the vector covers and that of the seal before did not. */
  readonly liveParts: readonly Uint8Array[];
}

interface LivePartRow {
  readonly dayMin: number;
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly cells: string;
}

export interface AdoptOptions {
  /** Names the invocation in the lease. */
  readonly holder: string;
  readonly nowMs: number;
  readonly peopleRollupId: string;
}

/** Takes the day's lease and makes the plan binding, or adopts the plan that is; null when another seal holds the lease. */
export async function adoptPlan(
  db: D1Database,
  plan: SealPlan,
  { holder, nowMs, peopleRollupId }: AdoptOptions,
): Promise<AdoptedPlan | null> {
  const { uid, day, revision } = plan;
  const lease = leaseOf(plan, holder);
  const [, held, , adopted, inputs, parts] = await db.batch<unknown>([
    takeLease(db, lease, { nowMs, forMs: LIMITS.sealLeaseMs }),
    selectHolder(db, lease.name),
    insertPlan(db, plan, lease, nowMs),
    db
      .prepare(
        `SELECT plan, plan_hash AS hash FROM seal_plans WHERE uid = ?1 AND day = ?2 AND revision = ?3 AND ${IS_NOT_OVERTAKEN}`,
      )
      .bind(uid, day, revision),
    selectInputs(db, uid, day),
    db
      .prepare(
        `SELECT day_min AS dayMin, incarnation, seq_from AS seqFrom, seq_to AS seqTo, cells FROM parts
         WHERE uid = ?1 AND rollup_id = ?2 AND kind IN ('all', 'counts') AND day_min <= ?3 AND day_max >= ?3`,
      )
      .bind(uid, peopleRollupId, day),
  ]);
  if (holderOf(held!) !== holder) return null;
  const [row] = adopted!.results as PlanRow[];
  if (row === undefined) {
    // Since the state was read another seal was flipped, parts were merged across the plan's vector, or an input was collected:
    // the next try reads a later state.
    await leaveDay(db, plan, holder);
    return null;
  }
  const binding = JSON.parse(row.plan) as SealPlan;
  return {
    plan: binding,
    hash: row.hash,
    inputs: inputsOfPlan(binding, inputsOf(inputs!)),
    liveParts: (coverOf(parts!.results as LivePartRow[]) ?? [])
      .filter((part) => isNewlyCovered(binding, part))
      .map(({ cells }) => fromBase64(cells)),
  };
}

interface PlanRow {
  readonly plan: string;
  readonly hash: string;
}

/** Writes the plan of a revision that has none, if the lease is held. */
function insertPlan(db: D1Database, plan: SealPlan, { name, holder }: Lease, nowMs: number): D1PreparedStatement {
  const { uid, day, revision, coveredSeq } = plan;
  const text = JSON.stringify(plan);
  return db
    .prepare(
      `INSERT OR IGNORE INTO seal_plans (uid, day, revision, plan_hash, covered_seq, plan, created_at_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE ${isHeldBy('?8', '?9')} AND NOT EXISTS (${PARTS_ASTRIDE}) AND ${IS_NOT_OVERTAKEN}`,
    )
    .bind(uid, day, revision, planHash(text), coveredSeq, text, nowMs, name, holder);
}

/**
 * Parts with rows of the day on both sides of the vector of the plan, whose text is ?6 (CORRECTNESS K2). Only merged parts are
 * ever such parts: of one day, and of counts and people alike.
 */
const PARTS_ASTRIDE = `
  SELECT 1 FROM json_each(?6, '$.vector') v, json_each(?6, '$.rollups') r
  JOIN parts p ON p.uid = ?1 AND p.rollup_id = r.value ->> 'id' AND p.kind = 'counts' AND p.day_min = ?2
    AND p.incarnation = v.key AND p.seq_from < v.value
  WHERE p.seq_to > v.value`;

/** The lease of a day: one seal works at it at a time (CORRECTNESS B5). */
export function leaseOf({ uid, day }: Pick<SealPlan, 'uid' | 'day'>, holder: string): Lease {
  return { name: `seal/${uid}/${day}`, holder };
}

function inputsOfPlan(plan: SealPlan, known: readonly DayInput[]): DayInput[] {
  const bySeq = new Map(known.map((input) => [input.manifestSeq, input]));
  return plan.inputs.map((manifestSeq) => {
    const input = bySeq.get(manifestSeq);
    assert(
      input !== undefined,
      `the plan of ${dayText(plan.day)} of ${plan.uid} names segment ${manifestSeq}, which is gone`,
    );
    return input;
  });
}

/** The plan of a revision that is being worked at; null when the day has been flipped since. */
export async function readPlan(
  db: D1Database,
  { uid, day, revision }: { readonly uid: string; readonly day: number; readonly revision: number },
): Promise<Pick<AdoptedPlan, 'plan' | 'hash'> | null> {
  const row = await db
    .prepare(
      `SELECT plan, plan_hash AS hash FROM seal_plans p WHERE uid = ?1 AND day = ?2 AND revision = ?3 AND ${IS_NOT_OVERTAKEN}`,
    )
    .bind(uid, day, revision)
    .first<PlanRow>();
  return row === null ? null : { plan: JSON.parse(row.plan) as SealPlan, hash: row.hash };
}

/** The inputs of a plan that is being worked at, in its order. */
export async function readInputs(db: D1Database, plan: SealPlan): Promise<readonly DayInput[]> {
  return inputsOfPlan(plan, inputsOf(await selectInputs(db, plan.uid, plan.day).all()));
}

/** The tasks of a plan that are done, with their counts. */
export async function readTasks(
  db: D1Database,
  { uid, day, revision }: Pick<SealPlan, 'uid' | 'day' | 'revision'>,
): Promise<Map<string, string>> {
  const { results } = await db
    .prepare('SELECT task, result FROM seal_tasks WHERE uid = ?1 AND day = ?2 AND revision = ?3')
    .bind(uid, day, revision)
    .all<{ task: string; result: string }>();
  return new Map(results.map(({ task, result }) => [task, result]));
}

/** Notes that a task is done, with its files, which no reader sees before the flip. May be done twice. */
export async function storeTask(
  db: D1Database,
  { plan: { uid, day, revision }, hash }: Pick<AdoptedPlan, 'plan' | 'hash'>,
  {
    task,
    result,
    segments,
  }: { readonly task: string; readonly result: object; readonly segments: readonly PlacedL1[] },
): Promise<void> {
  const inserts = segments.map((segment) => insertL1(db, { uid, day, revision }, hash, segment));
  // The task is noted last: it is done only when all of its files are known.
  while (inserts.length > FILES_A_BATCH_MAX) await db.batch(inserts.splice(0, FILES_A_BATCH_MAX));
  await db.batch([
    ...inserts,
    db
      .prepare(
        `INSERT INTO seal_tasks (uid, day, revision, task, result) SELECT ?1, ?2, ?3, ?4, ?5 WHERE ${IS_NOT_OVERTAKEN}
         ON CONFLICT DO NOTHING`,
      )
      .bind(uid, day, revision, task, JSON.stringify(result)),
  ]);
}

/** Each row has a footer of up to some 100 KB. */
const FILES_A_BATCH_MAX = 20;

/** Gives back the lease of a day that goes on in tasks. */
export async function leaveDay(db: D1Database, plan: Pick<SealPlan, 'uid' | 'day'>, holder: string): Promise<void> {
  await releaseLease(db, leaseOf(plan, holder)).run();
}
