/**
 * Context table: the members of a vendor's bag that have a place of their own within an object of our context.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import type { ContextPart, Draft } from './draft.ts';

export type ContextTable = readonly (readonly [name: string, part: ContextPart, ours: string])[];

/** The parameters of a campaign, as most vendors name them. */
export const UTM: ContextTable = [
  ['utm_source', 'campaign', 'source'],
  ['utm_medium', 'campaign', 'medium'],
  ['utm_campaign', 'campaign', 'name'],
  ['utm_term', 'campaign', 'term'],
  ['utm_content', 'campaign', 'content'],
];

/** `place`: the pointer of the bag. */
export function putFromTable(draft: Draft, table: ContextTable, bag: Wire, place: string): void {
  for (const [name, part, ours] of table) {
    const value = bag[name];
    if (value != null) draft.inContext(part, ours, value, `${place}/${name}`);
  }
}

export function namesOf(table: ContextTable): string[] {
  return table.map(([name]) => name);
}
