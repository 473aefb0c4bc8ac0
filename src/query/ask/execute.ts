/**
 * Execute: from the checked questions of a call to their answers; the stage's list of steps.
 *
 *   names   → does some event have each name of an event that is asked for
 *   plan    → which rollups would answer a question exactly
 *   rollup  → shards first, then D1; the smallest rollup that turns out to hold everything
 *   lake    → else the events themselves, read once for all questions about a range. When those are too many, a question
 *             about people is estimated from cells, which do not know links
 *   answer  → ranked series, and the meta of their reading
 *
 * Equal questions are asked once. A few are folded from cells at a time, and one scan of the lake follows the other, because
 * each may hold as much as the isolate has room for.
 */

import { excludesBots } from '../../core/bots/asked-bots.ts';
import { type RankedSeries, rankInSteps, type Series } from '../../core/query/fold/answer.ts';
import type { Fold } from '../../core/query/fold/fold.ts';
import { endedOnMinute, minuteSlicesOf } from '../../core/query/question/minute-slices.ts';
import { rollupPlans } from '../../core/query/question/plan.ts';
import type { Query } from '../../core/query/question/request.ts';
import { RowSource } from '../../core/query/rows/row-source.ts';
import { isoTime } from '../../core/std/instant.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { Pacer } from '../../lake/std/pacer.ts';
import { readAhead } from '../../lake/std/read-ahead.ts';
import type { QueryMeta } from '../../wire/meta.ts';
import { atHandFrom, checkNames } from '../open/known-names.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import { botsMeta, type ReadingMeta, viewMeta } from '../view/meta.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { isLakeMate, readLake } from './lake-source.ts';
import type { RollupShortfall } from './rollup-shortfall.ts';
import { type Linked, type RollupOptions, type RollupReading, readRollup } from './rollup-source.ts';

export interface QueryAnswer {
  readonly series: readonly Series[];
  /** Cursor of the series that follow by rank; absent when all are listed. */
  readonly cursor?: string;
  readonly meta: QueryMeta;
}

type QueryAsking = Asking<QueryPorts>;

/** Questions that are folded from cells at a time, within the memory of an isolate. */
const ROLLUP_READINGS_MAX = 2;
/** A rollup that turns out not to hold the range is passed over for the next; this many are tried. */
const ROLLUPS_TRIED_MAX = 2;

export async function execute(asking: QueryAsking, query: Query): Promise<Result<QueryAnswer, LakeRefusal>> {
  const answers = await executeAll(asking, [query]);
  return answers.ok ? ok(answers.value[0]!) : answers;
}

export async function executeAll(
  asking: QueryAsking,
  asked: readonly Query[],
): Promise<Result<QueryAnswer[], LakeRefusal>> {
  const keys = asked.map((query) => JSON.stringify(query));
  const questions = new Map(asked.map((query, index) => [keys[index]!, endedOnMinute(query, asking.nowMs)]));
  const answers = await answerEach(asking, [...questions.values()]);
  if (!answers.ok) return answers;
  const answerOf = new Map([...questions.keys()].map((key, index) => [key, answers.value[index]!]));
  return ok(keys.map((key) => answerOf.get(key)!));
}

