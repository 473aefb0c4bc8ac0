/**
 * Mapping: PostHog's event as ours.
 *
 * | PostHog | ours |
 * |---|---|
 * | `$pageview`, `$screen` | page, screen |
 * | `$identify`, `$set` | identify: `$set`, `$set_once`, `$unset` are its traits |
 * | `$create_alias`, `$merge_dangerously` | alias: `alias` is the previous id |
 * | `$groupidentify` | group: `$group_set` are its traits |
 * | every other event | track |
 *
 * - `distinct_id` is the user once `$user_id` is there, and for every SDK without `$device_id`; before that it is the device.
 *   The two columns share one space of ids, so a server that sends the device's id means the same person.
 * - `$anon_distinct_id` of an identify event is the device that becomes the user's.
 * - An event that sets traits along the way has a companion, an identify event (kit/companions.ts).
 * - Values with a column of their own leave the properties for the context; all others stay, with their names.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { companionId, mappingWithCompanions } from '../kit/companions.ts';
import { type ContextTable, namesOf, putFromTable, UTM } from '../kit/context-table.ts';
import { type Draft, draftMapping } from '../kit/draft.ts';
import { looseId, objectOf } from '../kit/loose.ts';
import { TraitDraft } from '../kit/traits.ts';

const TYPE_OF: Readonly<Record<string, string>> = {
  $pageview: 'page',
  $screen: 'screen',
  $identify: 'identify',
  $set: 'identify',
  $create_alias: 'alias',
  $merge_dangerously: 'alias',
  $groupidentify: 'group',
};

const TRAITS = ['$set', '$set_once', '$unset'] as const;

/** Properties with a place of their own in our context. */
const CONTEXT: ContextTable = [
  ['$current_url', 'page', 'url'],
  ['$pathname', 'page', 'path'],
  ['title', 'page', 'title'],
  ...UTM,
  ['$os', 'os', 'name'],
  ['$os_name', 'os', 'name'],
  ['$os_version', 'os', 'version'],
  ['$device_type', 'device', 'type'],
  ['$device_model', 'device', 'model'],
  ['$device_manufacturer', 'device', 'manufacturer'],
  ['$screen_width', 'screen', 'width'],
  ['$screen_height', 'screen', 'height'],
  ['$app_name', 'app', 'name'],
  ['$app_version', 'app', 'version'],
  ['$app_build', 'app', 'build'],
  ['$app_namespace', 'app', 'namespace'],
  ['$lib', 'library', 'name'],
  ['$lib_version', 'library', 'version'],
];

/** Properties that are put elsewhere, or that are the key. */
const HANDLED: ReadonlySet<string> = new Set([
  'token',
  'api_key',
  'distinct_id',
  'alias',
  ...TRAITS,
  '$anon_distinct_id',
  '$device_id',
  '$user_id',
  '$insert_id',
  '$time',
  '$session_id',
  '$group_key',
  '$group_set',
  '$referrer',
  '$screen_name',
  '$raw_user_agent',
  '$browser_language',
  '$locale',
  '$timezone',
  '$ip',
  ...namesOf(CONTEXT),
]);

export const posthogMapping = mappingWithCompanions(draftMapping(translate));
export const posthogCompanions = draftMapping(translateCompanion);

/** Whether an event sets traits though it is no event about a profile. */
export function setsTraits(sent: Wire): boolean {
  const type = typeOf(sent);
  if (type === 'identify' || type === 'group') return false;
  const bag = objectOf(sent.properties);
  return TRAITS.some((name) => holds(sent[name]) || holds(bag[name]));
}

function holds(bag: unknown): boolean {
  return typeof bag === 'object' && bag !== null && Object.keys(bag).length > 0;
}

function typeOf({ event }: Wire): string {
  return typeof event === 'string' && Object.hasOwn(TYPE_OF, event) ? TYPE_OF[event]! : 'track';
}

function translate(sent: Wire, draft: Draft): undefined {
  const type = typeOf(sent);
  const bag = objectOf(sent.properties);
  draft.put('type', type, '/event');
  if (type === 'track') draft.put('event', sent.event, '/event');
  if (type === 'screen') draft.put('name', bag.$screen_name, '/properties/$screen_name');
  putCommon(sent, bag, draft, type);
  if (type === 'identify') putTraits(sent, bag, draft);
  else if (type === 'alias') draft.put('previousId', bag.alias, '/properties/alias');
  else if (type === 'group') putGroup(bag, draft);
  else draft.properties(sent.properties, '/properties', HANDLED);
}

