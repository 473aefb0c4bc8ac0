/**
 * Retention: the people of each cohort, who began in one day, week or month, and the number of them who came back in
 * the n-th one after it.
 *
 * - cohort, `first`: the interval of a person's first start event; a person with one in the `historyDays` before the
 *   range is in no cohort. `recurring`: every interval with a start event, so a person is in many cohorts.
 * - retained n: the people with a return event in the interval cohort + n (`on`), or in that one or a later one that is
 *   read (`on-or-after`). For n = 0 the return event is at or after the first start event of the cohort's interval.
 * - The range bounds the start events alone. Returns are read beyond it, to the end of the greatest n of the last cohort.
 * - A cell is null when cohort + n has not begun. The current interval is counted although it may not be over. overall n
 *   sums the cohorts whose cell is not null: `eligible` are their sizes.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { bucketStarts, INTERVAL_MS } from '../query/question/interval.ts';
import { ok } from '../std/result.ts';
import { Buckets, LONGEST_MS } from './counts/buckets.ts';
import { GroupedCounts } from './counts/grouped-counts.ts';
import { groupedAnswer, groupsField } from './counts/groups.ts';
import { partialField, partialIn, partialMark } from './counts/partial.ts';
import { ACTIVITY, activityOf, asksForTypes, identityEventsField } from './kit/activity.ts';
import type { FigureKind } from './kit/figure.ts';
import { type JourneyFold, TOO_MANY_GROUPS } from './kit/journey.ts';
import type { JourneyKind } from './kit/journey-kind.ts';
import { matchedRows } from './kit/matched-rows.ts';
import { ANYTHING, isAnything, type Matcher, matcherOf, matcherSchema } from './kit/matchers.ts';
import { commonFields, historyField, historyMs, type JourneyQuestion, parseQuestion, refuse } from './kit/request.ts';
import type { RowReader } from './kit/row-reader.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT, type TextCodes } from './kit/text-codes.ts';

const RETENTION_INTERVALS = ['day', 'week', 'month'] as const;
type RetentionInterval = (typeof RETENTION_INTERVALS)[number];
const INTERVALS_DEFAULT: Readonly<Record<RetentionInterval, number>> = { day: 30, week: 12, month: 12 };

const question = z.strictObject({
  ...commonFields,
  start: matcherSchema.optional().describe('The event that puts a person into a cohort. Default: any event.'),
  return: matcherSchema.optional().describe('The event that counts as coming back. Default: any event.'),
  mode: z
    .enum(['first', 'recurring'])
    .default('first')
    .describe(
      'first: the cohort of the first start event; recurring: the cohort of every interval with a start event.',
    ),
  interval: z.enum(RETENTION_INTERVALS),
  intervals: z
    .int()
    .min(1)
    .max(LIMITS.queryRangeDaysMax)
    .optional()
    .describe('The greatest n. Default: 30 for days, 12 for weeks and for months.'),
  on: z
    .enum(['on', 'on-or-after'])
    .default('on')
    .describe('on: came back in the n-th interval (bounded); on-or-after: in that one or a later one (rolling).'),
  historyDays: historyField,
  identityEvents: identityEventsField,
});

const codes = {
  start: 'matcher-invalid',
  return: 'matcher-invalid',
  mode: 'mode-invalid',
  interval: 'interval-unknown',
  intervals: 'intervals-invalid',
  on: 'mode-invalid',
  historyDays: 'history-invalid',
  identityEvents: 'query-invalid',
} as const;

interface RetentionQuestion extends JourneyQuestion {
  readonly start: Matcher;
  readonly return: Matcher;
  readonly isRecurring: boolean;
  readonly isRolling: boolean;
  readonly interval: RetentionInterval;
  /** The greatest n for which the answer has people. */
  readonly nMax: number;
  /** Start of the events that are read. */
  readonly historyStartMs: number;
  /** End of the returns that are read: of the greatest n of the last cohort, or of the current interval. */
  readonly returnsEndMs: number;
  readonly nowMs: number;
}

