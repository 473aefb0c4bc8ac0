/** Breakdown kinds: what the figures are made of: pages, sources, places, devices, events; a few to a card. */
import type { ConditionBody, QuestionBody } from '../../data/questions.ts';
import type { Range } from '../../data/range.ts';
import { IS_PAGE } from './metrics.ts';

export interface BreakdownKind {
  readonly id: string;
  readonly name: string;
  /** The property whose values are listed; a click on one filters by it. */
  readonly property: string;
  readonly measure: 'users' | 'count';
  readonly onlyPages?: boolean;
  /** What stands for events without the property. */
  readonly absent?: string;
  /** Values of the sessions' answer stand in place of a question. */
  readonly ofSessions?: 'entries' | 'exits';
}

export interface BreakdownCard {
  readonly id: string;
  readonly kinds: readonly BreakdownKind[];
}

// Plain names of columns are those that the built-in rollups have.
const people = (id: string, name: string, property: string, absent?: string): BreakdownKind => ({
  id,
  name,
  property,
  measure: 'users',
  ...(absent && { absent }),
});

export const BREAKDOWN_CARDS: readonly BreakdownCard[] = [
  {
    id: 'pages',
    kinds: [
      { ...people('pages', 'Pages', 'path', '(no path)'), onlyPages: true },
      { ...people('entries', 'Entry pages', 'path', '(no page)'), ofSessions: 'entries' },
      { ...people('exits', 'Exit pages', 'path', '(no page)'), ofSessions: 'exits' },
    ],
  },
  {
    id: 'sources',
    kinds: [people('referrers', 'Sources', 'referrer_domain', '(direct)'), people('utm', 'utm_source', 'utm_source')],
  },
  {
    id: 'campaigns',
    kinds: [people('campaigns', 'Campaigns', 'utm_campaign'), people('mediums', 'utm_medium', 'utm_medium')],
  },
  {
    id: 'places',
    kinds: [people('countries', 'Countries', 'country', '(unknown)'), people('cities', 'Cities', 'city', '(unknown)')],
  },
  {
    id: 'devices',
    kinds: [
      people('devices', 'Devices', 'device', '(unknown)'),
      people('browsers', 'Browsers', 'browser', '(unknown)'),
      people('systems', 'Systems', 'os', '(unknown)'),
    ],
  },
  {
    id: 'events',
    kinds: [{ id: 'events', name: 'Events', property: 'column.event', measure: 'count' }],
  },
];

const ROWS = 8;

export function breakdownQuestion(
  { property, measure, onlyPages }: BreakdownKind,
  { from, to }: Range,
  where: ConditionBody | undefined,
): QuestionBody {
  const conditions = [...(onlyPages ? [IS_PAGE] : []), ...(where ? [where] : [])];
  const condition = conditions.length > 1 ? { and: conditions } : conditions[0];
  // A property that no event has yet is an empty list here, not a fault.
  const own = { measure, groupBy: [property], top: ROWS, allowUnknown: true };
  return { ...own, from, to, ...(condition && { where: condition }) };
}
