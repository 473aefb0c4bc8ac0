/**
 * Spans: a range of time cut into parts that are asked for one after the other. What ends one part begins the next, in the
 * very same words, so that no event is in two of them or in none, whatever the zone in which the server reads a date.
 */
import { DAY_MS, isoDay } from '../kit/times.ts';

export interface Span {
  readonly from: string;
  readonly to: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** A date is cut at dates, an instant at instants. The last part may be up to two days longer than the others. */
export function spansOf(from: string, to: string, days: number): Span[] {
  const toMs = Date.parse(to);
  const cuts: string[] = [from];
  for (let atMs = Date.parse(from) + days * DAY_MS; atMs + 2 * DAY_MS < toMs; atMs += days * DAY_MS) {
    cuts.push(DATE.test(from) ? isoDay(atMs) : new Date(atMs).toISOString());
  }
  return cuts.map((cut, index) => ({ from: cut, to: cuts[index + 1] ?? to }));
}
