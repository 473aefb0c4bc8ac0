/**
 * Retention: of the people who began in one day, week or month, how many came back in the n-th one after it.
 *
 * cohort, `first`: the interval of a person's first start event; who had one in the `historyDays` before the range is in none.
 * `recurring`: every interval with a start event, so a person is in many cohorts.
 * retained n: a return event in the interval cohort + n (`on`), or in that one or a later one of the range (`on-or-after`). For
 * n = 0 the return event is at or after the first start event of the cohort's interval.
 * A cell is null when cohort + n lies after the last interval there is: the one of the end of the range, or of now. That one is
 * counted although it may not be over. overall n sums the cohorts whose cell is not null: `eligible` are their sizes.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { INTERVAL_MS } from '../query/question/interval.ts';
import { ok, type Result } from '../std/result.ts';
import { Buckets } from './kit/buckets.ts';
import { GroupedCounts, type GroupKey, groupKey, rankGroups } from './kit/groups.ts';
import { type Journey, TOO_MANY_GROUPS } from './kit/journey.ts';
import { MatchedRows } from './kit/matched-rows.ts';
import { ANYTHING, isAnything, type Matcher, matcherOf, matcherSchema } from './kit/matchers.ts';
import {
  commonFields,
  historyField,
  historyMs,
  type JourneyQuestion,
  type JourneyRefusal,
  parseQuestion,
  refuse,
} from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT } from './kit/text-codes.ts';

const RETENTION_INTERVALS = ['day', 'week', 'month'] as const;
type RetentionInterval = (typeof RETENTION_INTERVALS)[number];
const INTERVALS_DEFAULT: Readonly<Record<RetentionInterval, number>> = { day: 30, week: 12, month: 12 };

export const retentionSchema = z.strictObject({
  ...commonFields,
  start: matcherSchema.optional().describe('What puts a person into a cohort; any event unless said.'),
  return: matcherSchema.optional().describe('What counts as coming back; any event unless said.'),
  mode: z.enum(['first', 'recurring']).optional().describe('first unless said.'),
  interval: z.enum(RETENTION_INTERVALS),
  intervals: z
    .int()
    .min(1)
    .max(LIMITS.queryRangeDaysMax)
    .optional()
    .describe('The greatest n; 30 days, 12 weeks or 12 months unless said.'),
  on: z.enum(['on', 'on-or-after']).optional().describe('on unless said: bounded; on-or-after: rolling.'),
  historyDays: historyField,
});

export interface RetentionQuestion extends JourneyQuestion {
  readonly start: Matcher;
  readonly return: Matcher;
  readonly isRecurring: boolean;
  readonly isRolling: boolean;
  readonly interval: RetentionInterval;
  /** The greatest n. */
  readonly nMax: number;
  /** From where events are read. */
  readonly historyStartMs: number;
  readonly nowMs: number;
}

export function parseRetention(
  body: unknown,
  timezone: string,
  nowMs: number,
): Result<RetentionQuestion, JourneyRefusal> {
  return parseQuestion(retentionSchema, body, timezone, (fields, { startMs, endMs }) => {
    const { interval, mode, on, historyDays, intervals: nMax = INTERVALS_DEFAULT[interval] } = fields;
    const cells = Math.ceil((endMs - startMs) / INTERVAL_MS[interval] + 1) * (nMax + 1);
    if (cells > LIMITS.queryPointsMax) {
      const message = `At most ${LIMITS.queryPointsMax} cells an answer; this asks for ${cells}.`;
      return refuse('too-many-points', '/intervals', message);
    }
    const start = fields.start ? matcherOf(fields.start) : ANYTHING;
    const back = fields.return ? matcherOf(fields.return) : ANYTHING;
    const isRecurring = mode === 'recurring';
    const historyStartMs = isRecurring ? startMs : startMs - historyMs(historyDays);
    const isRolling = on === 'on-or-after';
    const own = { start, return: back, isRecurring, isRolling, interval, nMax, historyStartMs, nowMs };
    return ok({ own, matchers: [start, back] });
  });
}

export interface RetentionTable {
  readonly overall: readonly {
    readonly n: number;
    readonly eligible: number;
    readonly retained: number;
    readonly rate: number | null;
  }[];
  /** Ascending; those nobody is in are left out. `retained[n]`; null: not there yet. */
  readonly cohorts: readonly {
    readonly start: string;
    readonly size: number;
    readonly retained: readonly (number | null)[];
  }[];
}
export interface RetentionAnswer extends RetentionTable {
  readonly historyFrom: string;
  readonly groups?: readonly (GroupKey & RetentionTable)[];
}

const STARTS = 1;
const RETURNS = 2;

