/**
 * Events: Mixpanel's event (`/track`, `/import`) as ours.
 *
 * | Mixpanel | ours |
 * |---|---|
 * | `$mp_web_page_view` | page |
 * | `$identify` | identify |
 * | `$create_alias` | alias: `alias` is the person's new id, `distinct_id` the one it gives up |
 * | `$merge` | alias of the two `$distinct_ids` |
 * | every other event | track |
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { type ContextTable, namesOf, putFromTable, UTM } from '../kit/context-table.ts';
import { type Draft, draftMapping } from '../kit/draft.ts';
import { objectOf } from '../kit/loose.ts';
import { bareId, putIdentified, putPerson } from './person.ts';

const TYPE_OF: Readonly<Record<string, string>> = {
  $mp_web_page_view: 'page',
  $identify: 'identify',
  $create_alias: 'alias',
  $merge: 'alias',
};

/** Properties with a place of their own in our context. */
const CONTEXT: ContextTable = [
  ['$current_url', 'page', 'url'],
  ['current_url_path', 'page', 'path'],
  ['current_page_title', 'page', 'title'],
  ...UTM,
  ['$os', 'os', 'name'],
  ['$os_version', 'os', 'version'],
  ['$device', 'device', 'type'],
  ['$model', 'device', 'model'],
  ['$manufacturer', 'device', 'manufacturer'],
  ['$screen_width', 'screen', 'width'],
  ['$screen_height', 'screen', 'height'],
  ['$app_version_string', 'app', 'version'],
  ['$app_build_number', 'app', 'build'],
  ['mp_lib', 'library', 'name'],
  ['$lib_version', 'library', 'version'],
  ['mp_country_code', 'location', 'country'],
  ['$region', 'location', 'region'],
  ['$city', 'location', 'city'],
];

/** Properties that are put elsewhere, or that are the key. */
const HANDLED: ReadonlySet<string> = new Set([
  'token',
  'distinct_id',
  'time',
  'ip',
  '$insert_id',
  '$device_id',
  '$user_id',
  '$referrer',
  '$session_id',
  'mp_sent_by_lib_version',
  ...namesOf(CONTEXT),
]);

/** Properties that say who is who in an event about identity. */
const IDENTITY: ReadonlySet<string> = new Set([
  ...HANDLED,
  'alias',
  '$anon_distinct_id',
  '$identified_id',
  '$anon_id',
  '$distinct_ids',
]);

export const eventMapping = draftMapping(translate);

function translate(sent: Wire, draft: Draft): undefined {
  const { event, properties } = sent;
  const bag = objectOf(properties);
  const type = typeof event === 'string' && Object.hasOwn(TYPE_OF, event) ? TYPE_OF[event]! : 'track';
  draft.put('type', type, '/event');
  if (type === 'track') draft.put('event', event, '/event');
  draft.put('id', bag.$insert_id, '/properties/$insert_id');
  draft.put('timestamp', bag.time, '/properties/time');
  if (type === 'identify') putIdentified(draft, bag);
  else if (type === 'alias') putAlias(bag, draft);
  else putPerson(draft, { bag, place: '/properties', idName: 'distinct_id' });
  putContext(bag, draft);
  // What a browser registers for every event is no trait: traits come by `/engage`.
  if (type === 'track' || type === 'page') draft.properties(properties, '/properties', HANDLED);
  else if (properties != null && !isObject(properties)) draft.properties(properties, '/properties', IDENTITY);
}

function putAlias(bag: Wire, draft: Draft): void {
  const { $distinct_ids: ids } = bag;
  if (Array.isArray(ids)) {
    draft.put('previousId', bareId(ids[0]), '/properties/$distinct_ids/0');
    draft.put('userId', bareId(ids[1]), '/properties/$distinct_ids/1');
  } else {
    draft.put('previousId', bareId(bag.distinct_id), '/properties/distinct_id');
    draft.put('userId', bareId(bag.alias), '/properties/alias');
  }
}

function putContext(bag: Wire, draft: Draft): void {
  putFromTable(draft, CONTEXT, bag, '/properties');
  draft.context('sessionId', bag.$session_id, '/properties/$session_id');
  draft.context('ip', bag.ip, '/properties/ip');
  if (bag.$referrer !== '$direct') draft.inContext('page', 'referrer', bag.$referrer, '/properties/$referrer');
}
