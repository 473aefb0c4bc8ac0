/**
 * Base: the fields that all journeys share, from the bar of the page: the range and the filters.
 *
 * A range that goes on ends with its day, not with its minute, so that a question about millions of events is not asked
 * anew each minute.
 */
import { pageWhere, withPageBots } from '../data/filters.ts';
import type { Bots, ConditionBody } from '../data/questions.ts';
import { type Range, range } from '../data/range.ts';
import { timezone } from '../data/session.ts';
import { addDays, dateIn } from '../data/zone.ts';

export interface JourneyBase {
  readonly from: string;
  readonly to: string;
  readonly where?: ConditionBody;
  readonly bots?: Bots;
}

/** The base of the page's question. Reading it in a component renders the component again when the bar changes. */
export function journeyBase(): JourneyBase {
  const where = pageWhere.value;
  return withPageBots({ ...boundsOf(range.value, timezone.value), ...(where && { where }) });
}

/** The bounds of a range as journeys take them. */
export function boundsOf(
  { from, to, endMs, isOpen }: Range,
  zone: string,
): { readonly from: string; readonly to: string } {
  const endsWithDay = isOpen && /^\d{4}-\d{2}-\d{2}$/.test(from);
  return { from, to: endsWithDay ? addDays(dateIn(zone, endMs - 1), 1) : to };
}
