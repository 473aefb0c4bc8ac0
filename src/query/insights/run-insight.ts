/**
 * RunInsight: answers a saved question with the kept answer, or asks it and keeps the new answer.
 *
 * The kept answer is given when neither the question (its `last` resolved to dates) nor the data have changed since, by their
 * version (data-version.ts). The version is read after the request came and before the question is asked, so each event
 * acknowledged before the request is in the answer, kept or not. It is read again when the answer is there, from the
 * shards that the directory lists by then: an answer is kept only if nothing has changed while it was made (CORRECTNESS
 * L1). Answers are kept in D1, which is read for the version
 * anyway and is the same for all isolates. The Cache API would be one more call, and another memory in each data
 * centre.
 */
import { createHash } from 'node:crypto';
import { conditionCohorts } from '../../core/event/condition.ts';
import { MINUTE_MS } from '../../core/limits.ts';
import { endedOnMinute } from '../../core/query/question/minute-slices.ts';
import { isoTime } from '../../core/std/instant.ts';
import type { InsightRun } from '../../wire/insights.ts';
import type { Answer, ReportAnswer } from '../../wire/query.ts';
import { queriesOf, type Report, rangeOf, runReport } from '../ask/report.ts';
import { mustAnswer, mustReport } from '../ask/report-problems.ts';
import { type Asking, beginAsking, type QueryPorts } from '../view/asking.ts';
import { readDataVersion } from './data-version.ts';
import { findAnswer, type Insight, keepAnswer } from './insight-store.ts';

export async function runInsight(asking: Asking<QueryPorts>, insight: Insight): Promise<InsightRun> {
  const { ports, tenant, nowMs } = asking;
  const { id, name } = insight;
  const report = mustReport(insight.query, tenant, nowMs);
  const version = await versionOf(asking, report);
  const kept = version && (await findAnswer(ports.db, tenant.uid, id, version));
  if (kept) {
    const answer = JSON.parse(kept.answer) as ReportAnswer;
    return { insight: { id, name }, cached: true, answeredAt: isoTime(kept.answeredAtMs), answer };
  }
  const answer = mustAnswer(await runReport(asking, report));
  const answeredAtMs = ports.now();
  if (version && isFromAllShards(answer) && version === (await versionNow(asking, report))) {
    await keepAnswer(ports.db, tenant.uid, id, { version, answer: JSON.stringify(answer), answeredAtMs });
  }
  return { insight: { id, name }, cached: false, answeredAt: isoTime(answeredAtMs), answer };
}

/** The version by the shards that there are now. */
async function versionNow({ ports, tenant, nowMs }: Asking<QueryPorts>, report: Report): Promise<string | null> {
  return versionOf(await beginAsking(ports, tenant, nowMs), report);
}

/** A text that changes whenever the answer could change; null when a shard did not reply. */
async function versionOf(asking: Asking, report: Report): Promise<string | null> {
  const { hash, coverage } = await readDataVersion(asking, rangeOf(report));
  if (hash === null) return null;
  // A window closes as time goes by: the answer becomes complete although no number changes.
  const parts = [report, hash, coverage.isClosed, endsOf(report, asking.nowMs), momentOf(report, asking.nowMs)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The ends of the queries as they are answered now: one in the future is rounded up, and once it has passed it is not. */
function endsOf({ questions }: Report, nowMs: number): number[] {
  return questions.flatMap(queriesOf).map((query) => endedOnMinute(query, nowMs).endMs);
}

/** The current minute when the report names a cohort, whose members change as days go by; else null. */
function momentOf({ questions }: Report, nowMs: number): number | null {
  const conditions = questions.flatMap(queriesOf).flatMap(({ where }) => where ?? []);
  return conditions.some((condition) => conditionCohorts(condition).length > 0) ? Math.floor(nowMs / MINUTE_MS) : null;
}

/** A shard that told its version may have failed afterwards; an answer without its events must not be given again. */
export function isFromAllShards(answer: ReportAnswer | Pick<Answer, 'meta'>): boolean {
  const answers: readonly (Pick<Answer, 'meta'> & Partial<Answer>)[] =
    'answers' in answer ? Object.values(answer.answers) : [answer];
  const metas = answers.flatMap(({ meta, compared }) => (compared === undefined ? [meta] : [meta, compared.meta]));
  return metas.every(({ sources: { live } }) => live.answered === live.shards);
}
