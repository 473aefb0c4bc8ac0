/**
 * Arrivals: one page of what arrived, made of what the hub keeps and of what the shards hold.
 *
 * in: refusals, and recent events of each shard, each list the newest first · out: one list, the newest first
 *
 * The first page has both; the next ones have refusals alone, because the shards hold only the last minutes.
 */

import type { EventType } from '../core/event/event.ts';
import type { KeptRefusal, RefusalsReply } from '../core/live/refusal.ts';
import type { RecentEvent, RecentReply } from '../core/shard/recent.ts';
import { isoTime } from '../core/std/instant.ts';
import type { ArrivalsAnswer, Verdict, WireArrival, WireRefusal } from '../wire/live.ts';

export interface ArrivalsQuestion {
  readonly limit: number;
  readonly verdict?: readonly Verdict[] | undefined;
  readonly before?: string | undefined;
  readonly source?: string | undefined;
  readonly event?: string | undefined;
  readonly code?: string | undefined;
}

/** `before` of the page that begins with the newest refusal. */
export const NEWEST = 'newest';

/** `verdict` as the question asks for it: a cursor, or a code, asks for refusals alone. */
export function asksFor({ verdict, before, code }: ArrivalsQuestion, asked: Verdict): boolean {
  if (asked !== 'refused' && (before !== undefined || code !== undefined)) return false;
  return verdict === undefined || verdict.includes(asked);
}

/** `refused`: null when the hub did not answer; `taken`: null for each shard that did not. */
export function arrivalsOf(
  question: ArrivalsQuestion,
  refused: RefusalsReply | null,
  taken: readonly (RecentReply | null)[],
): ArrivalsAnswer {
  const refusals = refused?.refusals ?? [];
  const events = taken.flatMap((reply) => reply?.events ?? []).filter((event) => fitsTaken(question, event));
  const all = [
    ...refusals.map((kept) => ({ atMs: kept.receivedAtMs, ref: kept.ref, arrival: wireRefusal(kept) })),
    ...events.map((event) => ({ atMs: event.receivedAtMs, ref: null, arrival: wireTaken(event) })),
  ].sort((a, b) => b.atMs - a.atMs);
  const page = all.slice(0, question.limit);
  const seconds = taken.flatMap((reply) => reply?.seconds ?? []);
  const told = page.filter(({ ref }) => ref !== null);
  return {
    arrivals: page.map(({ arrival }) => arrival),
    next: told.length === refusals.length ? (refused?.next ?? null) : (told.at(-1)?.ref ?? NEWEST),
    counts: {
      accepted: seconds.reduce((sum, { accepted }) => sum + accepted, 0),
      duplicate: seconds.reduce((sum, { duplicate }) => sum + duplicate, 0),
      refused: refused?.kept ?? 0,
    },
    complete: refused !== null && !taken.includes(null),
    kept: {
      refusals: refused?.kept ?? 0,
      since: refused?.sinceMs == null ? null : isoTime(refused.sinceMs),
      notKept: refused?.notKept ?? 0,
    },
  };
}

function fitsTaken(question: ArrivalsQuestion, { isAccepted, source, event }: RecentEvent): boolean {
  return (
    asksFor(question, isAccepted ? 'accepted' : 'duplicate') &&
    (question.source === undefined || question.source === source) &&
    (question.event === undefined || question.event === event)
  );
}

export function wireRefusal({ receivedAtMs, reason, ...kept }: KeptRefusal): WireRefusal {
  return { verdict: 'refused', receivedAt: isoTime(receivedAtMs), whole: kept.index === null, reason, ...kept };
}

function wireTaken(taken: RecentEvent): WireArrival {
  const { isAccepted, receivedAtMs, atMs, id, type, event, path, country, source, sender, person } = taken;
  return {
    verdict: isAccepted ? 'accepted' : 'duplicate',
    receivedAt: isoTime(receivedAtMs),
    at: isoTime(atMs),
    id,
    type: type as EventType,
    event,
    path,
    country,
    source,
    keyClass: sender,
    person,
  };
}
