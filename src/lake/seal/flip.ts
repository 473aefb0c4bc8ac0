/**
 * Flip: the end of a seal. Its cells and files are written under the new revision, which no reader sees, and one statement
 * makes that revision the one that counts (CORRECTNESS B1).
 *
 * The transaction of the flip also deletes the replaced rows: older cells, plans and L1 rows, and parts that no day
 * needs any more. It gives the lease back. All of it may be done twice.
 */

import { deleteReplacedFiles } from '../collect/replaced-files.ts';
import { pack } from '../encoding/packed.ts';
import { BUNDLED, type BundleRow } from '../manifest/cells.ts';
import { throwAway } from '../manifest/garbage.ts';
import { releaseLease } from '../manifest/leases.ts';
import { l0PathSql } from '../manifest/paths.ts';
import { IS_NOT_OVERTAKEN, type LakeCells, type SealedDay } from '../manifest/sealed-days.ts';
import { insertL1, type PlacedL1 } from '../manifest/segment-rows.ts';
import { addUsage } from '../manifest/usage.ts';
import { type WorkPlan, workPaths } from '../spread/work-store.ts';
import { toBase64 } from '../std/base64.ts';
import { toHex } from '../std/hex.ts';
import { jsonParameters } from '../std/json-parameters.ts';
import { resealTimes, settleSealed } from './dirty-days.ts';
import type { PlacedCells } from './place-cells.ts';
import type { SealPlan } from './plan.ts';
import { type AdoptedPlan, leaseOf } from './plan-store.ts';

/** The result of a seal: its cells and files. */
export interface SealOutcome {
  readonly cells: PlacedCells;
  readonly segments: readonly PlacedL1[];
  readonly sealed: Pick<SealedDay, 'events' | 'people' | 'drift'>;
}

/**
 * Writes the result of the seal and flips the day to it, in as few calls as it fits into: for most days one. `work`: null of a
 * day without tasks.
 */
export async function writeAndFlip(
  db: D1Database,
  adopted: AdoptedPlan,
  outcome: SealOutcome,
  { holder, nowMs, work }: { readonly holder: string; readonly nowMs: number; readonly work: WorkPlan | null },
): Promise<void> {
  const { plan, hash } = adopted;
  const batches = revisionBatches(db, plan, hash, outcome);
  const last = batches.pop() ?? [];
  for (const statements of batches) await db.batch(statements);
  await db.batch([
    ...last,
    upsertSealedDay(db, plan, outcome, nowMs),
    ...deleteReplaced(db, plan, nowMs),
    ...settleSealed(db, plan.uid, plan.day),
    addUsage(db, plan.uid, usedBytes(outcome)),
    releaseLease(db, leaseOf(plan, holder)),
    ...(work === null ? [] : forgetTasks(db, plan, work, nowMs)),
  ]);
}

function revisionBatches(db: D1Database, plan: SealPlan, hash: string, outcome: SealOutcome): D1PreparedStatement[][] {
  const { uid, day, revision } = plan;
  const { rows: cellRows, bundle } = outcome.cells;
  const rows = cellRows.map(({ rollupId, grain, chunk, overflowed, cells }) => ({
    r: rollupId,
    g: grain,
    c: chunk,
    o: overflowed ? 1 : 0,
    b: toBase64(pack(cells)),
  }));
  const cellBatches = jsonParameters(rows, (row) => row.b.length + 100).map((json) => [
    db
      .prepare(
        `INSERT INTO sealed_cells (uid, rollup_id, day, grain, revision, chunk, overflowed, cells)
         SELECT ?1, j.value ->> 'r', ?2, j.value ->> 'g', ?3, j.value ->> 'c', j.value ->> 'o', j.value ->> 'b'
         FROM json_each(?4) j WHERE ${IS_NOT_OVERTAKEN} ON CONFLICT DO NOTHING`,
      )
      .bind(uid, day, revision, json),
  ]);
  const segments = outcome.segments.map((segment) => insertL1(db, plan, hash, segment));
  const last = cellBatches.pop() ?? [];
  return [...cellBatches, [...last, ...(bundle === null ? [] : [insertBundle(db, plan, bundle)]), ...segments]];
}

