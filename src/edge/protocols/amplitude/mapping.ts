/**
 * Mapping: Amplitude's event as ours.
 *
 * | Amplitude | ours |
 * |---|---|
 * | `$identify` | identify: `user_properties` are its traits |
 * | `$groupidentify` | group: `group_properties` are its traits |
 * | `[Amplitude] Page Viewed` | page |
 * | every other event | track |
 *
 * - `user_id` is the user, `device_id` the device. Amplitude joins the two with the first event that names both, and so do
 *   we: such an event has a companion, an identify event whose id is made of both, so that it is stored once and the others
 *   of the next days are duplicates (docs/decisions/ingest/0074-companions.md).
 * - An event that sets `user_properties` along the way has a companion too.
 * - A revenue is `revenue`, or `price` times `quantity`; also as `$revenue`, `$price`, `$quantity` of the event's properties.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { companionId, mappingWithCompanions } from '../kit/companions.ts';
import { namesOf, putFromTable } from '../kit/context-table.ts';
import { type Draft, draftMapping } from '../kit/draft.ts';
import { looseId, objectOf } from '../kit/loose.ts';
import { revenueOf } from '../kit/revenue.ts';
import { PAGE_PROPERTIES, putContext } from './context.ts';
import { putUserProperties } from './user-properties.ts';

const TYPE_OF: Readonly<Record<string, string>> = {
  $identify: 'identify',
  $groupidentify: 'group',
  '[Amplitude] Page Viewed': 'page',
};

/** Properties that are put elsewhere. */
const HANDLED: ReadonlySet<string> = new Set([
  ...namesOf(PAGE_PROPERTIES),
  '$revenue',
  '$price',
  '$quantity',
  '$productId',
  '$revenueType',
  '$currency',
]);

export const amplitudeMapping = mappingWithCompanions(draftMapping(translate));
export const amplitudeCompanions = draftMapping(translateCompanion);

function typeOf({ event_type: name }: Wire): string {
  return typeof name === 'string' && Object.hasOwn(TYPE_OF, name) ? TYPE_OF[name]! : 'track';
}

function translate(sent: Wire, draft: Draft): undefined {
  const type = typeOf(sent);
  draft.put('type', type, '/event_type');
  if (type === 'track') draft.put('event', sent.event_type, '/event_type');
  draft.put('id', sent.insert_id, '/insert_id');
  putCommon(sent, draft);
  if (type === 'identify') putUserProperties(draft, sent.user_properties, '/user_properties');
  else if (type === 'group') putUserProperties(draft, sent.group_properties, '/group_properties');
  else putProperties(sent, draft);
}

function putCommon(sent: Wire, draft: Draft): void {
  draft.put('timestamp', sent.time, '/time');
  draft.put('userId', sent.user_id, '/user_id');
  draft.put('anonymousId', sent.device_id, '/device_id');
  putGroup(sent, draft);
  putContext(sent, draft);
}

/** The first group of an event is its group. The API for groups names one by itself. */
function putGroup({ groups, group_value: value }: Wire, draft: Draft): void {
  if (value !== undefined) draft.put('groupId', value, '/group_value');
  else if (isObject(groups)) {
    const [type] = Object.keys(groups);
    const named = type === undefined ? undefined : groups[type];
    draft.put('groupId', Array.isArray(named) ? named[0] : named, '/groups');
  }
}

function putProperties(sent: Wire, draft: Draft): void {
  const bag = objectOf(sent.event_properties);
  putFromTable(draft, PAGE_PROPERTIES, bag, '/event_properties');
  draft.properties(sent.event_properties, '/event_properties', HANDLED);
  if (isObject(sent.groups)) draft.property('groups', sent.groups, '/groups');
  draft.property('price', sent.price ?? bag.$price, '/price');
  draft.property('quantity', sent.quantity ?? bag.$quantity, '/quantity');
  draft.property('productId', sent.productId ?? bag.$productId, '/productId');
  draft.property('revenueType', sent.revenueType ?? bag.$revenueType, '/revenueType');
  draft.property('currency', sent.currency ?? bag.$currency, '/currency');
  const { revenue = bag.$revenue, price = bag.$price, quantity = bag.$quantity } = sent;
  draft.property('revenue', revenueOf(revenue, price, quantity), '/revenue');
}

function translateCompanion(sent: Wire, draft: Draft): undefined {
  draft.put('type', 'identify', '/event_type');
  putCommon(sent, draft);
  if (setsTraits(sent)) {
    draft.put('id', companionId(sent.insert_id, 'set'), '/insert_id');
    putUserProperties(draft, sent.user_properties, '/user_properties');
  } else draft.put('id', linkOf(sent), '/user_id');
}

/** Whether an event sets traits though it is no event about a profile. */
function setsTraits(sent: Wire): boolean {
  const type = typeOf(sent);
  if (type === 'identify' || type === 'group') return false;
  return isObject(sent.user_properties) && Object.keys(sent.user_properties).length > 0;
}

const LINK_LENGTH_MAX = 250;

/** The id of the companion that joins the device and the user of an event; null when it names no two. */
function linkOf({ user_id: userId, device_id: deviceId }: Wire): string | null {
  const user = looseId(userId);
  const device = looseId(deviceId);
  if (user === null || device === null || user === device) return null;
  const id = `link.${device}.${user}`;
  return id.length <= LINK_LENGTH_MAX ? id : null;
}

/** Tells which events of a request have a companion: those that set traits, and the first that joins two ids. */
export function companionTest(events: readonly unknown[]): (sent: Wire) => boolean {
  const joined = new Set<string | null>([null]);
  for (const event of events) if (isObject(event) && typeOf(event) === 'identify') joined.add(linkOf(event));
  return (sent) => {
    const type = typeOf(sent);
    if (type === 'identify' || type === 'group') return false;
    const link = linkOf(sent);
    const isNew = !joined.has(link);
    joined.add(link);
    return isNew || setsTraits(sent);
  };
}
