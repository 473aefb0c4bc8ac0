/**
 * Active people: of each day those active on it (DAU), in the 7 days that end with it (WAU), in the 30 (MAU); stickiness is
 * DAU / MAU. Days are the zone's.
 *
 * The 29 days before the range are read too, and its first day from its beginning, so that its first figures are as whole as
 * its last. The last day is today at the most, although it is not over: days that have not come would get the falling rest of
 * WAU and MAU. The breakdown is the person's first value, so each person is in one group.
 */
import { z } from 'zod';
import { DAY_MS, LIMITS } from '../limits.ts';
import { ok, type Result } from '../std/result.ts';
import { Buckets, begunUntil } from './kit/buckets.ts';
import { GroupedCounts, type GroupKey, groupKey, rankGroups } from './kit/groups.ts';
import { type Journey, TOO_MANY_GROUPS } from './kit/journey.ts';
import { JourneyRows } from './kit/journey-rows.ts';
import { commonFields, eventsField, type JourneyQuestion, type JourneyRefusal, parseQuestion } from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT } from './kit/text-codes.ts';

const WEEK_DAYS = 7;
const MONTH_DAYS = 30;

export const activeSchema = z.strictObject({ ...commonFields, events: eventsField });

export interface ActiveQuestion extends JourneyQuestion {
  /** End of the last day that has begun. */
  readonly untilMs: number;
}

/** Without `nowMs` the whole range has come. */
export function parseActive(
  body: unknown,
  timezone: string,
  nowMs = Number.POSITIVE_INFINITY,
): Result<ActiveQuestion, JourneyRefusal> {
  return parseQuestion(activeSchema, body, timezone, (_, { endMs, timezone: zone }) =>
    ok({ own: { untilMs: begunUntil('day', zone, endMs, nowMs) } }),
  );
}

export interface ActiveDay {
  /** Start of the day. */
  readonly at: string;
  readonly dau: number;
  readonly wau: number;
  readonly mau: number;
  /** dau / mau; null: nobody. */
  readonly stickiness: number | null;
}
export interface ActiveTable {
  /** Active in the range. */
  readonly people: number;
  readonly days: readonly ActiveDay[];
}
export interface ActiveAnswer extends ActiveTable {
  readonly groups?: readonly (GroupKey & ActiveTable)[];
}

export class Active extends JourneyRows implements Journey<ActiveAnswer> {
  readonly #question: ActiveQuestion;
  readonly #buckets: Buckets;
  /** The range's days that have begun, [first, end) among the buckets. */
  readonly #first: number;
  readonly #end: number;
  /** By group: people, then for each of DAU, WAU, MAU the changes from day to day. */
  readonly #changes: GroupedCounts;

  constructor(question: ActiveQuestion) {
    const { startMs, endMs, timezone, untilMs } = question;
    // Two days more than needed, for days of 23 hours; then from the day that is needed.
    const buckets = new Buckets('day', timezone, startMs - (MONTH_DAYS + 2) * DAY_MS, endMs);
    const first = buckets.indexOf(startMs);
    const readFromMs = buckets.starts[first - (MONTH_DAYS - 1)]!;
    super({ ...question, endMs: untilMs }, { startMs: readFromMs, groupedBy: 'person', columns: [] });
    this.#question = question;
    this.#buckets = buckets;
    this.#first = first;
    this.#end = Math.max(first, buckets.indexOf(untilMs - 1) + 1);
    this.#changes = new GroupedCounts(1 + 3 * (this.#end - first + 1));
  }

  place(atMs: number): number {
    return this.#buckets.startOf(atMs);
  }

  protected codeOf(): number {
    return 1;
  }

  add({ at, offsets, groups, personCount }: Sequences): void {
    const width = this.#end - this.#first + 1;
    for (let person = 0; person < personCount && this.overflow === null; person++) {
      const from = offsets[person]!;
      const to = offsets[person + 1]!;
      if (to === from) continue;
      const changes = this.#changes.of(groups.length === 0 ? ABSENT : groups[person]!);
      if (at[to - 1]! >= this.#buckets.starts[this.#first]!) changes[0]!++;
      this.#spread(changes, 1, at, from, to, 1);
      this.#spread(changes, 1 + width, at, from, to, WEEK_DAYS);
      this.#spread(changes, 1 + 2 * width, at, from, to, MONTH_DAYS);
      if (this.#changes.cellCount > LIMITS.journeyCellsMax * 4) this.overflow = TOO_MANY_GROUPS;
    }
  }

  finish(): ActiveAnswer {
    const { groupBy, top } = this.#question;
    const sizes = this.#changes.sizes(0);
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

  /** Each day of activity counts for the `days` days from it on; overlapping stretches count once. */
  #spread(changes: Float64Array, offset: number, at: Float64Array, from: number, to: number, days: number): void {
    const first = this.#first;
    const last = this.#end;
    let coveredTo = first;
    for (let row = from; row < to; row++) {
      const day = this.#buckets.indexOf(at[row]!);
      const start = Math.max(day, coveredTo);
      const end = Math.min(day + days, last);
      if (end <= start) continue;
      changes[offset + start - first]!++;
      changes[offset + end - first]!--;
      coveredTo = end;
    }
  }

  #table(groups: readonly number[]): ActiveTable {
    const changes = this.#changes.sum(groups);
    const count = this.#end - this.#first;
    const active = [0, 0, 0];
    const days: ActiveDay[] = [];
    for (let day = 0; day < count; day++) {
      for (let measure = 0; measure < 3; measure++) active[measure]! += changes[1 + measure * (count + 1) + day]!;
      const [dau, wau, mau] = active as [number, number, number];
      days.push({ at: this.#buckets.at(this.#first + day), dau, wau, mau, stickiness: mau === 0 ? null : dau / mau });
    }
    return { people: changes[0]!, days };
  }
}
