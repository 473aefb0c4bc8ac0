/**
 * SessionsLayout: the visits in a list of events: stretches in which no pause is longer than the gap, as the journey
 * `sessions` counts them.
 */
import type { ListedEvent } from '../../../wire/events.ts';

/** The longest pause within a session, as of the journey's default. */
export const SESSION_GAP_MS = 30 * 60_000;
/** Types that say who somebody is, not that they did something: a session is not made of them, and nobody is active by them. */
export const IDENTITY_TYPES: ReadonlySet<string> = new Set(['identify', 'group', 'alias']);

export interface Session {
  readonly startMs: number;
  readonly endMs: number;
  /** The session's events, the newest first, those that say who somebody is among them. */
  readonly events: readonly ListedEvent[];
  /** Number of events that are activity. */
  readonly count: number;
  /** The first and the last page; null without one. */
  readonly entry: string | null;
  readonly exit: string | null;
}

/** The sessions of one person's events, which come newest first; so do the sessions. */
export function sessionsOf(events: readonly ListedEvent[], gapMs = SESSION_GAP_MS): Session[] {
  const lots: ListedEvent[][] = [];
  let earliestMs = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const atMs = Date.parse(event.timestamp);
    const lot = lots.at(-1);
    if (lot === undefined || earliestMs - atMs > gapMs) lots.push([event]);
    else lot.push(event);
    earliestMs = atMs;
  }
  return lots.map(session);
}

function session(events: readonly ListedEvent[]): Session {
  const active = events.filter(({ type }) => !IDENTITY_TYPES.has(type));
  const timed = active.length === 0 ? events : active;
  const pages = active.flatMap(({ columns }) => (columns.path === undefined ? [] : [columns.path]));
  return {
    startMs: Date.parse(timed.at(-1)!.timestamp),
    endMs: Date.parse(timed[0]!.timestamp),
    events,
    count: active.length,
    entry: pages.at(-1) ?? null,
    exit: pages[0] ?? null,
  };
}

/** The sessions of many people's events, which come newest first: the session that began last comes first. */
export function sessionsByPerson(events: readonly ListedEvent[]): { readonly id: string; readonly session: Session }[] {
  const byPerson = Map.groupBy(events, ({ userId, anonymousId }) => userId ?? anonymousId ?? '');
  byPerson.delete('');
  const all = [...byPerson].flatMap(([id, own]) => sessionsOf(own).map((found) => ({ id, session: found })));
  return all.sort((a, b) => b.session.startMs - a.session.startMs);
}
