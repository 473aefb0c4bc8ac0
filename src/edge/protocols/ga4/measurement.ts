/**
 * Measurement: an event of GA4's Measurement Protocol: `{name, params}` within `{client_id, user_id, user_properties, …}`.
 *
 * A parameter is a property under its own name, except those that tell what our columns hold. `page_view` is a page,
 * `screen_view` a screen. `value` of a purchase is its revenue.
 * Reference: https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import type { Draft } from '../kit/draft.ts';
import { objectOf } from '../kit/loose.ts';
import { UnreadableEvent, WrappedEvent } from '../protocol.ts';

/** An event with the part of its request that its neighbours share. */
export class SentMeasurement extends WrappedEvent {
  readonly shared: Wire;
  readonly id: string | null;

  constructor(event: unknown, shared: Wire, id: string | null) {
    super(event);
    this.shared = shared;
    this.id = id;
  }
}

/** Parameters that are no properties: they fill our context. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'session_id',
  'page_location',
  'page_title',
  'page_referrer',
  'screen_resolution',
  'language',
  'ga_session_id',
]);
const PURCHASES: ReadonlySet<unknown> = new Set(['purchase', 'in_app_purchase', 'ecommerce_purchase']);

export function translateMeasurement(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  const { sent: event, shared, id } = sent as unknown as SentMeasurement;
  if (!isObject(event)) {
    return new UnreadableEvent({ code: 'event-not-object', path: '', message: 'An event is a JSON object.' });
  }
  if (id !== null) draft.put('id', id, '');
  draft.put('userId', shared.user_id, '');
  draft.put('anonymousId', shared.client_id ?? shared.app_instance_id, '');
  const own = event.timestamp_micros;
  draft.put('timestamp', microseconds(own ?? shared.timestamp_micros), own == null ? '' : '/timestamp_micros');
  putName(draft, event.name, '/name');
  translateShared(shared, draft);
  if (event.params != null && !isObject(event.params)) {
    return new UnreadableEvent({ code: 'properties-invalid', path: '/params', message: '`params` is a JSON object.' });
  }
  translateParams(event.name, objectOf(event.params), draft);
}

/** Microseconds may be a text. */
export function microseconds(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** `place`: that of the name. */
export function putName(draft: Draft, name: unknown, place: string): void {
  if (name === 'page_view') draft.put('type', 'page', place);
  else if (name === 'screen_view') draft.put('type', 'screen', place);
  else draft.put('event', name, place);
}

function translateShared(shared: Wire, draft: Draft): void {
  draft.context('userAgent', shared.user_agent, '');
  draft.context('ip', shared.ip_override, '');
  const place = objectOf(shared.user_location);
  draft.inContext('location', 'country', place.country_id, '');
  draft.inContext('location', 'region', place.region_id, '');
  draft.inContext('location', 'city', place.city, '');
  const device = objectOf(shared.device);
  draft.inContext('device', 'type', device.category, '');
  draft.inContext('device', 'model', device.model, '');
  draft.inContext('device', 'manufacturer', device.brand, '');
  draft.inContext('os', 'name', device.operating_system, '');
  draft.inContext('os', 'version', device.operating_system_version, '');
  draft.context('locale', device.language, '');
}

function translateParams(name: unknown, params: Wire, draft: Draft): void {
  draft.properties(params, '/params', ELSEWHERE);
  const session = params.session_id == null ? 'ga_session_id' : 'session_id';
  const sessionId = params[session];
  draft.context('sessionId', typeof sessionId === 'number' ? String(sessionId) : sessionId, `/params/${session}`);
  draft.inContext('page', 'url', params.page_location, '/params/page_location');
  draft.inContext('page', 'title', params.page_title, '/params/page_title');
  draft.inContext('page', 'referrer', params.page_referrer, '/params/page_referrer');
  draft.context('locale', params.language, '/params/language');
  draft.screen(params.screen_resolution, '/params/screen_resolution');
  if (name === 'screen_view') draft.put('name', params.screen_name ?? params.firebase_screen, '/params/screen_name');
  if (PURCHASES.has(name)) draft.property('revenue', params.value, '/params/value');
  if (name === 'campaign_details') translateCampaign(params, draft);
}

function translateCampaign(params: Wire, draft: Draft): void {
  draft.inContext('campaign', 'name', params.campaign, '/params/campaign');
  draft.inContext('campaign', 'source', params.source, '/params/source');
  draft.inContext('campaign', 'medium', params.medium, '/params/medium');
  draft.inContext('campaign', 'term', params.term, '/params/term');
  draft.inContext('campaign', 'content', params.content, '/params/content');
}