export class Retention extends MatchedRows implements Journey<RetentionAnswer> {
  readonly place?: (atMs: number) => number;
  readonly #question: RetentionQuestion;
  readonly #buckets: Buckets;
  /** By group and cohort: its size, then the retained of n = 0, 1, … */
  readonly #cells: GroupedCounts;
  #lastBucket: number;
  /** Scratch: buckets of one person. */
  readonly #returns: Int32Array;

  constructor(question: RetentionQuestion) {
    const { start, return: back, interval, timezone, startMs, endMs, nowMs, nMax } = question;
    super(question, { startMs: question.historyStartMs, groupedBy: 'event' }, [start, back]);
    this.#question = question;
    this.#buckets = new Buckets(interval, timezone, startMs, endMs);
    this.#cells = new GroupedCounts(nMax + 2);
    this.#lastBucket = this.#buckets.indexOf(Math.max(startMs, Math.min(endMs - 1, nowMs)));
    this.#returns = new Int32Array(this.#buckets.count);
    // Any event does both: of one bucket, one event tells as much as all. What lies before the range is one bucket.
    if (isAnything(start) && isAnything(back) && this.groupedBy === 'none') {
      this.place = (atMs) => (atMs < startMs ? this.startMs : Math.max(startMs, this.#buckets.startOf(atMs)));
    }
  }

  add(people: Sequences): void {
    for (let person = 0; person < people.personCount && this.overflow === null; person++) {
      this.#addPerson(people, people.offsets[person]!, people.offsets[person + 1]!);
      if (this.#cells.cellCount > LIMITS.journeyCellsMax * 4) this.overflow = TOO_MANY_GROUPS;
    }
  }

  finish(): RetentionAnswer {
    const { groupBy, top, historyStartMs } = this.#question;
    const cohortCount = this.#buckets.count;
    const sizes = new Map<number, number>();
    for (const [slot, size] of this.#cells.sizes(0)) {
      const group = Math.floor(slot / cohortCount);
      sizes.set(group, (sizes.get(group) ?? 0) + size);
    }
    const whole = this.#table([...sizes.keys()]);
    const answer = { ...whole, historyFrom: new Date(historyStartMs).toISOString() };
    if (groupBy === null) return answer;
    const { texts } = this.reader;
    const ranked = rankGroups(sizes, texts, top);
    const groups = ranked.members.map((members, index) => ({
      ...groupKey(groupBy, texts, ranked, index),
      ...this.#table(members),
    }));
    return { ...answer, groups };
  }

  #addPerson({ at, codes, groups }: Sequences, from: number, to: number): void {
    const { startMs, isRecurring } = this.#question;
    const returnCount = this.#findReturns(at, codes, from, to);
    let cohort = -1;
    // The first return event at or after the instant of the start event at hand: both only move on.
    let back = from;
    for (let row = from; row < to; row++) {
      if ((codes[row]! & STARTS) === 0) continue;
      const atMs = at[row]!;
      if (atMs < startMs) return;
      const bucket = this.#buckets.indexOf(atMs);
      if (bucket === cohort) continue;
      cohort = bucket;
      while (back < to && (at[back]! < atMs || (codes[back]! & RETURNS) === 0)) back++;
      const group = groups.length === 0 ? ABSENT : this.#firstGroup(at, codes, groups, row, to);
      this.#count(group, cohort, returnCount, back < to ? this.#buckets.indexOf(at[back]!) : -1);
      if (!isRecurring) return;
    }
  }

  /** Buckets with a return event, ascending, into the scratch list. */
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

  /** `firstReturn`: bucket of the first return event at or after the start event; −1: none. */
  #count(group: number, cohort: number, returnCount: number, firstReturn: number): void {
    const { nMax, isRolling } = this.#question;
    const cells = this.#cells.of(group * this.#buckets.count + cohort);
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

  /** The breakdown's value at the start event; of several at one instant the one that goes first. */
  #firstGroup(at: Float64Array, codes: Uint32Array, groups: Uint32Array, row: number, to: number): number {
    const ranks = this.reader.texts.ranks();
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
    const cohorts: RetentionTable['cohorts'][number][] = [];
    for (let cohort = 0; cohort < cohortCount; cohort++) {
      const [size, ...counts] = this.#cells.sum(groups.map((group) => group * cohortCount + cohort));
      if (size === 0) continue;
      const last = this.#lastBucket - cohort;
      for (let n = 0; n <= Math.min(nMax, last); n++) {
        eligible[n]! += size!;
        retained[n]! += counts[n]!;
      }
      const row = counts.map((count, n) => (n <= last ? count : null));
      cohorts.push({ start: this.#buckets.at(cohort), size: size!, retained: row });
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
