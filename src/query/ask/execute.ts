/**
 * Execute: from a checked question to its answer; the stage's list of steps.
 *
 *   names   → does some event have each name of an event that is asked for
 *   plan    → which rollups would answer it exactly
 *   rollup  → shards first, then D1; the smallest rollup that turns out to hold everything
 *   lake    → else the events themselves. When those are too many, a question about people is estimated from cells, which
 *             do not know links
 *   answer  → ranked series, and the meta of their reading
 */
import { type RankedSeries, rankSeries, type Series } from '../../core/query/fold/answer.ts';
import { rollupPlans } from '../../core/query/question/plan.ts';
import type { Query } from '../../core/query/question/request.ts';
import { RowSource } from '../../core/query/rows/row-source.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { QueryMeta } from '../../wire/meta.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import { atHandFrom, checkNames } from '../view/known-names.ts';
import { type ReadingMeta, viewMeta } from '../view/meta.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { readLake } from './lake-source.ts';
import { type Linked, type RollupOptions, type RollupReading, readRollup } from './rollup-source.ts';

export interface QueryAnswer {
  readonly series: readonly Series[];
  /** Cursor of the series that follow by rank; absent when all are listed. */
  readonly cursor?: string;
  readonly meta: QueryMeta;
}

type QueryAsking = Asking<QueryPorts>;

/** A rollup that turns out not to hold the range is passed over for the next; this many are tried. */
const ROLLUPS_TRIED_MAX = 2;

export async function execute(asking: QueryAsking, query: Query): Promise<Result<QueryAnswer, LakeRefusal>> {
  const checked = await checkEvents(asking, query);
  if (!checked.ok) return checked;
  const answer = await answerFromRollups(asking, query);
  return answer ? ok(answer) : answerFromLake(asking, query);
}

/** Asks rollups for all questions at once, and the lake one question at a time: each may hold the memory of a scan. */
export async function executeAll(
  asking: QueryAsking,
  queries: readonly Query[],
): Promise<Result<QueryAnswer[], LakeRefusal>> {
  for (const query of queries) {
    const checked = await checkEvents(asking, query);
    if (!checked.ok) return checked;
  }
  const options = { readOnce: once<Linked>() };
  const fromRollups = await Promise.all(queries.map((query) => answerFromRollups(asking, query, options)));
  const answers: QueryAnswer[] = [];
  for (const [index, query] of queries.entries()) {
    const found = fromRollups[index];
    const answer = found ? ok(found) : await answerFromLake({ ...asking, nowMs: asking.ports.now() }, query);
    if (!answer.ok) return answer;
    answers.push(answer.value);
  }
  return ok(answers);
}

/** Refuses names that no event has. Properties are checked where events are read: dimensions of rollups are declared. */
async function checkEvents(asking: QueryAsking, { where, allowUnknown }: Query): Promise<Result<null, LakeRefusal>> {
  const source = new RowSource();
  if (where === null || allowUnknown) return ok(null);
  source.test(where);
  return checkNames(asking, { event: source.events, property: [] }, atHandFrom(asking));
}

/** Reads once for all: if each question read the tails for links, each would hold a page of every shard at the same time. */
function once<T>(): (read: () => Promise<T>) => Promise<T> {
  let reading: Promise<T> | null = null;
  return (read) => {
    reading ??= read();
    return reading;
  };
}

/** null when no rollup holds the whole answer, or none exactly enough. */
async function answerFromRollups(
  asking: QueryAsking,
  query: Query,
  options: RollupOptions = {},
): Promise<QueryAnswer | null> {
  const reading = await readAnyRollup(asking, query, options);
  if (reading === null) return null;
  const ranked = rankSeries(query, reading.fold);
  if (query.exact && (ranked.estimated || reading.pending > 0)) return null;
  return answered(asking, query, ranked, reading.meta);
}

/**
 * Counts people from cells, each linked id as a person of its own, where the lake holds too much to be read. The answer says
 * that it is an estimate. null when no rollup holds the range, the question is not about people, or it wants exactness.
 */
async function estimatePeople(asking: QueryAsking, query: Query): Promise<QueryAnswer | null> {
  if (query.measure !== 'users' || query.exact) return null;
  const reading = await readAnyRollup(asking, query, { ignoresLinks: true });
  if (reading === null) return null;
  const ranked = rankSeries(query, reading.fold);
  return answered(asking, query, { ...ranked, estimated: ranked.estimated || reading.ignoredLinks }, reading.meta);
}

/** The reading of the first rollup without a shortfall; null when there is none. */
async function readAnyRollup(asking: QueryAsking, query: Query, options: RollupOptions): Promise<RollupReading | null> {
  const plans = rollupPlans(query, asking.tenant.rollups, asking.nowMs);
  for (const plan of plans.slice(0, ROLLUPS_TRIED_MAX)) {
    const read = () => readRollup(asking, query, plan, options);
    let reading = await read();
    // A seal or a merge was ahead of its shard, which most often has learned of that meanwhile.
    if (!reading.ok && (reading.error === 'seal-ahead' || reading.error === 'merge-ahead')) reading = await read();
    if (reading.ok) return reading.value;
  }
  return null;
}

async function answerFromLake(asking: QueryAsking, query: Query): Promise<Result<QueryAnswer, LakeRefusal>> {
  const reading = await readLake(asking, query);
  if (!reading.ok) {
    const estimate = reading.error.code === 'query-too-large' ? await estimatePeople(asking, query) : null;
    return estimate === null ? reading : ok(estimate);
  }
  const { fold, view, scannedEvents } = reading.value;
  return ok(answered(asking, query, rankSeries(query, fold), viewMeta(view, scannedEvents)));
}

function answered(
  { ports, nowMs }: QueryAsking,
  { number }: Query,
  { series, estimated, values, cursor }: RankedSeries,
  meta: ReadingMeta,
): QueryAnswer {
  const elapsedMs = ports.now() - nowMs;
  const measured = number !== null && values && { values: { property: number.property, ...values } };
  return {
    series,
    ...(cursor !== undefined && { cursor }),
    meta: { ...meta, elapsedMs, ...(estimated && { estimated }), ...measured },
  };
}