/** The identify event of one that sets traits along the way. */
function translateCompanion(sent: Wire, draft: Draft): undefined {
  const bag = objectOf(sent.properties);
  putCommon(sent, bag, draft, 'identify');
  draft.put('type', 'identify', '/event');
  const [id, place] = idOf(sent, bag);
  draft.put('id', companionId(id, 'set'), place);
  putTraits(sent, bag, draft);
}

function putCommon(sent: Wire, bag: Wire, draft: Draft, type: string): void {
  const [id, place] = idOf(sent, bag);
  draft.put('id', id, place);
  if (sent.timestamp == null) draft.put('timestamp', bag.$time, '/properties/$time');
  else draft.put('timestamp', sent.timestamp, '/timestamp');
  putPerson(sent, bag, draft, type);
  putGroupOf(bag, draft);
  putContext(bag, draft);
}

function idOf(sent: Wire, bag: Wire): readonly [id: unknown, place: string] {
  return sent.uuid == null ? [bag.$insert_id, '/properties/$insert_id'] : [sent.uuid, '/uuid'];
}

function putPerson(sent: Wire, bag: Wire, draft: Draft, type: string): void {
  const [id, place] =
    sent.distinct_id == null ? [bag.distinct_id, '/properties/distinct_id'] : [sent.distinct_id, '/distinct_id'];
  if (bag.$anon_distinct_id != null && bag.$anon_distinct_id !== id) {
    draft.put('userId', id, place);
    draft.put('anonymousId', bag.$anon_distinct_id, '/properties/$anon_distinct_id');
  } else if (isUser(bag)) {
    draft.put('userId', id, place);
    // The device of a profile would be a link, and after a reset it belongs to the user before.
    if (type !== 'identify' && type !== 'alias') draft.put('anonymousId', bag.$device_id, '/properties/$device_id');
  } else draft.put('anonymousId', id, place);
}

/** Before a login PostHog writes its own anonymous id as `distinct_id`, and says so in one of two ways. */
function isUser({ $device_id, $user_id, $is_identified }: Wire): boolean {
  return $user_id != null || ($device_id == null && $is_identified !== false);
}

/** The first group of an event is its group; all of them stay in the properties. */
function putGroupOf({ $groups }: Wire, draft: Draft): void {
  if (!isObject($groups)) return;
  const [type] = Object.keys($groups);
  if (type !== undefined) draft.put('groupId', $groups[type], '/properties/$groups');
}

function putTraits(sent: Wire, bag: Wire, draft: Draft): void {
  const traits = new TraitDraft(draft);
  traits.set(sent.$set, '/$set');
  traits.set(bag.$set, '/properties/$set');
  traits.once(sent.$set_once, '/$set_once');
  traits.once(bag.$set_once, '/properties/$set_once');
  traits.unset(bag.$unset, '/properties/$unset');
}

function putGroup(bag: Wire, draft: Draft): void {
  const { $group_key: key, $group_type: type } = bag;
  draft.put('groupId', key, '/properties/$group_key');
  draft.properties(bag.$group_set, '/properties/$group_set');
  draft.property('$group_type', type, '/properties/$group_type');
  // A server's SDK makes up a person for the group: `$company_acme`.
  if (draft.wire.userId === `$${looseId(type)}_${looseId(key)}`) draft.put('userId', null, '/distinct_id');
}

function putContext(bag: Wire, draft: Draft): void {
  draft.context('sessionId', bag.$session_id, '/properties/$session_id');
  draft.context('userAgent', bag.$raw_user_agent, '/properties/$raw_user_agent');
  draft.context('locale', bag.$browser_language ?? bag.$locale, '/properties/$browser_language');
  draft.context('timezone', bag.$timezone, '/properties/$timezone');
  draft.context('ip', bag.$ip, '/properties/$ip');
  putFromTable(draft, CONTEXT, bag, '/properties');
  if (bag.$referrer !== '$direct') draft.inContext('page', 'referrer', bag.$referrer, '/properties/$referrer');
}
