/**
 * Lifecycle: the people of each day, week or month by what they were before it.
 *
 * | | in this interval | in the one before | earlier |
 * |---|---|---|---|
 * | new | yes | no | no |
 * | returning | yes | yes | |
 * | resurrected | yes | no | yes |
 * | dormant | no | yes | |
 *
 * "Earlier" reaches back `historyDays` before the range, to the beginning of an interval, and at least one. The first interval
 * is read from its beginning, and the last is that of now, although it may not be over: in one that has not come everybody
 * would be dormant. The breakdown is the person's first value, so each person is in one group.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { startOf } from '../query/question/interval.ts';
import { ok, type Result } from '../std/result.ts';
import { Buckets, begunUntil } from './kit/buckets.ts';
import { GroupedCounts, type GroupKey, groupKey, rankGroups } from './kit/groups.ts';
import { type Journey, TOO_MANY_GROUPS } from './kit/journey.ts';
import { JourneyRows } from './kit/journey-rows.ts';
import {
  commonFields,
  eventsField,
  historyField,
  historyMs,
  type JourneyQuestion,
  type JourneyRefusal,
  parseQuestion,
} from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT } from './kit/text-codes.ts';

export const lifecycleSchema = z.strictObject({
  ...commonFields,
  events: eventsField,
  interval: z.enum(['day', 'week', 'month']),
  historyDays: historyField,
});

export interface LifecycleQuestion extends JourneyQuestion {
  readonly interval: 'day' | 'week' | 'month';
  readonly historyStartMs: number;
  /** End of the last interval that has begun. */
  readonly untilMs: number;
}

/** Without `nowMs` the whole range has come. */
export function parseLifecycle(
  body: unknown,
  timezone: string,
  nowMs = Number.POSITIVE_INFINITY,
): Result<LifecycleQuestion, JourneyRefusal> {
  return parseQuestion(lifecycleSchema, body, timezone, ({ interval, historyDays }, common) => {
    const { startMs, endMs, timezone: zone } = common;
    const firstMs = startOf(interval, zone, startMs);
    const historyStartMs = startOf(interval, zone, Math.min(firstMs - 1, firstMs - historyMs(historyDays)));
    return ok({ own: { interval, historyStartMs, untilMs: begunUntil(interval, zone, endMs, nowMs) } });
  });
}

const STATES = ['new', 'returning', 'resurrected', 'dormant'] as const;
const NEW = 0;
const RETURNING = 1;
const RESURRECTED = 2;
const DORMANT = 3;

export type LifecyclePoint = { readonly at: string } & { readonly [state in (typeof STATES)[number]]: number };
export interface LifecycleAnswer {
  readonly points: readonly LifecyclePoint[];
  readonly historyFrom: string;
  readonly groups?: readonly (GroupKey & { readonly points: readonly LifecyclePoint[] })[];
}

export class Lifecycle extends JourneyRows implements Journey<LifecycleAnswer> {
  readonly #question: LifecycleQuestion;
  readonly #buckets: Buckets;
  /** The range's intervals that have begun, [first, end). */
  readonly #first: number;
  readonly #end: number;
  /** By group: people, then the four states of each interval. */
  readonly #counts: GroupedCounts;

  constructor(question: LifecycleQuestion) {
    const { interval, timezone, startMs, endMs, historyStartMs, untilMs } = question;
    super({ ...question, endMs: untilMs }, { startMs: historyStartMs, groupedBy: 'person', columns: [] });
    this.#question = question;
    this.#buckets = new Buckets(interval, timezone, historyStartMs, endMs);
    this.#first = this.#buckets.indexOf(startMs);
    this.#end = Math.max(this.#first, this.#buckets.indexOf(untilMs - 1) + 1);
    this.#counts = new GroupedCounts(1 + STATES.length * (this.#end - this.#first));
  }

  place(atMs: number): number {
    return this.#buckets.startOf(atMs);
  }

  protected codeOf(): number {
    return 1;
  }

  add({ at, offsets, groups, personCount }: Sequences): void {
    for (let person = 0; person < personCount && this.overflow === null; person++) {
      const from = offsets[person]!;
      const to = offsets[person + 1]!;
      if (to === from) continue;
      const counts = this.#counts.of(groups.length === 0 ? ABSENT : groups[person]!);
      let before = -1;
      let isInRange = false;
      for (let row = from; row < to; row++) {
        const bucket = this.#buckets.indexOf(at[row]!);
        if (bucket === before) continue;
        if (before !== -1 && bucket > before + 1) this.#count(counts, before + 1, DORMANT);
        this.#count(counts, bucket, before === -1 ? NEW : bucket === before + 1 ? RETURNING : RESURRECTED);
        isInRange ||= bucket >= this.#first;
        before = bucket;
      }
      if (before + 1 < this.#end) this.#count(counts, before + 1, DORMANT);
      if (isInRange) counts[0]!++;
      if (this.#counts.cellCount > LIMITS.journeyCellsMax * 4) this.overflow = TOO_MANY_GROUPS;
    }
  }

  finish(): LifecycleAnswer {
    const { groupBy, top, historyStartMs } = this.#question;
    const sizes = this.#counts.sizes(0);
    const points = this.#points([...sizes.keys()]);
    const answer = { points, historyFrom: new Date(historyStartMs).toISOString() };
    if (groupBy === null) return answer;
    const { texts } = this.reader;
    const ranked = rankGroups(sizes, texts, top);
    const groups = ranked.members.map((members, index) => ({
      ...groupKey(groupBy, texts, ranked, index),
      points: this.#points(members),
    }));
    return { ...answer, groups };
  }

  #count(counts: Float64Array, bucket: number, state: number): void {
    if (bucket >= this.#first) counts[1 + STATES.length * (bucket - this.#first) + state]!++;
  }

  #points(groups: readonly number[]): LifecyclePoint[] {
    const counts = this.#counts.sum(groups);
    return Array.from({ length: this.#end - this.#first }, (_, index) => {
      const [fresh, returning, resurrected, dormant] = counts.subarray(
        1 + STATES.length * index,
      ) as unknown as number[];
      return {
        at: this.#buckets.at(this.#first + index),
        new: fresh!,
        returning: returning!,
        resurrected: resurrected!,
        dormant: dormant!,
      };
    });
  }
}
