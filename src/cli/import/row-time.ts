/**
 * Row time: the time of a mapped event, which history must have.
 *
 * A misspelt column, a wrong separator and a date that JavaScript cannot read all end in an event without a time. JSON has
 * `null` for the latter two, and a live event without a time happens when it arrives: history never does.
 */
import { parseInstant } from '../../core/std/instant.ts';
import type { ImportEvent } from './mapping.ts';
import { RefusedRow } from './read/row.ts';

/** Nanoseconds of JSON come as a text, because they are beyond 2^53; a double keeps their milliseconds. */
const NANOSECONDS = /^\d{19}$/;

/**
 * The event as it is when it has a time. An event without one gets `nowMs`; when that is undefined too, it is refused.
 */
export function withTime(event: ImportEvent, nowMs: number | undefined): ImportEvent {
  const time: unknown = event.timestamp;
  if (typeof time === 'string' && NANOSECONDS.test(time)) return Object.assign(event, { timestamp: Number(time) });
  if (!isMissing(time)) return event;
  if (nowMs !== undefined) return Object.assign(event, { timestamp: nowMs });
  throw new RefusedRow('timestamp-missing', `the event has no time: ${describe(time)}`, { path: '/timestamp' });
}

/** Whether JSON has no time for the value. Another value that is no time is the server's to refuse. */
function isMissing(time: unknown): boolean {
  if (typeof time === 'number') return !Number.isFinite(time);
  if (time instanceof Date) return Number.isNaN(time.getTime());
  return time === undefined || time === null || time === '';
}

function describe(time: unknown): string {
  if (time instanceof Date) return 'its timestamp is a Date that JavaScript could not read';
  if (typeof time === 'number') return `its timestamp is ${time}`;
  return time === '' ? 'its timestamp is empty' : `its timestamp is ${time}, so the column may be misspelt or empty`;
}

/** Epoch milliseconds of a timestamp as the server reads it; NaN when it is no instant. */
export function sentTimeMs(time: unknown): number {
  return time instanceof Date ? time.getTime() : parseInstant(time);
}
