/**
 * Lifecycle: the people of each day, week or month by their activity before it.
 *
 * | | in this interval | in the one before | earlier |
 * |---|---|---|---|
 * | new | yes | no | no |
 * | returning | yes | yes | |
 * | resurrected | yes | no | yes |
 * | dormant | no | yes | |
 *
 * "Earlier" reaches back `historyDays` before the range, to the beginning of an interval, and at least one interval.
 * The first interval is read from its beginning. The last one is the current interval, although it is not over: in a
 * future one all people would be dormant. The breakdown is the person's first value, so each person is in one group.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { startOf } from '../query/question/interval.ts';
import { ok } from '../std/result.ts';
import { Buckets, begunUntil } from './counts/buckets.ts';
import { GroupedCounts } from './counts/grouped-counts.ts';
import { groupedAnswer, groupsField } from './counts/groups.ts';
import { partialField, partialIn, partialMark } from './counts/partial.ts';
import { activityOf, identityEventsField } from './kit/activity.ts';
import { eventRows } from './kit/event-rows.ts';
import type { FigureKind } from './kit/figure.ts';
import { type JourneyFold, TOO_MANY_GROUPS } from './kit/journey.ts';
import type { JourneyKind } from './kit/journey-kind.ts';
import {
  commonFields,
  eventsField,
  historyField,
  historyMs,
  type JourneyQuestion,
  parseQuestion,
} from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT, type TextCodes } from './kit/text-codes.ts';

const question = z.strictObject({
  ...commonFields,
  events: eventsField,
  identityEvents: identityEventsField,
  interval: z.enum(['day', 'week', 'month']),
  historyDays: historyField,
});

const codes = {
  events: 'events-invalid',
  identityEvents: 'query-invalid',
  interval: 'interval-unknown',
  historyDays: 'history-invalid',
} as const;

interface LifecycleQuestion extends JourneyQuestion {
  readonly interval: 'day' | 'week' | 'month';
  readonly historyStartMs: number;
  /** End of the last interval that has begun. */
  readonly untilMs: number;
}

const STATES = ['new', 'returning', 'resurrected', 'dormant'] as const;
const NEW = 0;
const RETURNING = 1;
const RESURRECTED = 2;
const DORMANT = 3;

const pointSchema = z.object({
  at: z.iso.datetime().describe('Start of the interval.'),
  partial: partialField,
  new: z.int().describe('People seen in this interval for the first time.'),
  returning: z.int().describe('People seen in this interval and in the one before.'),
  resurrected: z.int().describe('People seen in this interval and earlier, but not in the one before.'),
  dormant: z.int().describe('People seen in the interval before and not in this one.'),
});
const table = { points: z.array(pointSchema).describe('The intervals of the range, up to the current one.') };
const answer = groupedAnswer(table, {
  historyFrom: z.iso.datetime().describe('Start of the history in which a person may have been seen already.'),
});
type LifecycleTable = z.output<z.ZodObject<typeof table>>;
type LifecycleAnswer = z.output<typeof answer>;

/** The range's intervals that have begun: [first, end) of the buckets, which reach back over the history. */
interface BegunIntervals {
  readonly buckets: Buckets;
  readonly first: number;
  readonly end: number;
}

function begunIntervals(question: LifecycleQuestion): BegunIntervals {
  const { interval, timezone, startMs, endMs, historyStartMs, untilMs } = question;
  const buckets = new Buckets(interval, timezone, historyStartMs, endMs);
  const first = buckets.indexOf(startMs);
  return { buckets, first, end: Math.max(first, buckets.indexOf(untilMs - 1) + 1) };
}

class LifecycleFold implements JourneyFold<LifecycleAnswer> {
  readonly #question: LifecycleQuestion;
  readonly #intervals: BegunIntervals;
  readonly #texts: TextCodes;
  /** The row of a group has its number of people, then the counts of the four states of each interval. */
  readonly #counts: GroupedCounts;
  excess: string | null = null;

  constructor(question: LifecycleQuestion, intervals: BegunIntervals, texts: TextCodes) {
    this.#question = question;
    this.#intervals = intervals;
    this.#texts = texts;
    this.#counts = new GroupedCounts(1 + STATES.length * (intervals.end - intervals.first));
  }

