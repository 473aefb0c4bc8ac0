/**
 * Seal store: all SQL of seals: a day's state, the lease and plan, the sealed cells, the flip.
 *
 * Everything a seal writes is guarded by "no sealed revision is as new as mine": a seal that was overtaken, even one that
 * planned on what it read long ago, writes nothing that a reader could count (CORRECTNESS A5).
 */
import { HOUR_MS, LIMITS } from '../../core/limits.ts';
import { assert } from '../../core/std/result.ts';
import { droppedOf, expiredNames, LAKE_DROPPED, selectDropped } from '../manifest/dropped.ts';
import { dayText } from '../manifest/paths.ts';
import { type SealedDay, type SealedDayRow, sealedDayOf, selectSealedDays } from '../manifest/sealed-days.ts';
import { type PlacedL1, segmentValues } from '../manifest/segment-rows.ts';
import { fromBase64, toBase64 } from '../std/base64.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import type { CellRow } from './cell-row.ts';
import type { DayInput, DayState, SealPlan } from './plan.ts';
import { isNewlyCovered, planHash } from './plan.ts';
import { workPaths } from './work-store.ts';

type InputRow = Omit<DayInput, 'rollupIds'> & { readonly rollupIds: string };

/** In one transaction. */
export async function readDayState(db: D1Database, uid: string, day: number): Promise<DayState> {
  const [dropped, sealed, inputs, vector, head] = await db.batch<unknown>([
    selectDropped(db, uid),
    selectSealedDays(db, uid, day, day),
    selectInputs(db, uid, day),
    db.prepare(SELECT_VECTOR).bind(uid),
    db.prepare('SELECT COALESCE(MAX(manifest_seq), 0) AS headSeq FROM segments'),
  ]);
  const [sealedRow] = sealed!.results as SealedDayRow[];
  const ends = vector!.results as { incarnation: string; seqTo: number }[];
  return {
    sealed: sealedRow === undefined ? null : sealedDayOf(sealedRow),
    inputs: inputsOf(inputs!),
    vector: Object.fromEntries(ends.map(({ incarnation, seqTo }) => [incarnation, seqTo])),
    headSeq: (head!.results as { headSeq: number }[])[0]!.headSeq,
    expired: expiredNames(droppedOf(dropped!), day),
  };
}

