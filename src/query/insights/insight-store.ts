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

/** An answer as it was given, and what it was worked out from. */
export interface KeptAnswer {
  readonly version: string;
  /** JSON. */
  readonly answer: string;
  readonly answeredAtMs: number;
}

interface InsightRow {
  readonly insight_id: string;
  readonly name: string;
  readonly definition: string;
  readonly created_at_ms: number;
}
interface KeptRow {
  readonly version: string | null;
  readonly answer: string | null;
  readonly answered_at_ms: number | null;
}

const COLUMNS = 'insight_id, name, definition, created_at_ms';

/** In the order of making. */
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

/** False: the tenant has as many as it may. */
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

/** False: there was none. */
export async function deleteInsight(db: D1Database, uid: string, id: string): Promise<boolean> {
  const { meta } = await db.prepare('DELETE FROM insights WHERE uid = ? AND insight_id = ?').bind(uid, id).run();
  return meta.changes > 0;
}

export async function findAnswer(db: D1Database, uid: string, id: string, version: string): Promise<KeptAnswer | null> {
  const row = await db
    .prepare('SELECT version, answer, answered_at_ms FROM insights WHERE uid = ? AND insight_id = ? AND version = ?')
    .bind(uid, id, version)
    .first<KeptRow>();
  if (row === null || row.version === null || row.answer === null) return null;
  return { version: row.version, answer: row.answer, answeredAtMs: row.answered_at_ms ?? 0 };
}

/** In place of the one before. One too big is not kept. */
export async function keepAnswer(db: D1Database, uid: string, id: string, kept: KeptAnswer): Promise<void> {
  const { version, answer, answeredAtMs } = kept;
  if (new TextEncoder().encode(answer).length > LIMITS.insightAnswerSizeBytesMax) return;
  await db
    .prepare('UPDATE insights SET version = ?, answer = ?, answered_at_ms = ? WHERE uid = ? AND insight_id = ?')
    .bind(version, answer, answeredAtMs, uid, id)
    .run();
}

function insightOf({ insight_id, name, definition, created_at_ms }: InsightRow): Insight {
  return { id: insight_id, name, query: JSON.parse(definition), createdAtMs: created_at_ms };
}
