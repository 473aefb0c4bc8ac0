/**
 * Live counts: the events of the last minutes by the minute, to which the messages of the live stream are added.
 *
 * A question gives the counts, and says up to which receipt its events go; messages of the stream give what was received after
 * that. So no event counts twice, and what is shown is never more than the truth. The list of a message is bounded: events that
 * it omits are counted in the minute in which they were received.
 */
import { MINUTE_MS, SECOND_MS } from '../../core/limits.ts';
import type { LiveMessage } from '../../wire/live.ts';

export type Told = Exclude<LiveMessage, { type: 'beat' }>;

export const MINUTES_SHOWN = 30;

export interface LiveCounts {
  /** The starts of the last minutes, ascending; the last is the running minute. */
  readonly startsMs: readonly number[];
  readonly events: readonly number[];
  readonly eventsTotal: number;
}

/** The starts of the minutes that are shown at an instant. */
export function minutesShown(nowMs: number): readonly number[] {
  const runningMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: MINUTES_SHOWN }, (_, i) => runningMs - (MINUTES_SHOWN - 1 - i) * MINUTE_MS);
}

/** The counts with the accepted events of a message, but for those that were received up to `untilMs`: an answer may have them. */
export function withTold(counts: LiveCounts, message: Told, untilMs: number): LiveCounts {
  const startMs = counts.startsMs[0] ?? Number.POSITIVE_INFINITY;
  const minuteOf = (atMs: number) => Math.floor((atMs - startMs) / MINUTE_MS);
  const events = [...counts.events];
  let eventsTotal = counts.eventsTotal;
  const add = (atMs: number, count: number) => {
    // An event of before these minutes arrived late. One of after them is of a clock that runs ahead.
    if (atMs < startMs) return;
    eventsTotal += count;
    const minute = minuteOf(atMs);
    if (minute < events.length) events[minute] = (events[minute] ?? 0) + count;
  };
  for (const { at, receivedAt } of message.events) if (Date.parse(receivedAt) > untilMs) add(Date.parse(at), 1);
  for (const [secondMs, count] of omittedBySecond(message)) if (secondMs > untilMs) add(secondMs, count);
  return { ...counts, events, eventsTotal };
}

/** The events that a message omits, by the second of their receipt: those of a second that are not listed, the newest first. */
function omittedBySecond({ seconds, events, omitted }: Told): [secondMs: number, count: number][] {
  let left = omitted;
  return seconds.toReversed().map(({ at, accepted }) => {
    const listed = events.filter(({ receivedAt }) => Math.floor(Date.parse(receivedAt) / SECOND_MS) === at).length;
    const count = Math.max(0, Math.min(left, accepted - listed));
    left -= count;
    return [at * SECOND_MS, count];
  });
}

/** The counts as they are shown at a later instant: minutes leave at the beginning and come at the end. */
export function rolledTo(counts: LiveCounts, nowMs: number): LiveCounts {
  const startsMs = minutesShown(nowMs);
  const gone = Math.round((startsMs[0]! - (counts.startsMs[0] ?? startsMs[0]!)) / MINUTE_MS);
  if (gone <= 0 || counts.startsMs.length === 0) return counts;
  const left = counts.events.slice(0, gone).reduce((sum, count) => sum + count, 0);
  return {
    startsMs,
    events: startsMs.map((_, i) => counts.events[i + gone] ?? 0),
    eventsTotal: counts.eventsTotal - left,
  };
}

const RATE_SECONDS = 10;

/** The events of the last seconds, for their number a second. */
export class LiveRate {
  readonly #seconds = new Map<number, number>();

  add({ seconds }: Told): void {
    for (const { at, accepted } of seconds) this.#seconds.set(at, (this.#seconds.get(at) ?? 0) + accepted);
  }

  /** Events a second in the ten seconds before an instant. */
  at(nowMs: number): number {
    const beginning = Math.floor(nowMs / SECOND_MS) - RATE_SECONDS;
    let sum = 0;
    for (const [at, accepted] of this.#seconds) {
      if (at < beginning) this.#seconds.delete(at);
      else sum += accepted;
    }
    return sum / RATE_SECONDS;
  }
}
