/**
 * GA4: the events of Google Analytics 4 in BigQuery (`events_YYYYMMDD`), exported as JSON, one a line.
 * Reference: https://support.google.com/analytics/answer/7029846
 */

import { objectOf } from '../../../edge/protocols/kit/loose.ts';
import type { ImportEvent } from '../mapping.ts';
import type { HistoryFormat } from './history.ts';
import { type Bag, bagOf, mustObject, numberOf, type Row, textOf, withLinks } from './rows.ts';

const ELSEWHERE: ReadonlySet<string> = new Set(['ga_session_id', 'page_location', 'page_title', 'page_referrer']);
const PURCHASES: ReadonlySet<unknown> = new Set(['purchase', 'in_app_purchase', 'ecommerce_purchase']);

export const ga4: HistoryFormat = {
  format: 'ndjson',
  open() {
    const traitsOfPeople = new Map<string, string>();
    return withLinks((row) => {
      const sent = mustObject(row);
      const event = eventOf(sent);
      const identify = identifyOf(sent, event, traitsOfPeople);
      return identify === null ? event : [event, identify];
    });
  },
};

function eventOf(sent: Row): ImportEvent {
  const params = valuesOf(sent.event_params);
  const { event_name: name } = sent;
  return {
    id: idOf(sent),
    ...kindOf(name, params),
    userId: textOf(sent.user_id),
    anonymousId: textOf(sent.user_pseudo_id),
    timestamp: Number(sent.event_timestamp),
    properties: propertiesOf(sent, params),
    context: contextOf(sent, params)!,
  };
}

function kindOf(name: unknown, params: Row): Pick<ImportEvent, 'type' | 'event' | 'name'> {
  if (name === 'page_view') return { type: 'page' };
  if (name === 'screen_view') return { type: 'screen', name: textOf(params.firebase_screen) ?? '' };
  return { event: textOf(name) ?? '' };
}

/** An event has no id of its own; these fields order the events of a device in an upload. */
function idOf(sent: Row): string {
  const parts = [
    sent.user_pseudo_id,
    sent.event_timestamp,
    sent.event_name,
    sent.event_bundle_sequence_id,
    sent.batch_event_index,
  ];
  return parts.map((part) => textOf(part) ?? '').join('.');
}

/** `[{key, value: {string_value | int_value | …}}]` as an object. Integers are texts in BigQuery's JSON. */
function valuesOf(list: unknown): Row {
  const values: Record<string, unknown> = {};
  for (const entry of Array.isArray(list) ? list : []) {
    const { key, value } = objectOf(entry);
    if (typeof key !== 'string' || key === '__proto__') continue;
    const { string_value: text, int_value: integer, double_value: double, float_value: float } = objectOf(value);
    values[key] = text ?? numberOf(integer) ?? numberOf(double) ?? numberOf(float);
  }
  return values;
}

function propertiesOf(sent: Row, params: Row): Bag {
  const others = Object.entries(params).filter(([name]) => !ELSEWHERE.has(name));
  const ecommerce = objectOf(sent.ecommerce);
  const items = Array.isArray(sent.items) && sent.items.length > 0 ? sent.items : undefined;
  return (
    bagOf({
      ...Object.fromEntries(others),
      transaction_id: params.transaction_id ?? ecommerce.transaction_id,
      revenue: PURCHASES.has(sent.event_name) ? (numberOf(ecommerce.purchase_revenue) ?? params.value) : undefined,
      items,
    }) ?? {}
  );
}

function contextOf(sent: Row, params: Row): Bag | undefined {
  const device = objectOf(sent.device);
  const geo = objectOf(sent.geo);
  const manual = objectOf(sent.collected_traffic_source);
  return bagOf({
    page: bagOf({ url: params.page_location, title: params.page_title, referrer: params.page_referrer }),
    campaign: bagOf({
      source: manual.manual_source,
      medium: manual.manual_medium,
      name: manual.manual_campaign_name,
      term: manual.manual_term,
      content: manual.manual_content,
    }),
    sessionId: textOf(params.ga_session_id),
    location: bagOf({ country: countryCode(textOf(geo.country)), region: geo.region, city: geo.city }),
    device: bagOf({ type: device.category, model: device.mobile_model_name, manufacturer: device.mobile_brand_name }),
    os: bagOf({ name: device.operating_system, version: device.operating_system_version }),
    locale: device.language,
    app: bagOf({ name: textOf(sent.stream_id) }),
    platform: sent.platform,
  });
}

/** People whose traits are remembered; forgotten ones are told again. */
const PEOPLE_MAX = 100_000;

/** An identify for the user properties of a device, each time that they are others than before. */
function identifyOf(sent: Row, event: ImportEvent, known: Map<string, string>): ImportEvent | null {
  const traits = bagOf(valuesOf(sent.user_properties));
  if (traits === undefined) return null;
  const person = event.userId ?? event.anonymousId ?? '';
  const text = JSON.stringify(traits);
  if (known.get(person) === text) return null;
  if (known.size >= PEOPLE_MAX) known.clear();
  known.set(person, text);
  const { userId, anonymousId, timestamp } = event;
  return { id: `${event.id}.traits`, type: 'identify', userId, anonymousId, timestamp, properties: traits };
}

/** ISO 3166-1 codes by the English names that Google writes. */
let codes: ReadonlyMap<string, string> | null = null;

function countryCode(name: string | undefined): string | undefined {
  if (name === undefined || name.length === 2) return name;
  codes ??= readCodes();
  return codes.get(name) ?? name;
}

function readCodes(): ReadonlyMap<string, string> {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const pairs = letters.flatMap((a) => letters.map((b) => a + b));
  return new Map(
    pairs.flatMap((code): [string, string][] => {
      const name = names.of(code);
      return name === undefined ? [] : [[name, code]];
    }),
  );
}
