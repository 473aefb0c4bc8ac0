/**
 * Round: everything that the hub has learnt from its shards, and of refusals, at one look; the unit that watchers get and that
 * is kept for those who come back.
 *
 * in: the replies of the shards, the reports since the round before · out: a Round, or null when nothing has happened
 *
 * Its seconds count everything. Its lists are taken from the accounts that the shards gave, which are all events up to a rate,
 * and a sample of the newest beyond: `isSampled`.
 */
import { LIMITS, SECOND_MS } from '../limits.ts';
import type { RecentEvent, RecentReply } from '../shard/recent.ts';
import type { RefusalReport } from './refusal.ts';
import { LIVE_FIELDS, type LiveField } from './watch.ts';

export interface LiveSecond {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly refused: number;
}

/** The most frequent values of each field, with the number of events, the most frequent first. */
export type LiveTops = { readonly [field in LiveField]: readonly (readonly [value: string, count: number])[] };

export interface Round {
  readonly seq: number;
  readonly atMs: number;
  /** Whether events were dropped by a shard before the hub looked: they are in no round. */
  readonly hasGap: boolean;
  readonly seconds: readonly LiveSecond[];
  readonly tops: LiveTops;
  /** The newest first. */
  readonly events: readonly RecentEvent[];
  readonly isSampled: boolean;
  /** The newest first, with the ids of their reports. */
  readonly refusals: readonly RoundRefusals[];
}

/** A report as a round shows it. */
export interface RoundRefusals {
  readonly id: number;
  readonly report: RefusalReport;
}

export interface RoundInput {
  readonly seq: number;
  readonly atMs: number;
  readonly replies: readonly RecentReply[];
  readonly reports: readonly RoundRefusals[];
}

/** The round with all accounts; `keptRound` leaves the newest. */
export function roundOf({ seq, atMs, replies, reports }: RoundInput): Round | null {
  const hasGap = replies.some(({ gap }) => gap);
  const seconds = sumSeconds([
    ...replies.flatMap((reply) => reply.seconds.map((second) => ({ ...second, refused: 0 }))),
    ...reports.map(({ report }) => ({ ...NO_EVENTS, at: secondOf(report.receivedAtMs), refused: refusedOf(report) })),
  ]);
  if (seconds.length === 0 && !hasGap) return null;
  const events = replies.flatMap((reply) => reply.events).sort((a, b) => b.receivedAtMs - a.receivedAtMs);
  const isSampled = replies.some(({ omitted }) => omitted > 0);
  const refusals = reports.toSorted((a, b) => b.id - a.id);
  return { seq, atMs, hasGap, seconds, tops: topsOf(events), events, isSampled, refusals };
}

/** The part of a round that is kept: the newest events, and the refusals without the bodies, which `report` has already. */
export function keptRound(round: Round): Round {
  return {
    ...round,
    events: round.events.slice(0, LIMITS.liveEventsPerMessage),
    refusals: boundedRefusals(round.refusals).map(({ id, report }) => ({
      id,
      report: { ...report, items: report.items.map((item) => ({ ...item, body: null })) },
    })),
  };
}

function boundedRefusals(refusals: readonly RoundRefusals[]): RoundRefusals[] {
  let left: number = LIMITS.liveRefusalsPerMessage;
  return refusals.flatMap(({ id, report }) => {
    const items = report.items.slice(0, left);
    left -= items.length;
    return items.length === 0 ? [] : [{ id, report: { ...report, items } }];
  });
}

const NO_EVENTS = { accepted: 0, duplicate: 0 };

function secondOf(atMs: number): number {
  return Math.floor(atMs / SECOND_MS);
}

function refusedOf({ items, more }: RefusalReport): number {
  return items.length + more;
}

export function sumSeconds(seconds: readonly LiveSecond[]): LiveSecond[] {
  const sums = new Map<number, LiveSecond>();
  for (const { at, accepted, duplicate, refused } of seconds) {
    const sum = sums.get(at) ?? { at, accepted: 0, duplicate: 0, refused: 0 };
    const next = {
      accepted: sum.accepted + accepted,
      duplicate: sum.duplicate + duplicate,
      refused: sum.refused + refused,
    };
    sums.set(at, { at, ...next });
  }
  return [...sums.values()].sort((a, b) => a.at - b.at);
}

export function topsOf(events: readonly RecentEvent[]): LiveTops {
  return topsBy((field, count) => {
    for (const event of events) {
      const value = event[field];
      if (value !== null && value !== '') count(value, 1);
    }
  });
}

export function sumTops(tops: readonly LiveTops[]): LiveTops {
  return topsBy((field, count) => {
    for (const each of tops) for (const [value, n] of each[field]) count(value, n);
  });
}

/** Counts each field by what `feed` tells of it. Equal counts are in the order of their values. */
function topsBy(feed: (field: LiveField, count: (value: string, n: number) => void) => void): LiveTops {
  const lists = LIVE_FIELDS.map((field) => {
    const counts = new Map<string, number>();
    feed(field, (value, n) => counts.set(value, (counts.get(value) ?? 0) + n));
    const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return [field, sorted.slice(0, LIMITS.liveTopMax)];
  });
  return Object.fromEntries(lists) as LiveTops;
}
