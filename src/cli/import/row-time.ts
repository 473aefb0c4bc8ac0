/**
 * Row time: the time of a mapped event, which history must have.
 *
 * A misspelt column, a wrong separator and a date that JavaScript cannot read all end in an event without a time. JSON has
 * `null` for the latter two, and a live event without a time happens when it arrives: history never does.
 */
import { LIMITS } from '../../core/limits.ts';
import type { ImportEvent } from './mapping.ts';
import { RefusedRow } from './read/row.ts';

/**
 * The event as it is when it has a time. An event without one gets `nowMs`; when that is undefined too, it is refused.
 */
export function withTime(event: ImportEvent, nowMs: number | undefined): ImportEvent {
  const time: unknown = event.timestamp;
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

const ISO = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Epoch milliseconds of a timestamp as the server reads it; NaN when it refuses it. For a preview. */
export function previewTimeMs(time: unknown): number {
  if (time instanceof Date) return time.getTime();
  if (typeof time === 'number') return time;
  const [, day, clock, zone] = ISO.exec(String(time)) ?? [];
  if (day === undefined || (clock === undefined) !== (zone === undefined)) return Number.NaN;
  return Date.parse(clock === undefined ? day : `${day}${clock}${fullZone(zone as string)}`);
}

/** Factors from a number of milliseconds, seconds, microseconds and nanoseconds to milliseconds. */
const UNITS = [1, 1e3, 1e-3, 1e-6];

/** Epoch milliseconds of a timestamp, whose unit its magnitude tells as on the server; NaN when the server refuses it. */
export function sentTimeMs(time: unknown): number {
  if (typeof time !== 'number') return previewTimeMs(time);
  const unit = UNITS.find((factor) => time * factor >= LIMITS.atMsMin && time * factor < LIMITS.epochMsMax);
  return unit === undefined ? Number.NaN : time * unit;
}

/** `+05`, `+0530` and `+05:30` as `+05:30`, which is all that `Date.parse` reads. */
function fullZone(zone: string): string {
  if (zone === 'Z') return zone;
  const minutes = zone.length === 3 ? '00' : zone.slice(-2);
  return `${zone.slice(0, 3)}:${minutes}`;
}