  add({ at, offsets, groups, personCount }: Sequences): void {
    for (let person = 0; person < personCount && this.excess === null; person++) {
      const from = offsets[person]!;
      const to = offsets[person + 1]!;
      if (to === from) continue;
      this.#addPerson(at, from, to, this.#counts.row(groups.length === 0 ? ABSENT : groups[person]!));
      if (this.#counts.cellCount > LIMITS.journeyCellsMax * 4) this.excess = TOO_MANY_GROUPS;
    }
  }

  /** The people counted so far in a state of an interval. */
  people(interval: number, state: (typeof STATES)[number]): number {
    return this.#counts.row(ABSENT)[1 + STATES.length * interval + STATES.indexOf(state)]!;
  }

  finish(): LifecycleAnswer {
    const sizes = this.#counts.sizes(0);
    return {
      ...this.#table([...sizes.keys()]),
      historyFrom: new Date(this.#question.historyStartMs).toISOString(),
      ...groupsField(this.#question, this.#texts, sizes, (lots) => lots.map((groups) => this.#table(groups))),
    };
  }

  #addPerson(at: Float64Array, from: number, to: number, counts: Float64Array): void {
    const { buckets, first, end } = this.#intervals;
    let before = -1;
    let isInRange = false;
    for (let row = from; row < to; row++) {
      const bucket = buckets.indexOf(at[row]!);
      if (bucket === before) continue;
      if (before !== -1 && bucket > before + 1) this.#count(counts, before + 1, DORMANT);
      this.#count(counts, bucket, before === -1 ? NEW : bucket === before + 1 ? RETURNING : RESURRECTED);
      isInRange ||= bucket >= first;
      before = bucket;
    }
    if (before + 1 < end) this.#count(counts, before + 1, DORMANT);
    if (isInRange) counts[0]!++;
  }

  #count(counts: Float64Array, bucket: number, state: number): void {
    const { first } = this.#intervals;
    if (bucket >= first) counts[1 + STATES.length * (bucket - first) + state]!++;
  }

  #table(groups: readonly number[]): LifecycleTable {
    const { buckets, first, end } = this.#intervals;
    const counts = this.#counts.sum(groups);
    // The first interval is read from its beginning; only the end of the range cuts one.
    const isPartial = partialIn(buckets, { startMs: buckets.starts[first]!, endMs: this.#question.endMs });
    const points = Array.from({ length: end - first }, (_, index) => {
      const [fresh, returning, resurrected, dormant] = counts.subarray(1 + STATES.length * index);
      return {
        at: buckets.at(first + index),
        ...partialMark(isPartial(first + index)),
        new: fresh!,
        returning: returning!,
        resurrected: resurrected!,
        dormant: dormant!,
      };
    });
    return { points };
  }
}

export const lifecycle = {
  name: 'lifecycle',
  summary: 'New, returning, resurrected and dormant people of each interval',
  description:
    'A person is new when they were not seen in the `historyDays` before the range. The last interval is the current one.',
  question,
  codes,
  answer,
  /** Without `nowMs` the whole range has begun. */
  parse: (body: unknown, timezone: string, nowMs = Number.POSITIVE_INFINITY) =>
    parseQuestion({ question, codes }, body, timezone, (fields, common) => {
      const { interval, historyDays } = fields;
      const { startMs, endMs, timezone: zone } = common;
      const firstMs = startOf(interval, zone, startMs);
      const historyStartMs = startOf(interval, zone, Math.min(firstMs - 1, firstMs - historyMs(historyDays)));
      const untilMs = begunUntil(interval, zone, endMs, nowMs);
      return ok({ own: { interval, historyStartMs, untilMs }, activity: activityOf(fields) });
    }),
  make: makeLifecycle,
} as const satisfies JourneyKind<LifecycleQuestion>;

function makeLifecycle(question: LifecycleQuestion) {
  const intervals = begunIntervals(question);
  const reading = { startMs: question.historyStartMs, endMs: question.untilMs, groupedBy: 'person' } as const;
  const reader = eventRows(question, reading, (atMs) => intervals.buckets.startOf(atMs));
  return { reader, fold: new LifecycleFold(question, intervals, reader.breakdown.texts), intervals };
}

const figure = z.strictObject({
  at: z.iso.datetime().describe('Start of the interval.'),
  state: z.enum(STATES),
});

export const lifecycleFigure = {
  journey: lifecycle.name,
  figure,
  make(question: LifecycleQuestion, { at, state }: z.output<typeof figure>) {
    const { reader, fold, intervals } = makeLifecycle(question);
    const { buckets, first, end } = intervals;
    const index = buckets.starts.indexOf(Date.parse(at));
    return index < first || index >= end ? null : { reader, fold, count: () => fold.people(index - first, state) };
  },
} as const satisfies FigureKind<LifecycleQuestion>;
