/**
 * Sessions: stretches of a person's events with no pause longer than the gap, strictly.
 *
 * A session belongs to the range it starts in. Events of one gap before the range are read only to know which sessions run
 * over its start: those are not counted (CORRECTNESS N4), so ranges that touch count each session once. At the end of the range
 * a session is measured up to there; `open` says how many of them might go on.
 * duration: last − first event, in seconds. bounce: a session of exactly one event. Entry and exit page: the first and the last
 * event of the session that has the page property. The breakdown is the value at the session's first event.
 */
import { z } from 'zod';
import { propertyColumn } from '../event/property.ts';
import { LIMITS } from '../limits.ts';
import { INTERVAL_MS } from '../query/question/interval.ts';
import type { RowText } from '../query/rows/row-source.ts';
import { ok, type Result } from '../std/result.ts';
import { Buckets } from './kit/buckets.ts';
import { CountTable } from './kit/count-table.ts';
import { GroupedCounts, type GroupKey, groupKey, rankGroups } from './kit/groups.ts';
import { type Journey, TOO_MANY_GROUPS } from './kit/journey.ts';
import { JourneyRows } from './kit/journey-rows.ts';
import { DurationBag, type Quantiles, quantilesOfCounts } from './kit/quantiles.ts';
import {
  commonFields,
  eventsField,
  type JourneyQuestion,
  type JourneyRefusal,
  parseQuestion,
  refuse,
} from './kit/request.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT, TextCodes } from './kit/text-codes.ts';

const GAP_SECONDS_DEFAULT = 1_800;
const GAP_SECONDS_MAX = 86_400;
const PAGES_DEFAULT = 10;

export const sessionsSchema = z.strictObject({
  ...commonFields,
  events: eventsField,
  gapSeconds: z
    .number()
    .min(1)
    .max(GAP_SECONDS_MAX)
    .optional()
    .describe('The longest pause within a session; 1800 unless said.'),
  interval: z.enum(['hour', 'day', 'week', 'month']).optional().describe('`points`: sessions by when they started.'),
  page: z.string().min(1).max(LIMITS.nameLengthMax).optional().describe('Property that is a page; path unless said.'),
});

export interface SessionsQuestion extends JourneyQuestion {
  readonly gapMs: number;
  readonly interval: 'hour' | 'day' | 'week' | 'month' | null;
  readonly page: string;
}

export function parseSessions(body: unknown, timezone: string): Result<SessionsQuestion, JourneyRefusal> {
  return parseQuestion(sessionsSchema, body, timezone, (fields, { startMs, endMs }) => {
    const { gapSeconds = GAP_SECONDS_DEFAULT, interval = null, page = 'path' } = fields;
    const points = interval === null ? 0 : Math.ceil((endMs - startMs) / INTERVAL_MS[interval]);
    if (points > LIMITS.queryPointsMax) {
      return refuse(
        'too-many-points',
        '/interval',
        `At most ${LIMITS.queryPointsMax} points; this asks for ${points}.`,
      );
    }
    return ok({ own: { gapMs: Math.round(gapSeconds * 1_000), interval, page } });
  });
}

export interface SessionPage {
  readonly page: string | null;
  /** All further ones together. */
  readonly other?: true;
  readonly sessions: number;
  readonly bounces: number;
}
export interface SessionSummary {
  readonly sessions: number;
  readonly bounces: number;
  readonly bounceRate: number | null;
  /** Seconds. */
  readonly duration: Quantiles;
  /** Events a session. */
  readonly events: Quantiles;
  /** Sessions that may go on after the range. */
  readonly open: number;
}
export interface SessionsAnswer extends SessionSummary {
  readonly people: number;
  readonly entries: readonly SessionPage[];
  readonly exits: readonly SessionPage[];
  readonly points?: readonly { readonly at: string; readonly sessions: number; readonly bounces: number }[];
  readonly groups?: readonly (GroupKey & SessionSummary)[];
  readonly estimated?: true;
}

const SESSIONS = 0;
const BOUNCES = 1;
const OPEN = 2;

export class Sessions extends JourneyRows implements Journey<SessionsAnswer> {
  readonly #question: SessionsQuestion;
  readonly #pages = new TextCodes();
  readonly #page: RowText;
  readonly #buckets: Buckets | null;
  readonly #counts = new GroupedCounts(3);
  readonly #points: GroupedCounts;
  readonly #entries = new GroupedCounts(2);
  readonly #exits = new GroupedCounts(2);
  readonly #durations = new DurationBag();
  readonly #lengths = new CountTable();
  #people = 0;

  constructor(question: SessionsQuestion) {
    const { startMs, endMs, gapMs, page, interval, timezone } = question;
    super(question, { startMs: startMs - gapMs, groupedBy: 'event', columns: [propertyColumn(page)] });
    this.#question = question;
    this.#page = this.reader.source.text(page);
    this.#buckets = interval && new Buckets(interval, timezone, startMs, endMs);
    this.#points = new GroupedCounts(2);
  }

