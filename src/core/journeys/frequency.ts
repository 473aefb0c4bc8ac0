/**
 * Frequency: the number of people by how often they did something in the range: by events, or by the hours, days, weeks
 * or months that have one.
 *
 * The breakdown is the person's first value, so each person is in one group.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { ok } from '../std/result.ts';
import { Buckets } from './counts/buckets.ts';
import { CountTable } from './counts/count-table.ts';
import { groupedAnswer, groupsField } from './counts/groups.ts';
import { quantilesOfCounts, quantilesSchema } from './counts/quantiles.ts';
import { activityOf, identityEventsField } from './kit/activity.ts';
import { eventRows } from './kit/event-rows.ts';
import type { FigureKind } from './kit/figure.ts';
import { type JourneyFold, TOO_MANY_GROUPS } from './kit/journey.ts';
import type { JourneyKind } from './kit/journey-kind.ts';
import { checkHours, commonFields, eventsField, type JourneyQuestion, parseQuestion } from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT, type TextCodes } from './kit/text-codes.ts';

const BARS_DEFAULT = 20;
const INTERVAL_OF = { hours: 'hour', days: 'day', weeks: 'week', months: 'month' } as const;

const question = z.strictObject({
  ...commonFields,
  events: eventsField,
  identityEvents: identityEventsField,
  of: z
    .enum(['events', 'hours', 'days', 'weeks', 'months'])
    .default('days')
    .describe('The unit that is counted: events, or intervals with an event.'),
  bars: z
    .int()
    .min(1)
    .max(1_000)
    .default(BARS_DEFAULT)
    .describe('Number of bars: one for each count from 1 on. The last bar has all greater counts too.'),
});

const codes = {
  events: 'events-invalid',
  identityEvents: 'query-invalid',
  of: 'mode-invalid',
  bars: 'query-invalid',
} as const;

interface FrequencyQuestion extends JourneyQuestion {
  readonly unit: 'events' | keyof typeof INTERVAL_OF;
  readonly bars: number;
}

const barSchema = z.object({ n: z.int(), people: z.int(), orMore: z.literal(true).optional() });
const table = {
  people: z.int(),
  bars: z.array(barSchema).describe('People by `n`, their count. The last bar, `orMore`, has all greater counts.'),
  times: quantilesSchema.describe('Quantiles of the count of each person.'),
};
const answer = groupedAnswer(table, {});
type FrequencyTable = z.output<z.ZodObject<typeof table>>;
type FrequencyAnswer = z.output<typeof answer>;

class FrequencyFold implements JourneyFold<FrequencyAnswer> {
  readonly #question: FrequencyQuestion;
  readonly #texts: TextCodes;
  readonly #counts = new CountTable();
  /** The people of each bar, over all groups. */
  readonly #people: Float64Array;
  excess: string | null = null;

  constructor(question: FrequencyQuestion, texts: TextCodes) {
    this.#question = question;
    this.#texts = texts;
    this.#people = new Float64Array(question.bars);
  }

  add({ at, offsets, groups, personCount }: Sequences): void {
    const isByInterval = this.#question.unit !== 'events';
    for (let person = 0; person < personCount && this.excess === null; person++) {
      const from = offsets[person]!;
      const to = offsets[person + 1]!;
      if (to === from) continue;
      const count = isByInterval ? countInstants(at, from, to) : to - from;
      this.#people[Math.min(count, this.#question.bars) - 1]!++;
      this.#counts.add(groups.length === 0 ? ABSENT : groups[person]!, count);
      if (this.#counts.cellCount > LIMITS.journeyCellsMax) this.excess = TOO_MANY_GROUPS;
    }
  }

  /** The people counted so far with this count or, at the last bar, with more. */
  people(n: number): number {
    return this.#people[n - 1]!;
  }

  finish(): FrequencyAnswer {
    const sizes = this.#counts.sizes();
    return {
      ...this.#table([...sizes.keys()]),
      ...groupsField(this.#question, this.#texts, sizes, (lots) => lots.map((groups) => this.#table(groups))),
    };
  }

  #table(groups: readonly number[]): FrequencyTable {
    const counts = this.#counts.merged(groups);
    const times = quantilesOfCounts(counts);
    const { bars } = this.#question;
    const people = new Float64Array(bars);
    for (const [n, count] of counts) people[Math.min(n, bars) - 1]! += count;
    const last = Math.min(bars, times.p100 ?? 0);
    return {
      people: times.n,
      bars: Array.from(people.subarray(0, last), (count, index) => ({
        n: index + 1,
        people: count,
        ...(index === bars - 1 && { orMore: true as const }),
      })),
      times,
    };
  }
}

/** The number of different instants of the events [from, to); each interval is kept as one instant. */
function countInstants(at: Float64Array, from: number, to: number): number {
  let count = 1;
  for (let row = from + 1; row < to; row++) if (at[row] !== at[row - 1]) count++;
  return count;
}

export const frequency = {
  name: 'frequency',
  summary: 'The number of people by how often they did something',
  description:
    'Counts the events of each person, or the hours, days, weeks or months with an event, and the people by count.',
  question,
  codes,
  answer,
  parse: (body: unknown, timezone: string) =>
    parseQuestion({ question, codes }, body, timezone, (fields, { startMs, endMs }) => {
      const { of: unit, bars } = fields;
      const hours = unit === 'hours' ? checkHours({ startMs, endMs }, '/of') : ok(null);
      if (!hours.ok) return hours;
      return ok({ own: { unit, bars }, activity: activityOf(fields) });
    }),
  make: makeFrequency,
} as const satisfies JourneyKind<FrequencyQuestion>;

function makeFrequency(question: FrequencyQuestion) {
  const { unit, timezone, startMs, endMs } = question;
  const buckets = unit === 'events' ? null : new Buckets(INTERVAL_OF[unit], timezone, startMs, endMs);
  const place = buckets && ((atMs: number) => buckets.startOf(atMs));
  const reader = eventRows(question, { groupedBy: 'person' }, place);
  return { reader, fold: new FrequencyFold(question, reader.breakdown.texts) };
}

const figure = z.strictObject({ n: z.int().min(1).describe('`n` of a bar.') });

export const frequencyFigure = {
  journey: frequency.name,
  figure,
  make(question: FrequencyQuestion, { n }: z.output<typeof figure>) {
    if (n > question.bars) return null;
    const { reader, fold } = makeFrequency(question);
    return { reader, fold, count: () => fold.people(n) };
  },
} as const satisfies FigureKind<FrequencyQuestion>;