const overallSchema = z.object({
  n: z.int(),
  eligible: z.int().describe('People of the cohorts for which the n-th interval has come.'),
  retained: z.int(),
  rate: z.number().nullable().describe('retained / eligible; null when no person is eligible.'),
});
const cohortSchema = z.object({
  start: z.iso.datetime(),
  partial: partialField,
  size: z.int(),
  retained: z.array(z.int().nullable()).describe('People by n; null when the n-th interval has not come yet.'),
});
const table = {
  overall: z.array(overallSchema).describe('All cohorts together, by n.'),
  cohorts: z.array(cohortSchema).describe('Ascending by start; cohorts without people are left out.'),
};
const answer = groupedAnswer(table, {
  historyFrom: z.iso.datetime().describe('Start of the history in which a person may have been seen already.'),
  returnsTo: z.iso.datetime().describe('End of the returns that are counted; it may lie after the range.'),
});
type RetentionTable = z.output<z.ZodObject<typeof table>>;
type RetentionAnswer = z.output<typeof answer>;

const STARTS = 1;
const RETURNS = 2;

class RetentionFold implements JourneyFold<RetentionAnswer> {
  readonly #question: RetentionQuestion;
  readonly #buckets: Buckets;
  readonly #texts: TextCodes;
  /** The row of a group has, for each cohort, its size and then the number retained after n = 0, 1, … intervals. */
  readonly #cells: GroupedCounts;
  #lastBucket: number;
  readonly #isPartial: (bucket: number) => boolean;
  /** Scratch: the buckets of one person's return events. */
  readonly #returns: Int32Array;
  excess: string | null = null;

  constructor(question: RetentionQuestion, buckets: Buckets, texts: TextCodes) {
    const { startMs, returnsEndMs, nowMs, nMax } = question;
    this.#question = question;
    this.#buckets = buckets;
    this.#texts = texts;
    this.#cells = new GroupedCounts(nMax + 2);
    this.#lastBucket = buckets.indexOf(Math.max(startMs, Math.min(returnsEndMs - 1, nowMs)));
    this.#isPartial = partialIn(buckets, question);
    this.#returns = new Int32Array(buckets.count);
  }

