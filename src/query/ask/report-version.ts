/**
 * Report version: a text that changes whenever the answer to a report could change: by its question, the data (data-version.ts),
 * and the clock alone (CORRECTNESS L1).
 *
 * An answer is kept under it only if it is read before the question is asked and again when the answer is there, from the shards
 * that the directory lists by then, and both are equal. Most of a version only grows, but rows of an import that wait may come and be
 * dropped: an answer that was made in between has a version of its own, which only the second reading tells.
 */
import { createHash } from 'node:crypto';
import { conditionCohorts } from '../../core/event/condition.ts';
import { MINUTE_MS } from '../../core/limits.ts';
import { endedOnMinute } from '../../core/query/question/minute-slices.ts';
import type { Answer, ReportAnswer } from '../../wire/query.ts';
import { type Asking, beginAsking, type QueryPorts } from '../view/asking.ts';
import { readDataVersion } from './data-version.ts';
import { queriesOf, type Report, rangeOf } from './report.ts';

/** The version by the shards that there are now. */
export async function versionNow({ ports, tenant, nowMs }: Asking<QueryPorts>, report: Report): Promise<string | null> {
  return versionOf(await beginAsking(ports, tenant, nowMs), report);
}

/** A text that changes whenever the answer could change; null when a shard did not reply. */
export async function versionOf(asking: Asking, report: Report): Promise<string | null> {
  const moment = momentOf(report, asking.nowMs);
  const range = rangeOf(report);
  // Who is in a cohort is decided by events of any time.
  const { hash, coverage } = await readDataVersion(asking, moment === null ? range : { ...range, startMs: 0 });
  if (hash === null) return null;
  // A window closes as time goes by: the answer becomes complete although no number changes.
  const parts = [report, hash, coverage.isClosed, endsOf(report, asking.nowMs), moment];
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
