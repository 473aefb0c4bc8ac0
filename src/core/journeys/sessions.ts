/**
 * Sessions: stretches of a person's events in which no pause is longer than the gap, strictly.
 *
 * A session belongs to the range in which it starts. Events of one gap before the range are read only to know which
 * sessions run over its start: those are not counted (CORRECTNESS N4), so adjacent ranges count each session once. At
 * the end of the range a session is measured up to there; `open` is the number of sessions that may go on. duration:
 * last − first event, in seconds. bounce: a session of exactly one event. Entry and exit page: the first and the last
 * event of the session that has the page property; pages of one instant are ordered by text. The breakdown is the value at the session's first event.
 */
import { z } from 'zod';
import { columnName } from '../event/property.ts';
import { LIMITS } from '../limits.ts';
import { INTERVAL_MS } from '../query/question/interval.ts';
import { ok } from '../std/result.ts';
import { Buckets } from './counts/buckets.ts';
import { CountTable } from './counts/count-table.ts';
import { GroupedCounts } from './counts/grouped-counts.ts';
import { groupedAnswer, groupsField, rankGroups } from './counts/groups.ts';
import { partialField, partialIn, partialMark } from './counts/partial.ts';
import { DurationBag, quantilesOfCounts, quantilesSchema } from './counts/quantiles.ts';
import { activityOf, identityEventsField } from './kit/activity.ts';
import { type JourneyFold, TOO_MANY_GROUPS } from './kit/journey.ts';
import type { JourneyKind } from './kit/journey-kind.ts';
import { type LabelledReader, labelledRows, labelOf } from './kit/labelled-rows.ts';
import {
  checkHours,
  commonFields,
  eventsField,
  type JourneyQuestion,
  nameSchema,
  parseQuestion,
  refuse,
} from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT, type TextCodes } from './kit/text-codes.ts';

const GAP_SECONDS_DEFAULT = 1_800;
const GAP_SECONDS_MAX = 86_400;
/** Pages listed; the rest is one more, `other`. */
const PAGES_TOP = 10;

const question = z.strictObject({
  ...commonFields,
  events: eventsField,
  identityEvents: identityEventsField,
  gapSeconds: z
    .number()
    .min(1)
    .max(GAP_SECONDS_MAX)
    .default(GAP_SECONDS_DEFAULT)
    .describe('The longest pause within a session.'),
  interval: z
    .enum(['hour', 'day', 'week', 'month'])
    .optional()
    .describe('Interval of `points`, the sessions by their start. Default: the answer has no points.'),
  page: nameSchema.default(columnName('path')).describe('Property that holds the page of an event.'),
});

const codes = {
  events: 'events-invalid',
  identityEvents: 'query-invalid',
  gapSeconds: 'gap-invalid',
  interval: 'interval-unknown',
  page: 'query-invalid',
} as const;

interface SessionsQuestion extends JourneyQuestion {
  readonly gapMs: number;
  /** Null when the answer has no points. */
  readonly interval: 'hour' | 'day' | 'week' | 'month' | null;
  readonly page: string;
}

const summary = {
  sessions: z.int(),
  bounces: z.int().describe('Sessions of one event.'),
  bounceRate: z.number().nullable().describe('bounces / sessions; null when there is no session.'),
  duration: quantilesSchema.describe('Seconds from the first to the last event of a session, by nearest rank.'),
  events: quantilesSchema.describe('Number of events of a session, by nearest rank.'),
  open: z.int().describe('Sessions that may go on after the range.'),
};
const pageSchema = z.object({
  page: z.string().nullable().describe('null when the session has no page, and for `other`.'),
  other: z.literal(true).optional().describe('Present on the last one when it holds all further pages.'),
  sessions: z.int(),
  bounces: z.int(),
});
const pointSchema = z.object({ at: z.iso.datetime(), partial: partialField, sessions: z.int(), bounces: z.int() });
const answer = groupedAnswer(summary, {
  people: z.int(),
  entries: z.array(pageSchema).describe('Sessions by their first page, the most frequent first.'),
  exits: z.array(pageSchema).describe('Sessions by their last page, the most frequent first.'),
  points: z.array(pointSchema).optional().describe('Sessions by their start, with `interval`.'),
});
type SessionSummary = z.output<z.ZodObject<typeof summary>>;
type SessionPage = z.output<typeof pageSchema>;
type SessionsAnswer = z.output<typeof answer>;