  protected codeOf(row: number): number {
    return 1 + this.#pages.code(this.#page(row));
  }

  override get labelTexts(): TextCodes {
    return this.#pages;
  }

  override relabelled(code: number, pages: Uint32Array): number {
    return 1 + pages[code - 1]!;
  }

  add(people: Sequences): void {
    const { at, offsets, personCount } = people;
    const { gapMs } = this.#question;
    for (let person = 0; person < personCount && this.overflow === null; person++) {
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
      if (cells > LIMITS.journeyCellsMax || this.#durations.isFull) this.overflow = TOO_MANY_GROUPS;
    }
  }

  protected override get textExcess(): string | null {
    return super.textExcess ?? (this.#pages.isFull ? 'There are too many different pages' : null);
  }

  finish(): SessionsAnswer {
    const { groupBy, top } = this.#question;
    const all = [...this.#counts.sizes(SESSIONS).keys()];
    const [whole] = this.#summaries([all]);
    const buckets = this.#buckets;
    const answer: SessionsAnswer = {
      ...whole!,
      people: this.#people,
      entries: this.#pageTable(this.#entries),
      exits: this.#pageTable(this.#exits),
      ...(buckets && {
        points: buckets.starts.map((_, index) => {
          const [sessions, bounces] = this.#points.sum([index]) as unknown as [number, number];
          return { at: buckets.at(index), sessions, bounces };
        }),
      }),
      ...(this.#durations.isEstimated && { estimated: true as const }),
    };
    if (groupBy === null) return answer;
    const { texts } = this.reader;
    const ranked = rankGroups(this.#counts.sizes(SESSIONS), texts, top);
    const summaries = this.#summaries(ranked.members);
    const groups = summaries.map((summary, index) => ({ ...groupKey(groupBy, texts, ranked, index), ...summary }));
    return { ...answer, groups };
  }

  /** The session of the events [from, to). Gives 1 when it counts. */
  #addSession({ at, codes, groups }: Sequences, from: number, to: number): 0 | 1 {
    const { startMs, endMs, gapMs } = this.#question;
    const firstMs = at[from]!;
    if (firstMs < startMs) return 0;
    const lastMs = at[to - 1]!;
    const isBounce = Number(to === from + 1);
    const group = groups.length === 0 ? ABSENT : this.#firstGroup(at, groups, from, to);
    const counts = this.#counts.of(group);
    counts[SESSIONS]!++;
    counts[BOUNCES]! += isBounce;
    if (lastMs + gapMs >= endMs) counts[OPEN]!++;
    this.#durations.add(group, lastMs - firstMs);
    this.#lengths.add(group, to - from);
    countPage(this.#entries, this.#entryPage(at, codes, from, to, 1), isBounce);
    countPage(this.#exits, this.#entryPage(at, codes, to - 1, from - 1, -1), isBounce);
    if (this.#buckets !== null) countPage(this.#points, this.#buckets.indexOf(firstMs), isBounce);
    return 1;
  }

  #firstGroup(at: Float64Array, groups: Uint32Array, from: number, to: number): number {
    const ranks = this.reader.texts.ranks();
    let best = groups[from]!;
    for (let row = from + 1; row < to && at[row] === at[from]; row++) {
      if (ranks[groups[row]!]! < ranks[best]!) best = groups[row]!;
    }
    return best;
  }

  /** The first page on the way from `from` to before `to`; of several at one instant the one that goes first. */
  #entryPage(at: Float64Array, codes: Uint32Array, from: number, to: number, step: 1 | -1): number {
    let row = from;
    while (row !== to && codes[row] === 1) row += step;
    if (row === to) return ABSENT;
    let best = codes[row]! - 1;
    const atMs = at[row]!;
    for (row += step; row !== to && at[row] === atMs; row += step) {
      const page = codes[row]! - 1;
      if (page !== best && page !== ABSENT && this.#pages.ranks()[page]! < this.#pages.ranks()[best]!) best = page;
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
    const ranked = rankGroups(pages.sizes(SESSIONS), this.#pages, PAGES_DEFAULT);
    return ranked.members.map((members, index) => {
      const [sessions, bounces] = pages.sum(members) as unknown as [number, number];
      const isOther = ranked.hasOther && index === ranked.members.length - 1;
      if (isOther) return { page: null, other: true, sessions, bounces };
      return { page: this.#pages.text(members[0]!), sessions, bounces };
    });
  }
}

function countPage(counts: GroupedCounts, page: number, isBounce: number): void {
  const row = counts.of(page);
  row[SESSIONS]!++;
  row[BOUNCES]! += isBounce;
}