function selectInputs(db: D1Database, uid: string, day: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT s.manifest_seq AS manifestSeq, s.path, s.source, s.incarnation, s.seq_from AS seqFrom, s.seq_to AS seqTo,
         s.rollup_ids AS rollupIds, s.size_bytes AS sizeBytes, sd.row_count AS rowCount, sd.uncounted
       FROM segment_days sd JOIN segments s ON s.manifest_seq = sd.manifest_seq WHERE sd.uid = ?1 AND sd.day = ?2 AND sd.day >= ${LAKE_DROPPED}`,
    )
    .bind(uid, day);
}

function inputsOf({ results }: D1Result<unknown>): DayInput[] {
  return (results as InputRow[]).map((row) => ({ ...row, rollupIds: JSON.parse(row.rollupIds) }));
}

/** The end of each incarnation's last flush, by a walk over the index: a GROUP BY would read every flush ever stored. */
const SELECT_VECTOR = `
  WITH RECURSIVE known(incarnation) AS (
    SELECT MIN(incarnation) FROM flushes WHERE uid = ?1
    UNION ALL
    SELECT (SELECT MIN(f.incarnation) FROM flushes f WHERE f.uid = ?1 AND f.incarnation > known.incarnation)
    FROM known WHERE known.incarnation IS NOT NULL
  )
  SELECT incarnation, (
    SELECT f.seq_to FROM flushes f WHERE f.uid = ?1 AND f.incarnation = known.incarnation ORDER BY f.seq_from DESC LIMIT 1
  ) AS seqTo FROM known WHERE incarnation IS NOT NULL ORDER BY incarnation`;

/** A plan as it stands in its row. */
export interface AdoptedPlan {
  readonly plan: SealPlan;
  readonly hash: string;
  /** The plan's inputs, in its order. */
  readonly inputs: readonly DayInput[];
  /** Encoded cells of the people rollup, in flushes that the vector covers and the seal before did not. */
  readonly liveParts: readonly Uint8Array[];
}

interface LivePartRow {
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly cells: string;
}

/** Takes the day's lease and makes the plan binding, or adopts the one that is; null: another seal holds the lease. */
export async function adoptPlan(
  db: D1Database,
  plan: SealPlan,
  {
    holder,
    nowMs,
    peopleRollupId,
  }: { readonly holder: string; readonly nowMs: number; readonly peopleRollupId: string },
): Promise<AdoptedPlan | null> {
  const { uid, day, revision } = plan;
  const text = JSON.stringify(plan);
  const name = leaseName(uid, day);
  const [, lease, , adopted, inputs, parts] = await db.batch<unknown>([
    db
      .prepare(
        `INSERT INTO leases (name, holder, until_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
         WHERE leases.until_ms <= ?4 OR leases.holder = excluded.holder`,
      )
      .bind(name, holder, nowMs + LIMITS.sealLeaseMs, nowMs),
    db.prepare('SELECT holder FROM leases WHERE name = ?1').bind(name),
    db
      .prepare(
        `INSERT OR IGNORE INTO seal_plans (uid, day, revision, plan_hash, covered_seq, plan, created_at_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE (SELECT holder FROM leases WHERE name = ?8) = ?9`,
      )
      .bind(uid, day, revision, planHash(text), plan.coveredSeq, text, nowMs, name, holder),
    db
      .prepare('SELECT plan, plan_hash AS hash FROM seal_plans WHERE uid = ?1 AND day = ?2 AND revision = ?3')
      .bind(uid, day, revision),
    selectInputs(db, uid, day),
    db
      .prepare(
        `SELECT incarnation, seq_from AS seqFrom, seq_to AS seqTo, cells FROM parts
         WHERE uid = ?1 AND rollup_id = ?2 AND day_min <= ?3 AND day_max >= ?3`,
      )
      .bind(uid, peopleRollupId, day),
  ]);
  if ((lease!.results as { holder: string }[])[0]?.holder !== holder) return null;
  const [row] = adopted!.results as { plan: string; hash: string }[];
  assert(row !== undefined, `no plan for revision ${revision} of ${dayText(day)} of ${uid}`);
  const binding = JSON.parse(row.plan) as SealPlan;
  return {
    plan: binding,
    hash: row.hash,
    inputs: inputsOfPlan(binding, inputsOf(inputs!)),
    liveParts: (parts!.results as LivePartRow[])
      .filter((part) => isNewlyCovered(binding, part))
      .map(({ cells }) => fromBase64(cells)),
  };
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

/** The plan of a revision that is being worked at; null: it is no more, for the day was flipped. */
export async function readPlan(
  db: D1Database,
  { uid, day, revision }: { readonly uid: string; readonly day: number; readonly revision: number },
): Promise<AdoptedPlan | null> {
  const [plans, inputs] = await db.batch<unknown>([
    db
      .prepare(
        `SELECT plan, plan_hash AS hash FROM seal_plans p WHERE uid = ?1 AND day = ?2 AND revision = ?3 AND ${NOT_OVERTAKEN}`,
      )
      .bind(uid, day, revision),
    selectInputs(db, uid, day),
  ]);
  const [row] = plans!.results as { plan: string; hash: string }[];
  if (row === undefined) return null;
  const plan = JSON.parse(row.plan) as SealPlan;
  return { plan, hash: row.hash, inputs: inputsOfPlan(plan, inputsOf(inputs!)), liveParts: [] };
}

/** The tasks of a plan that are done, with what they counted. */
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

/** Says that a task is done, with its files, which nobody reads before the flip. May be done twice. */
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
  // The task last: it is done when all of its files are known.
  while (inserts.length > FILES_A_BATCH_MAX) await db.batch(inserts.splice(0, FILES_A_BATCH_MAX));
  await db.batch([
    ...inserts,
    db
      .prepare(
        `INSERT INTO seal_tasks (uid, day, revision, task, result) SELECT ?1, ?2, ?3, ?4, ?5 WHERE ${NOT_OVERTAKEN}
         ON CONFLICT DO NOTHING`,
      )
      .bind(uid, day, revision, task, JSON.stringify(result)),
  ]);
}

/** Each with a footer of up to some 100 KB. */
const FILES_A_BATCH_MAX = 20;

export async function releaseLease(
  db: D1Database,
  { uid, day }: Pick<SealPlan, 'uid' | 'day'>,
  holder: string,
): Promise<void> {
  await db.prepare('DELETE FROM leases WHERE name = ?1 AND holder = ?2').bind(leaseName(uid, day), holder).run();
}

export interface SealOutcome {
  readonly cells: readonly CellRow[];
  readonly segments: readonly PlacedL1[];
  readonly sealed: Pick<SealedDay, 'events' | 'people' | 'drift'>;
}

const NOT_OVERTAKEN = 'NOT EXISTS (SELECT 1 FROM sealed_days d WHERE d.uid = ?1 AND d.day = ?2 AND d.revision >= ?3)';

/**
 * Writes the revision's cells and L1 rows, which nobody reads yet, then flips the day to it, in as few calls as they fit,
 * for most days one. The flip takes away what it replaces in the same transaction: older cells, plans and L1 rows, and
 * parts that no day needs any more; and it gives the lease back. May be done twice.
 */
export async function writeAndFlip(
  db: D1Database,
  adopted: AdoptedPlan,
  outcome: SealOutcome,
  { holder, nowMs }: { readonly holder: string; readonly nowMs: number },
): Promise<void> {
  const batches = revisionBatches(db, adopted.plan, adopted.hash, outcome);
  const last = batches.pop() ?? [];
  for (const statements of batches) await db.batch(statements);
  await db.batch([
    ...last,
    ...flipStatements(db, adopted.plan, outcome.sealed, holder, nowMs),
    ...forgetTasks(db, adopted, nowMs),
  ]);
}

function revisionBatches(db: D1Database, plan: SealPlan, hash: string, outcome: SealOutcome): D1PreparedStatement[][] {
  const { uid, day, revision } = plan;
  const rows = outcome.cells.map(({ rollupId, grain, chunk, overflowed, cells }) => ({
    r: rollupId,
    g: grain,
    c: chunk,
    o: overflowed ? 1 : 0,
    b: toBase64(cells),
  }));
  const cellBatches = jsonParameters(rows, (row) => row.b.length + 100).map((json) => [
    db
      .prepare(
        `INSERT INTO sealed_cells (uid, rollup_id, day, grain, revision, chunk, overflowed, cells)
         SELECT ?1, j.value ->> 'r', ?2, j.value ->> 'g', ?3, j.value ->> 'c', j.value ->> 'o', j.value ->> 'b'
         FROM json_each(?4) j WHERE ${NOT_OVERTAKEN} ON CONFLICT DO NOTHING`,
      )
      .bind(uid, day, revision, json),
  ]);
  const segments = outcome.segments.map((segment) => insertL1(db, plan, hash, segment));
  const last = cellBatches.pop() ?? [];
  return [...cellBatches, [...last, ...segments]];
}

function insertL1(
  db: D1Database,
  { uid, day, revision }: Pick<SealPlan, 'uid' | 'day' | 'revision'>,
  hash: string,
  segment: PlacedL1,
): D1PreparedStatement {
  const [traitsRows, traitsSizeBytes, , , , traitsFooter] = segment.traits
    ? segmentValues(segment.traits)
    : [0, 0, 0, 0, 0, null];
  return db
    .prepare(
      `INSERT INTO segments (uid, day, revision, source, path, incarnation, seq_from, seq_to, row_count, size_bytes, at_min_ms, at_max_ms, content_hash, footer, traits_rows, traits_size_bytes, traits_footer)
       SELECT ?1, ?2, ?3, 'seal', ?4, ?5, 0, 0, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14
       WHERE ${NOT_OVERTAKEN} ON CONFLICT DO NOTHING`,
    )
    .bind(
      uid,
      day,
      revision,
      segment.path,
      hash,
      ...segmentValues(segment),
      traitsRows!,
      traitsSizeBytes!,
      traitsFooter ?? null,
    );
}

function flipStatements(
  db: D1Database,
  { uid, day, revision, coveredSeq, vector, rollups, expired = [] }: SealPlan,
  { events, people, drift }: SealOutcome['sealed'],
  holder: string,
  nowMs: number,
): D1PreparedStatement[] {
  const rollupIds = JSON.stringify(rollups.map(({ id }) => id));
  const vectorText = JSON.stringify(vector);
  return [
    db
      .prepare(
        `INSERT INTO sealed_days (uid, day, revision, covered_seq, vector, rollup_ids, events, people, drift, sealed_at_ms, expired)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (uid, day) DO UPDATE SET revision = excluded.revision, covered_seq = excluded.covered_seq,
           vector = excluded.vector, rollup_ids = excluded.rollup_ids, events = excluded.events, people = excluded.people,
           drift = excluded.drift, sealed_at_ms = excluded.sealed_at_ms, expired = excluded.expired
         WHERE excluded.revision > sealed_days.revision`,
      )
      .bind(
        uid,
        day,
        revision,
        coveredSeq,
        vectorText,
        rollupIds,
        events,
        people,
        JSON.stringify(drift),
        nowMs,
        JSON.stringify(expired),
      ),
    db
      .prepare(
        `DELETE FROM sealed_cells WHERE uid = ?1 AND day = ?2 AND revision < ?3
         AND rollup_id IN (SELECT value FROM json_each(?4))`,
      )
      .bind(uid, day, revision, rollupIds),
    db.prepare('DELETE FROM seal_plans WHERE uid = ?1 AND day = ?2 AND revision < ?3').bind(uid, day, revision),
    db
      .prepare(
        `INSERT OR IGNORE INTO garbage (path, after_ms)
         SELECT s.path, ?4 FROM segments s WHERE ${REPLACED_L1}
         UNION ALL SELECT replace(s.path, '/date=', '/traits/date='), ?4 FROM segments s WHERE ${REPLACED_L1} AND s.traits_rows > 0`,
      )
      .bind(uid, day, dayText(day), nowMs + GARBAGE_AFTER_MS),
    db.prepare(`DELETE FROM segments AS s WHERE ${REPLACED_L1}`).bind(uid, day, dayText(day)),
    db.prepare(DELETE_COVERED_PARTS).bind(uid, day),
    db.prepare('DELETE FROM leases WHERE name = ?1 AND holder = ?2').bind(leaseName(uid, day), holder),
  ];
}

/** Of a day that was built by tasks: what they left is garbage at once. */
function forgetTasks(db: D1Database, { plan, hash }: AdoptedPlan, nowMs: number): D1PreparedStatement[] {
  const { uid, day, revision, idPartCount, bucketCount } = plan;
  if (bucketCount === 1) return [];
  const paths = workPaths({ uid, day, hash }, idPartCount, bucketCount);
  return [
    db.prepare('DELETE FROM seal_tasks WHERE uid = ?1 AND day = ?2 AND revision <= ?3').bind(uid, day, revision),
    db
      .prepare('INSERT OR IGNORE INTO garbage (path, after_ms) SELECT value, ?2 FROM json_each(?1)')
      .bind(JSON.stringify(paths), nowMs),
  ];
}

/** A scan that began before the flip may still read the files it replaced. */
const GARBAGE_AFTER_MS = HOUR_MS;

/** Parameters: uid, day, text of the day. */
const REPLACED_L1 = `s.uid = ?1 AND s.path >= 'lake/v1/' || ?1 || '/date=' || ?3 || '/' AND s.path < 'lake/v1/' || ?1 || '/date=' || ?3 || '0'
  AND s.source = 'seal' AND s.day = ?2 AND s.revision < (SELECT d.revision FROM sealed_days d WHERE d.uid = ?1 AND d.day = ?2)`;

/** Parts with cells of the day whose flush has no event in a day that is not sealed beyond it. Parameters: uid, day. */
const DELETE_COVERED_PARTS = `
  DELETE FROM parts WHERE uid = ?1 AND day_min <= ?2 AND day_max >= ?2 AND NOT EXISTS (
    SELECT 1 FROM segments s
    JOIN segment_days sd ON sd.uid = s.uid AND sd.day BETWEEN parts.day_min AND parts.day_max AND sd.manifest_seq = s.manifest_seq
    LEFT JOIN sealed_days d ON d.uid = sd.uid AND d.day = sd.day
    WHERE s.uid = parts.uid
      AND s.path = 'lake/v1/' || parts.uid || '/l0/' || parts.incarnation || '-' || parts.seq_from || '-' || parts.seq_to || '.parquet'
      AND COALESCE((SELECT v.value FROM json_each(d.vector) v WHERE v.key = parts.incarnation), 0) < parts.seq_to
  )`;

function leaseName(uid: string, day: number): string {
  return `seal/${uid}/${day}`;
}