/** Columns of the counts. */
const SESSIONS = 0;
const BOUNCES = 1;
const OPEN = 2;

class SessionsFold implements JourneyFold<SessionsAnswer> {
  readonly #question: SessionsQuestion;
  readonly #texts: TextCodes;
  readonly #pages: TextCodes;
  readonly #buckets: Buckets | null;
  readonly #counts = new GroupedCounts(3);
  readonly #points = new GroupedCounts(2);
  readonly #entries = new GroupedCounts(2);
  readonly #exits = new GroupedCounts(2);
  readonly #durations = new DurationBag();
  readonly #lengths = new CountTable();
  #people = 0;
  excess: string | null = null;

  constructor(question: SessionsQuestion, { breakdown, labels }: LabelledReader) {
    const { interval, timezone, startMs, endMs } = question;
    this.#question = question;
    this.#texts = breakdown.texts;
    this.#pages = labels.texts;
    this.#buckets = interval && new Buckets(interval, timezone, startMs, endMs);
  }

  get isEstimated(): boolean {
    return this.#durations.isEstimated;
  }

  add(people: Sequences): void {
    const { at, offsets, personCount } = people;
    const { gapMs } = this.#question;
    for (let person = 0; person < personCount && this.excess === null; person++) {
      const to = offsets[person + 1]!;
      let first = offsets[person]!;
      let counted = 0;
      for (let row = first + 1; row <= to; row++) {
        if (row < to && at[row]! - at[row - 1]! <= gapMs) continue;
        counted += this.#addSession(people, first, row);
        first = row;
      }
      if (counted > 0) this.#people++;
      const cells = this.#counts.cellCount + this.#entries.cellCount + this.#exits.cellCount + this.#lengths.cellCount;
      if (cells > LIMITS.journeyCellsMax || this.#durations.isFull) this.excess = TOO_MANY_GROUPS;
    }
  }

  finish(): SessionsAnswer {
    const sizes = this.#counts.sizes(SESSIONS);
    const [whole] = this.#summaries([[...sizes.keys()]]);
    return {
      ...whole!,
      people: this.#people,
      entries: this.#pageTable(this.#entries),
      exits: this.#pageTable(this.#exits),
      ...(this.#buckets && { points: this.#pointTable(this.#buckets) }),
      ...groupsField(this.#question, this.#texts, sizes, (lots) => this.#summaries(lots)),
    };
  }

  /** Adds the session of the events [from, to). Returns 1 when it counts. */
  #addSession(people: Sequences, from: number, to: number): 0 | 1 {
    const { at, codes } = people;
    const { startMs, endMs, gapMs } = this.#question;
    const firstMs = at[from]!;
    if (firstMs < startMs) return 0;
    const lastMs = at[to - 1]!;
    const isBounce = Number(to === from + 1);
    const group = this.#firstGroup(people, from, to);
    const counts = this.#counts.row(group);
    counts[SESSIONS]!++;
    counts[BOUNCES]! += isBounce;
    if (lastMs + gapMs >= endMs) counts[OPEN]!++;
    this.#durations.add(group, lastMs - firstMs);
    this.#lengths.add(group, to - from);
    countSession(this.#entries, this.#nextPage(at, codes, from, to), isBounce);
    countSession(this.#exits, this.#nextPage(at, codes, to - 1, from - 1), isBounce);
    if (this.#buckets !== null) countSession(this.#points, this.#buckets.indexOf(firstMs), isBounce);
    return 1;
  }

  /** The breakdown's value at the session's first event; of several events at one instant, the first value by text. */
  #firstGroup({ at, groups }: Sequences, from: number, to: number): number {
    if (groups.length === 0) return ABSENT;
    const ranks = this.#texts.ranks();
    let best = groups[from]!;
    for (let row = from + 1; row < to && at[row] === at[from]; row++) {
      if (ranks[groups[row]!]! < ranks[best]!) best = groups[row]!;
    }
    return best;
  }

  /**
   * The first page on the way from `from`, forward or backward, to before `to`. Pages of one instant are ordered by text,
   * as those of paths are: forward the first of them is taken, backward the last.
   */
  #nextPage(at: Float64Array, codes: Uint32Array, from: number, to: number): number {
    const step = from < to ? 1 : -1;
    let row = from;
    while (row !== to && labelOf(codes[row]!) === ABSENT) row += step;
    if (row === to) return ABSENT;
    let best = labelOf(codes[row]!);
    const atMs = at[row]!;
    for (row += step; row !== to && at[row] === atMs; row += step) {
      const page = labelOf(codes[row]!);
      if (page !== best && page !== ABSENT && step * this.#pages.compare(page, best) < 0) best = page;
    }
    return best;
  }

  #summaries(lots: readonly (readonly number[])[]): SessionSummary[] {
    const lotOf = new Map(lots.flatMap((groups, lot) => groups.map((group) => [group, lot] as const)));
    const durations = this.#durations.seconds(lots.length, (group) => lotOf.get(group));
    return lots.map((groups, lot) => {
      const [sessions, bounces, open] = this.#counts.sum(groups) as unknown as [number, number, number];
      return {
        sessions,
        bounces,
        bounceRate: sessions === 0 ? null : bounces / sessions,
        duration: durations[lot]!,
        events: quantilesOfCounts(this.#lengths.merged(groups)),
        open,
      };
    });
  }

  #pageTable(pages: GroupedCounts): SessionPage[] {
    const { lots, hasOther } = rankGroups(pages.sizes(SESSIONS), this.#pages, PAGES_TOP);
    return lots.map((members, index) => {
      const [sessions, bounces] = pages.sum(members) as unknown as [number, number];
      const isOther = hasOther && index === lots.length - 1;
      if (isOther) return { page: null, other: true, sessions, bounces };
      return { page: this.#pages.text(members[0]!), sessions, bounces };
    });
  }

  #pointTable(buckets: Buckets): z.output<typeof pointSchema>[] {
    const isPartial = partialIn(buckets, this.#question);
    return buckets.starts.map((_, index) => {
      const [sessions, bounces] = this.#points.sum([index]) as unknown as [number, number];
      return { at: buckets.at(index), ...partialMark(isPartial(index)), sessions, bounces };
    });
  }
}

function countSession(counts: GroupedCounts, group: number, isBounce: number): void {
  const row = counts.row(group);
  row[SESSIONS]!++;
  row[BOUNCES]! += isBounce;
}

export const sessions = {
  name: 'sessions',
  summary: 'Sessions: count, duration, bounces, entry and exit pages',
  description:
    'A session counts in the range in which it starts. It ends when no event follows for longer than `gapSeconds`.',
  question,
  codes,
  answer,
  parse: (body: unknown, timezone: string) =>
    parseQuestion({ question, codes }, body, timezone, (fields, { startMs, endMs }) => {
      const { gapSeconds, interval = null, page } = fields;
      const hours = interval === 'hour' ? checkHours({ startMs, endMs }, '/interval') : ok(null);
      if (!hours.ok) return hours;
      const points = interval === null ? 0 : Math.ceil((endMs - startMs) / INTERVAL_MS[interval]);
      if (points > LIMITS.queryPointsMax) {
        const message = `An answer has at most ${LIMITS.queryPointsMax} points; this question asks for ${points}.`;
        return refuse('too-many-points', '/interval', message);
      }
      const own = { gapMs: Math.round(gapSeconds * 1_000), interval, page };
      return ok({ own, activity: activityOf(fields), properties: [page] });
    }),
  make(question: SessionsQuestion) {
    const { startMs, gapMs, page } = question;
    const labelling = { property: page, plural: 'pages', anchor: null };
    const reader = labelledRows(question, labelling, { startMs: startMs - gapMs, groupedBy: 'event' });
    return { reader, fold: new SessionsFold(question, reader) };
  },
} as const satisfies JourneyKind<SessionsQuestion>;
