/**
 * Frequency: how many people did something how often in the range: events, or the hours, days, weeks or months with one.
 *
 * The breakdown is the person's first value, so each person is in one group.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { INTERVAL_MS } from '../query/question/interval.ts';
import { ok, type Result } from '../std/result.ts';
import { Buckets } from './kit/buckets.ts';
import { CountTable } from './kit/count-table.ts';
import { type GroupKey, groupKey, rankGroups } from './kit/groups.ts';
import { type Journey, TOO_MANY_GROUPS } from './kit/journey.ts';
import { JourneyRows } from './kit/journey-rows.ts';
import { type Quantiles, quantilesOfCounts } from './kit/quantiles.ts';
import {
  commonFields,
  eventsField,
  type JourneyQuestion,
  type JourneyRefusal,
  parseQuestion,
  refuse,
} from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT } from './kit/text-codes.ts';

const BARS_DEFAULT = 20;
const INTERVAL_OF = { hours: 'hour', days: 'day', weeks: 'week', months: 'month' } as const;

export const frequencySchema = z.strictObject({
  ...commonFields,
  events: eventsField,
  of: z.enum(['events', 'hours', 'days', 'weeks', 'months']).optional().describe('What is counted; days unless said.'),
  bars: z.int().min(1).max(1_000).optional().describe('Counts told apart, from 1 on; the last bar has all from it on.'),
});

export interface FrequencyQuestion extends JourneyQuestion {
  readonly of: 'events' | keyof typeof INTERVAL_OF;
  readonly bars: number;
}

export function parseFrequency(body: unknown, timezone: string): Result<FrequencyQuestion, JourneyRefusal> {
  return parseQuestion(frequencySchema, body, timezone, ({ of = 'days', bars = BARS_DEFAULT }, { startMs, endMs }) => {
    if (of === 'hours' && (endMs - startMs) / INTERVAL_MS.hour > LIMITS.queryPointsMax) {
      return refuse('too-many-points', '/of', `A range has at most ${LIMITS.queryPointsMax} hours here.`);
    }
    return ok({ own: { of, bars } });
  });
}

export interface FrequencyTable {
  readonly people: number;
  /** `n`: times; the last bar, `orMore`, has everybody from there on. */
  readonly bars: readonly { readonly n: number; readonly people: number; readonly orMore?: true }[];
  /** Of the times a person. */
  readonly times: Quantiles;
}
export interface FrequencyAnswer extends FrequencyTable {
  readonly groups?: readonly (GroupKey & FrequencyTable)[];
}

export class Frequency extends JourneyRows implements Journey<FrequencyAnswer> {
  readonly place?: (atMs: number) => number;
  readonly #question: FrequencyQuestion;
  readonly #counts = new CountTable();

  constructor(question: FrequencyQuestion) {
    const { of, timezone, startMs, endMs } = question;
    super(question, { startMs, groupedBy: 'person', columns: [] });
    this.#question = question;
    if (of !== 'events') {
      const buckets = new Buckets(INTERVAL_OF[of], timezone, startMs, endMs);
      this.place = (atMs) => buckets.startOf(atMs);
    }
  }

  protected codeOf(): number {
    return 1;
  }

  add({ at, offsets, groups, personCount }: Sequences): void {
    for (let person = 0; person < personCount && this.overflow === null; person++) {
      const from = offsets[person]!;
      const to = offsets[person + 1]!;
      if (to === from) continue;
      let times = to - from;
      if (this.place !== undefined) {
        times = 1;
        for (let row = from + 1; row < to; row++) if (at[row] !== at[row - 1]) times++;
      }
      this.#counts.add(groups.length === 0 ? ABSENT : groups[person]!, times);
      if (this.#counts.cellCount > LIMITS.journeyCellsMax) this.overflow = TOO_MANY_GROUPS;
    }
  }

  finish(): FrequencyAnswer {
    const { groupBy, top } = this.#question;
    const sizes = this.#counts.sizes();
    const answer = this.#table([...sizes.keys()]);
    if (groupBy === null) return answer;
    const { texts } = this.reader;
    const ranked = rankGroups(sizes, texts, top);
    const groups = ranked.members.map((members, index) => ({
      ...groupKey(groupBy, texts, ranked, index),
      ...this.#table(members),
    }));
    return { ...answer, groups };
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
