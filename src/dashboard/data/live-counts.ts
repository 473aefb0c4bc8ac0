/**
 * Live counts: the events of the last minutes by the minute, to which the messages of the live stream are added.
 *
 * A question gives the counts, and a message of the stream what came since. The list of a message is bounded: events
 * that it omits are counted in the minute in which they were received.
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

/** The counts with the accepted events of a message, but for those that were received before `sinceMs`: an answer has them. */
export function withTold(counts: LiveCounts, { seconds, events: listed, omitted }: Told, sinceMs: number): LiveCounts {
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
  for (const { at, receivedAt } of listed) if (Date.parse(receivedAt) >= sinceMs) add(Date.parse(at), 1);
  const newestSecond = seconds.findLast(({ accepted }) => accepted > 0);
  if (omitted > 0 && newestSecond) add(newestSecond.at * SECOND_MS, omitted);
  return { ...counts, events, eventsTotal };
}

/** What a question answered, beside what was shown when it was asked. */
export interface Check {
  readonly answered: LiveCounts;
  readonly shownBefore: number;
}

/**
 * The counts that are shown, mended where a question proves them wrong. An answer is of an instant between the asking and
 * now, and nobody knows of which: what is shown is right if the answer lies between what was shown then and what is now.
 */
export function mended(shown: LiveCounts, { answered, shownBefore }: Check): LiveCounts {
  const answer = answered.eventsTotal;
  const tooMany = Math.max(0, shownBefore - answer);
  const eventsTotal = Math.max(answer, shown.eventsTotal - tooMany);
  const last = answered.events.length - 1;
  const events = answered.events.map((count, i) => (i === last ? count + eventsTotal - answer : count));
  return { startsMs: answered.startsMs, events, eventsTotal };
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
