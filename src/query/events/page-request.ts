/** Page request: from the parameters of a call to the list of events it asks for. */
import { DAY_MS, LIMITS, MINUTE_MS } from '../../core/limits.ts';
import { mustInstant } from '../../http/instant.ts';
import { Problem } from '../../http/problem.ts';
import type { EventsPage } from '../../wire/events.ts';
import type { ProblemCode } from '../../wire/problem-codes.ts';
import { READING_CODES } from '../view/refusal.ts';
import { mustPlace } from './event-cursor.ts';
import type { ListRequest } from './list-events.ts';

/** Codes of a call that lists events. */
export const LIST_CODES: readonly ProblemCode[] = [
  'cursor-invalid',
  'range-invalid',
  'range-inverted',
  'range-too-wide',
  ...READING_CODES,
];

/** No event is later: the edge clamps events from the future, and its clock may run ahead. */
const FUTURE_MS = LIMITS.futureClampMs + MINUTE_MS;

/** The values of the call that absent parameters fall back on. */
export interface PageContext {
  /** The zone of dates. */
  readonly timezone: string;
  readonly nowMs: number;
  /** Length of the range when `from` is absent. */
  readonly daysDefault: number;
}

export function mustListRequest(page: EventsPage, context: PageContext): ListRequest {
  const { limit, event, cursor } = page;
  const after = cursor === undefined ? undefined : mustPlace(cursor);
  return { ...mustRange(page, context), event, after, limit };
}

function mustRange({ from, to }: EventsPage, { timezone, nowMs, daysDefault }: PageContext) {
  const endMs = to === undefined ? nowMs + FUTURE_MS : mustInstant('to', to, timezone);
  const startMs =
    from === undefined ? Math.min(endMs, nowMs) - daysDefault * DAY_MS : mustInstant('from', from, timezone);
  if (startMs >= endMs) throw new Problem(400, 'range-inverted', 'The range ends before it begins.');
  if ((endMs - startMs) / DAY_MS > LIMITS.queryRangeDaysMax + 1) {
    throw new Problem(400, 'range-too-wide', `A range may have at most ${LIMITS.queryRangeDaysMax} days.`);
  }
  return { startMs, endMs };
}
