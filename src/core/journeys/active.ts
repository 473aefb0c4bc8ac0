/**
 * Active people: for each day the people active on it (DAU), in the 7 days that end with it (WAU), and in the 30 days
 * (MAU); stickiness is DAU / MAU. Days are those of the zone.
 *
 * The 29 days before the range are read too, and its first day from its beginning, so that the first figures are as
 * complete as the last. The last day is today at the latest, although it is not over: for future days WAU and MAU would
 * only fall. The breakdown is the person's first value, so each person is in one group.
 */
import { z } from 'zod';
import { DAY_MS, LIMITS } from '../limits.ts';
import { ok } from '../std/result.ts';
import { Buckets, begunUntil } from './counts/buckets.ts';
import { GroupedCounts } from './counts/grouped-counts.ts';
import { groupedAnswer, groupsField } from './counts/groups.ts';
import { partialField, partialIn, partialMark } from './counts/partial.ts';
import { activityOf, identityEventsField } from './kit/activity.ts';
import { eventRows } from './kit/event-rows.ts';
import { type JourneyFold, TOO_MANY_GROUPS } from './kit/journey.ts';
import type { JourneyKind } from './kit/journey-kind.ts';
import { commonFields, eventsField, type JourneyQuestion, parseQuestion } from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT, type TextCodes } from './kit/text-codes.ts';

/** Days over which DAU, WAU and MAU count a person as active. */
const ACTIVE_DAYS = [1, 7, 30] as const;
const LONGEST_DAYS = 30;

const question = z.strictObject({ ...commonFields, events: eventsField, identityEvents: identityEventsField });

const codes = { events: 'events-invalid', identityEvents: 'query-invalid' } as const;

interface ActiveQuestion extends JourneyQuestion {
  /** End of the last day that has begun. */
  readonly untilMs: number;
}

const daySchema = z.object({
  at: z.iso.datetime().describe('Start of the day.'),
  partial: partialField,
  dau: z.int(),
  wau: z.int(),
  mau: z.int(),
  stickiness: z.number().nullable().describe('dau / mau; null when no person is active.'),
});
const table = {
  people: z.int().describe('Number of people active in the range.'),
  days: z.array(daySchema).describe('The days of the range, up to today.'),
};
const answer = groupedAnswer(table, {});
type ActiveTable = z.output<z.ZodObject<typeof table>>;
type ActiveAnswer = z.output<typeof answer>;

/** The range's days that have begun: [first, end) of the buckets, which reach back beyond the range. */
interface BegunDays {
  readonly buckets: Buckets;
  readonly first: number;
  readonly end: number;
}

function begunDays({ startMs, endMs, timezone, untilMs }: ActiveQuestion): BegunDays {
  // Two days more than needed, because a day may have 23 hours.
  const buckets = new Buckets('day', timezone, startMs - (LONGEST_DAYS + 2) * DAY_MS, endMs);
  const first = buckets.indexOf(startMs);
  return { buckets, first, end: Math.max(first, buckets.indexOf(untilMs - 1) + 1) };
}

class ActiveFold implements JourneyFold<ActiveAnswer> {
  readonly #question: ActiveQuestion;
  readonly #days: BegunDays;
  readonly #texts: TextCodes;
  /** The row of a group has its number of people, then the day-to-day changes of DAU, of WAU and of MAU. */
  readonly #changes: GroupedCounts;
  excess: string | null = null;

  constructor(question: ActiveQuestion, days: BegunDays, texts: TextCodes) {
    this.#question = question;
    this.#days = days;
    this.#texts = texts;
    this.#changes = new GroupedCounts(1 + 3 * (days.end - days.first + 1));
  }

  add(people: Sequences): void {
    const { at, offsets, groups, personCount } = people;
    const rangeStartMs = this.#days.buckets.starts[this.#days.first]!;
    for (let person = 0; person < personCount && this.excess === null; person++) {
      const to = offsets[person + 1]!;
      if (to === offsets[person]) continue;
      const changes = this.#changes.row(groups.length === 0 ? ABSENT : groups[person]!);
      if (at[to - 1]! >= rangeStartMs) changes[0]!++;
      for (let measure = 0; measure < ACTIVE_DAYS.length; measure++) this.#spread(people, person, measure, changes);
      if (this.#changes.cellCount > LIMITS.journeyCellsMax * 4) this.excess = TOO_MANY_GROUPS;
    }
  }

  finish(): ActiveAnswer {
    const sizes = this.#changes.sizes(0);
    return {
      ...this.#table([...sizes.keys()]),
      ...groupsField(this.#question, this.#texts, sizes, (lots) => lots.map((groups) => this.#table(groups))),
    };
  }

  /** Each day of activity counts for the measure's days from it on; overlapping stretches count once. */
  #spread({ at, offsets }: Sequences, person: number, measure: number, changes: Float64Array): void {
    const { buckets, first, end: last } = this.#days;
    const offset = this.#offset(measure) - first;
    const days = ACTIVE_DAYS[measure]!;
    const to = offsets[person + 1]!;
    let coveredTo = first;
    for (let row = offsets[person]!; row < to; row++) {
      const day = buckets.indexOf(at[row]!);
      const start = Math.max(day, coveredTo);
      const end = Math.min(day + days, last);
      if (end <= start) continue;
      changes[offset + start]!++;
      changes[offset + end]!--;
      coveredTo = end;
    }
  }

  /** The place of a measure's changes in a row. */
  #offset(measure: number): number {
    return 1 + measure * (this.#days.end - this.#days.first + 1);
  }

  #table(groups: readonly number[]): ActiveTable {
    const { buckets, first, end } = this.#days;
    const changes = this.#changes.sum(groups);
    const active = [0, 0, 0];
    const days: ActiveTable['days'] = [];
    // The first day is read from its beginning; only the end of the range cuts a day.
    const isPartial = partialIn(buckets, { startMs: buckets.starts[first]!, endMs: this.#question.endMs });
    for (let day = 0; day < end - first; day++) {
      for (let measure = 0; measure < 3; measure++) active[measure]! += changes[this.#offset(measure) + day]!;
      const [dau, wau, mau] = active as [number, number, number];
      const at = buckets.at(first + day);
      const stickiness = mau === 0 ? null : dau / mau;
      days.push({ at, ...partialMark(isPartial(first + day)), dau, wau, mau, stickiness });
    }
    return { people: changes[0]!, days };
  }
}

export const active = {
  name: 'active',
  summary: 'People active each day, in the 7 and in the 30 days that end with it',
  description: 'The 29 days before the range are read too, so that its first day is complete. The last day is today.',
  question,
  codes,
  answer,
  /** Without `nowMs` the whole range has begun. */
  parse: (body: unknown, timezone: string, nowMs = Number.POSITIVE_INFINITY) =>
    parseQuestion({ question, codes }, body, timezone, (fields, { endMs, timezone: zone }) =>
      ok({ own: { untilMs: begunUntil('day', zone, endMs, nowMs) }, activity: activityOf(fields) }),
    ),
  make(question: ActiveQuestion) {
    const days = begunDays(question);
    const { buckets, first } = days;
    const startMs = buckets.starts[first - (LONGEST_DAYS - 1)]!;
    const reading = { startMs, endMs: question.untilMs, groupedBy: 'person' } as const;
    const reader = eventRows(question, reading, (atMs) => buckets.startOf(atMs));
    return { reader, fold: new ActiveFold(question, days, reader.breakdown.texts) };
  },
} as const satisfies JourneyKind<ActiveQuestion>;
