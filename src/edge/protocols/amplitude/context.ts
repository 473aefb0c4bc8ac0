/**
 * Context: what an Amplitude event says of its device, place and session, and where its properties tell its page.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { type ContextTable, putFromTable, UTM } from '../kit/context-table.ts';
import type { Draft } from '../kit/draft.ts';

/** Fields of the event. */
const FIELDS: ContextTable = [
  ['os_name', 'os', 'name'],
  ['os_version', 'os', 'version'],
  ['platform', 'device', 'type'],
  ['device_model', 'device', 'model'],
  ['device_brand', 'device', 'brand'],
  ['device_manufacturer', 'device', 'manufacturer'],
  ['carrier', 'network', 'carrier'],
  ['country', 'location', 'country'],
  ['region', 'location', 'region'],
  ['city', 'location', 'city'],
  ['location_lat', 'location', 'latitude'],
  ['location_lng', 'location', 'longitude'],
  ['app_version', 'app', 'version'],
  ['library', 'library', 'name'],
];

/** Members of the event's properties. */
export const PAGE_PROPERTIES: ContextTable = [
  ['[Amplitude] Page URL', 'page', 'url'],
  ['[Amplitude] Page Location', 'page', 'url'],
  ['[Amplitude] Page Path', 'page', 'path'],
  ['[Amplitude] Page Title', 'page', 'title'],
  ['referrer', 'page', 'referrer'],
  ...UTM,
];

/** The session of an event without one. */
const NO_SESSION = -1;
/** Stands for the address of the request. */
const REMOTE = '$remote';

export function putContext(sent: Wire, draft: Draft): void {
  putFromTable(draft, FIELDS, sent, '');
  if (sent.session_id !== NO_SESSION) draft.context('sessionId', sent.session_id, '/session_id');
  draft.context('userAgent', sent.user_agent, '/user_agent');
  draft.context('locale', sent.language, '/language');
  if (sent.ip !== REMOTE) draft.context('ip', sent.ip, '/ip');
}
