/**
 * Spans: a range of time cut into parts that are requested one after the other. The end of a part and the start of the
 * next are the same text, so every event is in exactly one part, in whatever zone the server reads a date.
 */
import { DAY_MS } from '../../core/limits.ts';
import { isoDay } from '../kit/times.ts';

export interface Span {
  readonly from: string;
  readonly to: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Cuts a range that begins with a date at dates, any other at instants. The last part may be up to two days longer. */
export function spansOf(from: string, to: string, days: number): Span[] {
  const toMs = Date.parse(to);
  const cuts: string[] = [from];
  for (let atMs = Date.parse(from) + days * DAY_MS; atMs + 2 * DAY_MS < toMs; atMs += days * DAY_MS) {
    cuts.push(DATE.test(from) ? isoDay(atMs) : new Date(atMs).toISOString());
  }
  return cuts.map((cut, index) => ({ from: cut, to: cuts[index + 1] ?? to }));
}
