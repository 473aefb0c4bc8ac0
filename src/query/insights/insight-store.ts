/**
 * Insight store: all SQL of the table `insights`: saved questions, and the latest answer of each.
 */
import { LIMITS } from '../../core/limits.ts';

export interface Insight {
  readonly id: string;
  readonly name: string;
  /** A body of `POST /v1/query`. */
  readonly query: unknown;
  readonly createdAtMs: number;
}

/** An answer as it was given, and the version of the question and the data that it was computed from. */
export interface KeptAnswer {
  readonly version: string;
  /** JSON of the answer. */
  readonly answer: string;
  readonly answeredAtMs: number;
}

interface InsightRow extends Omit<Insight, 'query'> {
  readonly definition: string;
}

const COLUMNS = 'insight_id AS id, name, definition, created_at_ms AS createdAtMs';

/** Lists the oldest insight first. */
export async function listInsights(db: D1Database, uid: string): Promise<Insight[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM insights WHERE uid = ? ORDER BY created_at_ms, insight_id`)
    .bind(uid)
    .all<InsightRow>();
  return results.map(insightOf);
}

export async function findInsight(db: D1Database, uid: string, id: string): Promise<Insight | null> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM insights WHERE uid = ? AND insight_id = ?`)
    .bind(uid, id)
    .first<InsightRow>();
  return row && insightOf(row);
}

/** Returns false when the tenant has the largest number of insights. */
export async function createInsight(db: D1Database, uid: string, insight: Insight): Promise<boolean> {
  const { id, name, query, createdAtMs } = insight;
  const { meta } = await db
    .prepare(
      `INSERT INTO insights (uid, insight_id, name, definition, created_at_ms)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM insights WHERE uid = ?1) < ?6`,
    )
    .bind(uid, id, name, JSON.stringify(query), createdAtMs, LIMITS.insightsMax)
    .run();
  return meta.changes > 0;
}

/** Returns false when there was no such insight. */
export async function deleteInsight(db: D1Database, uid: string, id: string): Promise<boolean> {
  const { meta } = await db.prepare('DELETE FROM insights WHERE uid = ? AND insight_id = ?').bind(uid, id).run();
  return meta.changes > 0;
}

/** The kept answer; null when there is none, or it has another version. */
export function findAnswer(db: D1Database, uid: string, id: string, version: string): Promise<KeptAnswer | null> {
  return db
    .prepare(
      `SELECT version, answer, coalesce(answered_at_ms, 0) AS answeredAtMs FROM insights
         WHERE uid = ? AND insight_id = ? AND version = ? AND answer IS NOT NULL`,
    )
    .bind(uid, id, version)
    .first<KeptAnswer>();
}

/** Replaces the kept answer. An answer over the size limit is not kept. */
export async function keepAnswer(db: D1Database, uid: string, id: string, kept: KeptAnswer): Promise<void> {
  const { version, answer, answeredAtMs } = kept;
  if (new TextEncoder().encode(answer).length > LIMITS.insightAnswerSizeBytesMax) return;
  await db
    .prepare('UPDATE insights SET version = ?, answer = ?, answered_at_ms = ? WHERE uid = ? AND insight_id = ?')
    .bind(version, answer, answeredAtMs, uid, id)
    .run();
}

function insightOf({ definition, ...insight }: InsightRow): Insight {
  return { ...insight, query: JSON.parse(definition) };
}