/** The answers of different questions, in their order: those that rollups have first, then those of the lake. */
async function answerEach(asking: QueryAsking, queries: readonly Query[]): Promise<Result<QueryAnswer[], LakeRefusal>> {
  for (const query of queries) {
    const checked = await checkEvents(asking, query);
    if (!checked.ok) return checked;
  }
  const lackingBots = new Set<Query>();
  const options = { readOnce: once<Linked>(), lackingBots };
  const answers = new Map<Query, QueryAnswer>();
  const fromRollups = (query: Query) => answerFromRollups(asking, query, options);
  let index = 0;
  for await (const answer of readAhead(queries, fromRollups, ROLLUP_READINGS_MAX)) {
    const query = queries[index++]!;
    if (answer !== null) answers.set(query, answer);
  }
  for (const query of queries) {
    if (answers.has(query)) continue;
    const mates = queries.filter((other) => !answers.has(other) && isLakeMate(query, other));
    const found = await answerFromLake({ ...asking, nowMs: asking.ports.now() }, mates, lackingBots);
    if (!found.ok) return found;
    for (const [index, mate] of mates.entries()) answers.set(mate, found.value[index]!);
  }
  return ok(queries.map((query) => answers.get(query)!));
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

interface AskOptions extends RollupOptions {
  /** Questions that a rollup would answer if it told bots apart. Default: they are not noted. */
  readonly lackingBots?: Set<Query>;
}

/** null when no rollup holds the whole answer, or none exactly enough. */
async function answerFromRollups(
  asking: QueryAsking,
  query: Query,
  options: AskOptions = {},
): Promise<QueryAnswer | null> {
  const reading = await readAnyRollup(asking, query, options);
  if (reading === null) return null;
  const ranked = await rank(asking, query, reading.fold);
  if (query.exact && ranked.estimated) return null;
  // The lake has what is pending, and a question that cuts a minute was always answered from it, where it can be read.
  const isForLake = query.exact || (!options.leavesOutVoid && minuteSlicesOf(query).slices.length > 0);
  if (reading.pending > 0 && isForLake) return null;
  return answered(asking, query, { ranked, fold: reading.fold, meta: reading.meta });
}

/**
 * Counts people from cells, each linked id as a person of its own, where the lake holds too much to be read. The answer says
 * that it is an estimate. null when no rollup holds the range, the question is not about people, or it wants exactness.
 */
async function estimatePeople(asking: QueryAsking, query: Query): Promise<QueryAnswer | null> {
  if (query.measure !== 'users' || query.exact) return null;
  const reading = await readAnyRollup(asking, query, { ignoresLinks: true, leavesOutVoid: true });
  if (reading === null) return null;
  const ranked = await rank(asking, query, reading.fold);
  const estimated = ranked.estimated || reading.ignoredLinks;
  return answered(asking, query, { ranked: { ...ranked, estimated }, fold: reading.fold, meta: reading.meta });
}

/**
 * Answers without the days of which an import was taken back a moment ago, where the lake holds too much to be read: their
 * events are pending until they are sealed anew. null when the question wants exactness, or no rollup holds the range.
 */
async function withoutVoidDays(asking: QueryAsking, query: Query): Promise<QueryAnswer | null> {
  if (query.exact) return null;
  return answerFromRollups(asking, query, { leavesOutVoid: true });
}

/** Shortfalls of the days or of a shard, which the next rollup would meet too. */
const OF_EVERY_ROLLUP: ReadonlySet<RollupShortfall> = new Set(['seal-void', 'seal-outdated', 'slices-untold']);

/**
 * Shortfalls of a moment: a seal or a merge was ahead of its shard, which most often has learned of that meanwhile, or a day was
 * sealed anew beside the question.
 */
const READ_AGAIN: ReadonlySet<RollupShortfall> = new Set(['seal-ahead', 'merge-ahead', 'hours-gone']);

/** The reading of the first rollup without a shortfall; null when there is none. */
async function readAnyRollup(asking: QueryAsking, query: Query, options: AskOptions): Promise<RollupReading | null> {
  const plans = rollupPlans(query, asking.tenant.rollups, asking.nowMs);
  if (plans.length === 0 && isPlannedWithBots(asking, query)) options.lackingBots?.add(query);
  for (const plan of plans.slice(0, ROLLUPS_TRIED_MAX)) {
    const read = () => readRollup(asking, query, plan, options);
    let reading = await read();
    if (!reading.ok && READ_AGAIN.has(reading.error)) reading = await read();
    if (reading.ok) return reading.value;
    if (OF_EVERY_ROLLUP.has(reading.error)) return null;
    if (reading.error === 'rollup-missing' && isPlannedWithBots(asking, query)) options.lackingBots?.add(query);
  }
  return null;
}

/** Whether a rollup that does not tell bots apart would answer the question if it counted them. */
function isPlannedWithBots({ tenant, nowMs }: QueryAsking, query: Query): boolean {
  if (!excludesBots(query)) return false;
  const rollups = tenant.rollups.filter(({ tellsBots }) => !tellsBots);
  return rollupPlans({ ...query, where: query.bots.where }, rollups, nowMs).length > 0;
}

/** The answers of questions about one range. Where they are too much together, each is read alone. */
async function answerFromLake(
  asking: QueryAsking,
  queries: readonly Query[],
  lackingBots: ReadonlySet<Query>,
): Promise<Result<QueryAnswer[], LakeRefusal>> {
  const reading = await readLake(asking, queries);
  if (reading.ok) {
    const { folds, view, scannedEvents } = reading.value;
    const answers: QueryAnswer[] = [];
    for (const [index, query] of queries.entries()) {
      const fold = folds[index]!;
      const ranked = await rank(asking, query, fold);
      const readsRows = lackingBots.has(query);
      answers.push(answered(asking, query, { ranked, fold, meta: viewMeta(view, scannedEvents), readsRows }));
    }
    return ok(answers);
  }
  if (reading.error.code !== 'query-too-large') return reading;
  if (queries.length === 1) {
    const [query] = queries;
    const answer = (await withoutVoidDays(asking, query!)) ?? (await estimatePeople(asking, query!));
    return answer === null ? reading : ok([answer]);
  }
  const answers: QueryAnswer[] = [];
  for (const query of queries) {
    const alone = await answerFromLake({ ...asking, nowMs: asking.ports.now() }, [query], lackingBots);
    if (!alone.ok) return alone;
    answers.push(...alone.value);
  }
  return ok(answers);
}

async function rank(asking: QueryAsking, query: Query, fold: Fold): Promise<RankedSeries> {
  const pacer = new Pacer(asking.budget);
  const steps = rankInSteps(query, fold);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await pacer.spend(step.value);
  }
}

interface Reading {
  readonly ranked: RankedSeries;
  readonly fold: Fold;
  readonly meta: ReadingMeta;
  /** Whether rows were read only because no rollup tells bots apart. Default: false. */
  readonly readsRows?: boolean;
}

function answered(
  { ports, nowMs }: QueryAsking,
  { number, bots }: Query,
  { ranked: { series, estimated, values, cursor }, fold, meta, readsRows }: Reading,
): QueryAnswer {
  const untilMs = ports.now();
  const measured = number !== null && values && { values: { property: number.property, ...values } };
  return {
    series,
    ...(cursor !== undefined && { cursor }),
    meta: {
      ...meta,
      elapsedMs: untilMs - nowMs,
      read: { from: isoTime(nowMs), until: isoTime(untilMs) },
      ...(estimated && { estimated }),
      ...measured,
      ...botsMeta(bots, fold.excludedBots ?? null, readsRows),
    },
  };
}
