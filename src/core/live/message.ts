/**
 * Message: what a watcher gets, as it travels: `hello` first, then a `tick` for each round, and a `beat` between.
 *
 * in: rounds, a filter · out: plain data for JSON (its schema is in src/wire/live.ts)
 *
 * A hello is the fold of the rounds of the last minutes; a tick is a round. Both have the same body, so a watcher adds each
 * to what it has. A filter leaves its events in seconds, tops and feed; duplicates and refusals stay those of all.
 */
import { LIMITS, SECOND_MS } from '../limits.ts';
import type { RecentEvent } from '../shard/recent.ts';
import { isoTime } from '../std/instant.ts';
import { type KeptRefusal, refOf } from './refusal.ts';
import {
  type LiveSecond,
  type LiveTops,
  type Round,
  type RoundRefusals,
  sumSeconds,
  sumTops,
  topsOf,
} from './round.ts';
import { fitsFilter, isEmptyFilter, type LiveFilter } from './watch.ts';

/** An event of the feed. */
export interface FedEvent {
  readonly at: string;
  readonly receivedAt: string;
  readonly type: string;
  readonly event: string;
  readonly path: string | null;
  readonly title: string | null;
  readonly country: string | null;
  readonly device: string | null;
  readonly referrer: string | null;
  readonly source: string | null;
  readonly person: string | null;
  readonly late: boolean;
}

/** A refusal of the feed; `GET /v1/arrivals` has its body. */
export type FedRefusal = Omit<KeptRefusal, 'receivedAtMs' | 'body' | 'bodyTruncated'> & {
  readonly verdict: 'refused';
  readonly receivedAt: string;
  readonly whole: boolean;
};

export interface LiveBody {
  readonly seconds: readonly LiveSecond[];
  readonly top: LiveTops;
  readonly events: readonly FedEvent[];
  /** Accepted events of `seconds` that are not in `events`. */
  readonly omitted: number;
  /** Whether `top`, and with a filter `seconds`, are those of a sample. */
  readonly sampled: boolean;
  readonly refused: readonly FedRefusal[];
  /** People of the last minutes; null with a filter. */
  readonly people: number | null;
}

export interface Hello extends LiveBody {
  readonly type: 'hello';
  readonly seq: number;
  readonly at: string;
  readonly resumed: boolean;
  readonly gap: boolean;
  readonly windowSeconds: number;
}

export interface Tick extends LiveBody {
  readonly type: 'tick';
  readonly seq: number;
  readonly at: string;
  readonly gap: boolean;
}

export interface Beat {
  readonly type: 'beat';
  readonly seq: number;
  readonly at: string;
  readonly people: number;
  readonly shards: { readonly asked: number; readonly answered: number };
}

export type LiveMessage = Hello | Tick | Beat;

export interface HelloInput {
  /** Sequence number of the last round. */
  readonly seq: number;
  readonly atMs: number;
  /** The rounds of the last minutes, the oldest first; none when the watcher gets the ones that it missed. */
  readonly rounds: readonly Round[];
  readonly resumed: boolean;
  readonly gap: boolean;
  readonly people: number;
}

export function helloOf({ seq, atMs, rounds, resumed, gap, people }: HelloInput, filter: LiveFilter): Hello {
  const windowSeconds = LIMITS.liveWindowMs / SECOND_MS;
  return { type: 'hello', seq, at: isoTime(atMs), resumed, gap, windowSeconds, ...bodyOf(rounds, people, filter) };
}

export function tickOf(round: Round, people: number, filter: LiveFilter): Tick {
  const { seq, atMs, hasGap } = round;
  return { type: 'tick', seq, at: isoTime(atMs), gap: hasGap, ...bodyOf([round], people, filter) };
}

export function beatOf(seq: number, atMs: number, people: number, shards: Beat['shards']): Beat {
  return { type: 'beat', seq, at: isoTime(atMs), people, shards };
}

function bodyOf(rounds: readonly Round[], people: number, filter: LiveFilter): LiveBody {
  const newestFirst = rounds.toReversed();
  const refused = newestFirst.flatMap((round) => round.refusals).flatMap(fedRefusals);
  const bounded = refused.slice(0, LIMITS.liveRefusalsPerMessage);
  const all = isEmptyFilter(filter);
  const events = newestFirst.flatMap((round) =>
    all ? round.events : round.events.filter((e) => fitsFilter(filter, e)),
  );
  const seconds = sumSeconds(rounds.flatMap((round) => round.seconds));
  const told = all ? seconds : filteredSeconds(seconds, events);
  const accepted = told.reduce((sum, second) => sum + second.accepted, 0);
  const feed = events.slice(0, LIMITS.liveEventsPerMessage).map(fedEvent);
  return {
    seconds: told,
    top: all ? sumTops(rounds.map((round) => round.tops)) : topsOf(events),
    events: feed,
    omitted: accepted - feed.length,
    sampled: rounds.some((round) => round.isSampled || (!all && isCut(round))),
    refused: bounded,
    people: all ? people : null,
  };
}

/** Whether a round was kept without some of its events. Its tops were made of all of them. */
function isCut({ seconds, events }: Round): boolean {
  return seconds.reduce((sum, { accepted }) => sum + accepted, 0) > events.length;
}

/** The seconds with the accepted events of a filter alone. Seconds without any stay: nothing happened in them. */
function filteredSeconds(seconds: readonly LiveSecond[], events: readonly RecentEvent[]): LiveSecond[] {
  const ofEvents = events.map(({ receivedAtMs }) => {
    return { at: Math.floor(receivedAtMs / SECOND_MS), accepted: 1, duplicate: 0, refused: 0 };
  });
  return sumSeconds([...seconds.map((second) => ({ ...second, accepted: 0 })), ...ofEvents]);
}

function fedEvent(event: RecentEvent): FedEvent {
  const { atMs, receivedAtMs, isAccepted: _isAccepted, isLate, id: _id, sender: _sender, ...told } = event;
  return { at: isoTime(atMs), receivedAt: isoTime(receivedAtMs), ...told, late: isLate };
}

function fedRefusals({ id, report }: RoundRefusals): FedRefusal[] {
  const { items, more: _more, receivedAtMs, ...common } = report;
  return items
    .map(({ body: _body, bodyTruncated: _bodyTruncated, ...item }, i) => ({
      verdict: 'refused' as const,
      ref: refOf({ report: id, item: i }),
      receivedAt: isoTime(receivedAtMs),
      whole: item.index === null,
      ...common,
      ...item,
    }))
    .reverse();
}