function insertBundle(
  db: D1Database,
  { uid, day, revision }: SealPlan,
  { cells, sections }: BundleRow,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO sealed_cells (uid, rollup_id, day, grain, revision, chunk, overflowed, cells, sections)
       SELECT ?1, '${BUNDLED}', ?2, '${BUNDLED}', ?3, 0, 0, unhex(?4), ?5 WHERE ${IS_NOT_OVERTAKEN} ON CONFLICT DO NOTHING`,
    )
    .bind(uid, day, revision, toHex(cells), JSON.stringify(sections));
}

/** Bytes of the cells and footers: those of rows as base64. */
function usedBytes({ cells: { rows, bundle }, segments }: SealOutcome): number {
  const rowBytes = rows.reduce((sum, { cells }) => sum + cells.byteLength, 0);
  const footerBytes = segments.reduce((sum, { encoded }) => sum + encoded.footer.byteLength, 0);
  return Math.ceil((4 * (rowBytes + footerBytes)) / 3) + (bundle?.cells.byteLength ?? 0);
}

/** The flip itself: from here on readers count the revision. */
function upsertSealedDay(
  db: D1Database,
  { uid, day, revision, coveredSeq, vector, rollups, expired = [], supersededSeq = 0 }: SealPlan,
  { cells: { hours }, sealed: { events, people, drift } }: SealOutcome,
  nowMs: number,
): D1PreparedStatement {
  const lakeCells: LakeCells = { revision, rollupIds: rollups.map(({ id }) => id), hours };
  const [vectorText, driftText, expiredText, lakeCellsText] = [vector, drift, expired, lakeCells].map((value) =>
    JSON.stringify(value),
  ) as [string, string, string, string];
  const { manyAtMs, fewAtMs } = resealTimes(day, nowMs);
  return db
    .prepare(
      `INSERT INTO sealed_days (uid, day, revision, covered_seq, vector, rollup_ids, events, people, drift, sealed_at_ms, expired, superseded_seq,
           reseal_many_at_ms, reseal_few_at_ms, lake_cells)
         VALUES (?1, ?2, ?3, ?4, ?5, '[]', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (uid, day) DO UPDATE SET revision = excluded.revision, covered_seq = excluded.covered_seq,
           vector = excluded.vector, rollup_ids = excluded.rollup_ids, events = excluded.events, people = excluded.people,
           drift = excluded.drift, sealed_at_ms = excluded.sealed_at_ms, expired = excluded.expired,
           ground_drift = IIF(sealed_days.ground_revision = sealed_days.revision, sealed_days.drift, sealed_days.ground_drift),
           superseded_seq = excluded.superseded_seq, reseal_many_at_ms = excluded.reseal_many_at_ms, reseal_few_at_ms = excluded.reseal_few_at_ms,
           lake_cells = excluded.lake_cells
         WHERE excluded.revision > sealed_days.revision`,
    )
    .bind(
      ...[uid, day, revision, coveredSeq, vectorText, events, people, driftText, nowMs, expiredText],
      ...[supersededSeq, manyAtMs, fewAtMs, lakeCellsText],
    );
}

function deleteReplaced(
  db: D1Database,
  { uid, day, revision, rollups }: SealPlan,
  nowMs: number,
): D1PreparedStatement[] {
  const rollupIds = JSON.stringify([BUNDLED, ...rollups.map(({ id }) => id)]);
  return [
    db
      .prepare(
        `DELETE FROM sealed_cells WHERE uid = ?1 AND day = ?2 AND revision < ?3
         AND rollup_id IN (SELECT value FROM json_each(?4))`,
      )
      .bind(uid, day, revision, rollupIds),
    db.prepare('DELETE FROM seal_plans WHERE uid = ?1 AND day = ?2 AND revision <= ?3').bind(uid, day, revision),
    ...deleteReplacedFiles(db, [{ uid, day }], nowMs),
    db.prepare(DELETE_COVERED_PARTS).bind(uid, day),
  ];
}

/** Files that the tasks of a day have left are garbage at once. */
function forgetTasks(
  db: D1Database,
  { uid, day, revision }: SealPlan,
  work: WorkPlan,
  nowMs: number,
): D1PreparedStatement[] {
  return [
    db.prepare('DELETE FROM seal_tasks WHERE uid = ?1 AND day = ?2 AND revision <= ?3').bind(uid, day, revision),
    throwAway(db, workPaths(work), nowMs),
  ];
}

/**
 * Parts with cells of the day, when the seals cover every day in which their flush has events. Parameters: uid, day.
 */
const DELETE_COVERED_PARTS = `
  DELETE FROM parts WHERE uid = ?1 AND day_min <= ?2 AND day_max >= ?2 AND CASE WHEN day_min = day_max THEN COALESCE((
    SELECT v.value FROM sealed_days d, json_each(d.vector) v
    WHERE d.uid = parts.uid AND d.day = parts.day_min AND v.key = parts.incarnation
  ), 0) >= seq_to ELSE NOT EXISTS (
    SELECT 1 FROM segments s
    JOIN segment_days sd ON sd.uid = s.uid AND sd.day BETWEEN parts.day_min AND parts.day_max AND sd.manifest_seq = s.manifest_seq
    LEFT JOIN sealed_days d ON d.uid = sd.uid AND d.day = sd.day
    WHERE s.uid = parts.uid
      AND s.path = ${l0PathSql('parts.uid', 'parts.incarnation', 'parts.seq_from', 'parts.seq_to')}
      AND COALESCE((SELECT v.value FROM json_each(d.vector) v WHERE v.key = parts.incarnation), 0) < parts.seq_to
  ) END`;