  add(people: Sequences): void {
    for (let person = 0; person < people.personCount && this.excess === null; person++) {
      this.#addPerson(people, people.offsets[person]!, people.offsets[person + 1]!);
      if (this.#cells.cellCount > LIMITS.journeyCellsMax * 4) this.excess = TOO_MANY_GROUPS;
    }
  }

  /** The people counted so far in a cell, or those of the cohort who are not in it. */
  people(cohort: number, n: number, outcome: 'returned' | 'gone'): number {
    const cells = this.#cells.row(ABSENT * this.#buckets.count + cohort);
    return outcome === 'returned' ? cells[n + 1]! : cells[0]! - cells[n + 1]!;
  }

  finish(): RetentionAnswer {
    const cohortCount = this.#buckets.count;
    const sizes = new Map<number, number>();
    for (const [slot, size] of this.#cells.sizes(0)) {
      const group = Math.floor(slot / cohortCount);
      sizes.set(group, (sizes.get(group) ?? 0) + size);
    }
    return {
      ...this.#table([...sizes.keys()]),
      historyFrom: new Date(this.#question.historyStartMs).toISOString(),
      returnsTo: new Date(this.#question.returnsEndMs).toISOString(),
      ...groupsField(this.#question, this.#texts, sizes, (lots) => lots.map((groups) => this.#table(groups))),
    };
  }

  #addPerson(people: Sequences, from: number, to: number): void {
    const { at, codes, groups } = people;
    const { startMs, endMs, isRecurring } = this.#question;
    const returnCount = this.#findReturns(at, codes, from, to);
    let cohort = -1;
    // The first return event at or after the current start event. Both only move forward.
    let back = from;
    for (let row = from; row < to; row++) {
      if ((codes[row]! & STARTS) === 0) continue;
      const atMs = at[row]!;
      if (atMs < startMs || atMs >= endMs) return;
      const bucket = this.#buckets.indexOf(atMs);
      if (bucket === cohort) continue;
      cohort = bucket;
      while (back < to && (at[back]! < atMs || (codes[back]! & RETURNS) === 0)) back++;
      const group = groups.length === 0 ? ABSENT : this.#firstGroup(people, row, to);
      this.#count(group, cohort, returnCount, back < to ? this.#buckets.indexOf(at[back]!) : -1);
      if (!isRecurring) return;
    }
  }

  /** Writes the buckets with a return event, ascending, into the scratch list and returns their number. */
  #findReturns(at: Float64Array, codes: Uint32Array, from: number, to: number): number {
    const { startMs } = this.#question;
    const returns = this.#returns;
    let count = 0;
    for (let row = from; row < to; row++) {
      if (at[row]! < startMs) continue;
      const bucket = this.#buckets.indexOf(at[row]!);
      if (bucket > this.#lastBucket) this.#lastBucket = bucket;
      if ((codes[row]! & RETURNS) !== 0 && (count === 0 || returns[count - 1] !== bucket)) returns[count++] = bucket;
    }
    return count;
  }

  /** `firstReturn`: the bucket of the first return event at or after the start event; −1 when there is none. */
  #count(group: number, cohort: number, returnCount: number, firstReturn: number): void {
    const { nMax, isRolling } = this.#question;
    const cells = this.#cells.row(group * this.#buckets.count + cohort);
    cells[0]!++;
    if (firstReturn === -1) return;
    const returns = this.#returns;
    if (isRolling) {
      const last = Math.min(nMax, returns[returnCount - 1]! - cohort);
      for (let n = 0; n <= last; n++) cells[n + 1]!++;
      return;
    }
    if (firstReturn === cohort) cells[1]!++;
    for (let index = returnCount - 1; index >= 0; index--) {
      const n = returns[index]! - cohort;
      if (n <= 0) return;
      if (n <= nMax) cells[n + 1]!++;
    }
  }

  /** The breakdown's value at the start event; of several start events at one instant, the first value by text. */
  #firstGroup({ at, codes, groups }: Sequences, row: number, to: number): number {
    const ranks = this.#texts.ranks();
    let best = groups[row]!;
    for (let next = row + 1; next < to && at[next] === at[row]; next++) {
      if ((codes[next]! & STARTS) !== 0 && ranks[groups[next]!]! < ranks[best]!) best = groups[next]!;
    }
    return best;
  }

  #table(groups: readonly number[]): RetentionTable {
    const { nMax } = this.#question;
    const cohortCount = this.#buckets.count;
    const eligible = new Float64Array(nMax + 1);
    const retained = new Float64Array(nMax + 1);
    const cohorts: RetentionTable['cohorts'] = [];
    const isPartial = this.#isPartial;
    for (let cohort = 0; cohort < cohortCount; cohort++) {
      const [size, ...counts] = this.#cells.sum(groups.map((group) => group * cohortCount + cohort));
      if (size === 0) continue;
      const last = this.#lastBucket - cohort;
      for (let n = 0; n <= Math.min(nMax, last); n++) {
        eligible[n]! += size!;
        retained[n]! += counts[n]!;
      }
      const row = counts.map((count, n) => (n <= last ? count : null));
      cohorts.push({ start: this.#buckets.at(cohort), ...partialMark(isPartial(cohort)), size: size!, retained: row });
    }
    const overall = Array.from(eligible, (size, n) => ({
      n,
      eligible: size,
      retained: retained[n]!,
      rate: size === 0 ? null : retained[n]! / size,
    }));
    return { overall, cohorts };
  }
}

/**
 * When any event is both a start and a return event, one event of a bucket tells as much as all of them, and everything
 * before the range is one bucket.
 */
function bucketPlace(question: RetentionQuestion, buckets: Buckets): RowReader['place'] {
  const { start, return: back, startMs, endMs, historyStartMs, groupBy } = question;
  if (!isAnything(start) || !isAnything(back) || groupBy !== null) return null;
  return (atMs) => {
    if (atMs < startMs) return historyStartMs;
    return Math.max(atMs < endMs ? startMs : endMs, buckets.startOf(atMs));
  };
}

/**
 * The end of the greatest n of the last cohort, or of the current interval when that is earlier; never before the end of
 * the range.
 */
function returnsEnd(reach: {
  readonly interval: RetentionInterval;
  readonly nMax: number;
  readonly zone: string;
  readonly endMs: number;
  readonly nowMs: number;
}): number {
  const { interval, nMax, zone, endMs, nowMs } = reach;
  if (nowMs < endMs) return endMs;
  const untilMs = nowMs + LIMITS.futureClampMs;
  // The first start is that of the last cohort; n intervals later the greatest n begins, and one later it ends.
  const starts = bucketStarts(interval, zone, endMs - 1, untilMs + LONGEST_MS);
  const endOfLastMs = starts[nMax + 1] ?? Number.POSITIVE_INFINITY;
  const endOfCurrentMs = starts.find((startMs) => startMs > untilMs) ?? endMs;
  return Math.max(endMs, Math.min(endOfLastMs, endOfCurrentMs));
}

export const retention = {
  name: 'retention',
  summary: 'How many people come back in the n-th day, week or month',
  description:
    'Tells every cohort of the range, and all of them together: `overall[n]` sums the cohorts that are old enough for n. ' +
    'The range bounds the cohorts; people may come back after it, up to now.',
  question,
  codes,
  answer,
  parse: (body: unknown, timezone: string, nowMs: number) =>
    parseQuestion({ question, codes }, body, timezone, (fields, { startMs, endMs, timezone: zone }) => {
      const { interval, mode, on, historyDays, intervals: nMax = INTERVALS_DEFAULT[interval] } = fields;
      const cells = Math.ceil((endMs - startMs) / INTERVAL_MS[interval] + 1) * (nMax + 1);
      if (cells > LIMITS.queryPointsMax) {
        const message = `An answer has at most ${LIMITS.queryPointsMax} cells; this question asks for ${cells}.`;
        return refuse('too-many-points', '/intervals', message);
      }
      const isDefault = fields.start === undefined && fields.return === undefined;
      const anything = isDefault || asksForTypes(fields) ? ANYTHING : ACTIVITY;
      const start = fields.start ? matcherOf(fields.start) : anything;
      const back = fields.return ? matcherOf(fields.return) : anything;
      const given = [fields.start, fields.return].flatMap((matcher) => (matcher ? [matcherOf(matcher)] : []));
      const isRecurring = mode === 'recurring';
      const historyStartMs = isRecurring ? startMs : startMs - historyMs(historyDays);
      const isRolling = on === 'on-or-after';
      const returnsEndMs = returnsEnd({ interval, nMax, zone, endMs, nowMs });
      const own = { start, return: back, isRecurring, isRolling, interval, nMax, historyStartMs, returnsEndMs, nowMs };
      return ok({ own, matchers: given, activity: isDefault ? activityOf(fields) : null });
    }),
  make: makeRetention,
} as const satisfies JourneyKind<RetentionQuestion>;

function makeRetention(question: RetentionQuestion) {
  const { start, return: back, interval, timezone, startMs, historyStartMs, returnsEndMs } = question;
  const buckets = new Buckets(interval, timezone, startMs, returnsEndMs);
  const reading = { startMs: historyStartMs, endMs: returnsEndMs, groupedBy: 'event' } as const;
  const reader = matchedRows(question, [start, back], { ...reading, place: bucketPlace(question, buckets) });
  return { reader, fold: new RetentionFold(question, buckets, reader.breakdown.texts), buckets };
}

const figure = z.strictObject({
  cohort: z.iso.datetime().describe('`start` of the cohort.'),
  n: z.int().min(0).describe('The n-th interval.'),
  outcome: z
    .enum(['returned', 'gone'])
    .default('returned')
    .describe('returned: the people whom the cell counts; gone: those of the cohort whom it does not count.'),
});

export const retentionFigure = {
  journey: retention.name,
  figure,
  make(question: RetentionQuestion, { cohort, n, outcome }: z.output<typeof figure>) {
    const { reader, fold, buckets } = makeRetention(question);
    const index = buckets.starts.indexOf(Date.parse(cohort));
    if (index === -1 || n > question.nMax) return null;
    return { reader, fold, count: () => fold.people(index, n, outcome) };
  },
} as const satisfies FigureKind<RetentionQuestion>;
