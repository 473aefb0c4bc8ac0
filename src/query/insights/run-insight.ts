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
import { isoTime } from '../../core/std/instant.ts';
import type { InsightRun } from '../../wire/insights.ts';
import type { ReportAnswer } from '../../wire/query.ts';
import { runReport } from '../ask/report.ts';
import { mustAnswer, mustReport } from '../ask/report-problems.ts';
import { isFromAllShards, versionNow, versionOf } from '../ask/report-version.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
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
