/**
 * Tracker event: an event of Snowplow's tracker protocol, `{e, eid, dtm, uid, duid, …}`, as one of ours.
 *
 * | `e` | event |
 * |---|---|
 * | `pv` | a page |
 * | `pp` | `page_ping`, with the offsets of the scroll |
 * | `se` | called like its action, with category, label, property and value |
 * | `ue` | called like its schema, with its data as properties; `screen_view` is a screen |
 * | `tr`, `ti` | `transaction`, `transaction_item` |
 *
 * Contexts are kept under `context.entities` by the names of their schemas; those of the session, the page view and the
 * mobile device are read too.
 * Reference: https://docs.snowplow.io/docs/events/going-deeper/event-parameters/
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import type { Draft } from '../kit/draft.ts';
import { numeric, objectOf, textOf } from '../kit/loose.ts';
import { type Parameters, putParameters } from '../kit/parameters.ts';
import { UnreadableEvent } from '../protocol.ts';
import { entitiesOf, parsePackedText, schemaName, selfDescribing } from './self-describing.ts';

const unreadable = (path: string, message: string) => new UnreadableEvent({ code: 'json-invalid', path, message });

export function translateTrackerEvent(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  draft.put('id', sent.eid, '/eid');
  draft.put('userId', sent.uid, '/uid');
  const [device, devicePlace] = sent.duid == null ? [sent.nuid, '/nuid'] : [sent.duid, '/duid'];
  draft.put('anonymousId', device, devicePlace);
  // `ttm` is the true time, which the application gives; `dtm` the device's clock.
  const [time, timePlace] = sent.ttm == null ? [sent.dtm, '/dtm'] : [sent.ttm, '/ttm'];
  draft.put('timestamp', numeric(time), timePlace);
  draft.put('sentAt', numeric(sent.stm), '/stm');
  translateDevice(sent, draft);
  return translateContexts(sent, draft) ?? translateKind(sent, draft);
}

function translateDevice(sent: Wire, draft: Draft): void {
  draft.inContext('page', 'url', sent.url, '/url');
  draft.inContext('page', 'title', sent.page, '/page');
  draft.inContext('page', 'referrer', sent.refr, '/refr');
  draft.context('sessionId', sent.sid, '/sid');
  draft.context('locale', sent.lang, '/lang');
  draft.context('timezone', sent.tz, '/tz');
  draft.context('userAgent', sent.ua, '/ua');
  draft.context('ip', sent.ip, '/ip');
  draft.context('platform', sent.p, '/p');
  draft.inContext('app', 'name', sent.aid, '/aid');
  draft.inContext('library', 'name', sent.tna, '/tna');
  draft.inContext('library', 'version', sent.tv, '/tv');
  draft.screen(sent.res, '/res');
}

function translateKind(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  switch (sent.e) {
    case 'pv':
      draft.put('type', 'page', '/e');
      return;
    case 'pp':
      draft.put('event', 'page_ping', '/e');
      return putAll(sent, draft, PING);
    case 'se':
      draft.put('event', sent.se_ac, '/se_ac');
      return putAll(sent, draft, STRUCTURED);
    case 'tr':
      draft.put('event', 'transaction', '/e');
      return putAll(sent, draft, TRANSACTION);
    case 'ti':
      draft.put('event', 'transaction_item', '/e');
      return putAll(sent, draft, TRANSACTION_ITEM);
    case 'ue':
      return translateSelfDescribing(sent, draft);
    default:
      return new UnreadableEvent({
        code: 'type-unknown',
        path: '/e',
        message: '`e` is one of pv, pp, se, ue, tr, ti.',
      });
  }
}

const PING: Parameters = { pp_mix: 'min_x', pp_max: 'max_x', pp_miy: 'min_y', pp_may: 'max_y' };
const STRUCTURED: Parameters = { se_ca: 'category', se_la: 'label', se_pr: 'property', se_va: 'value' };
const TRANSACTION: Parameters = {
  tr_id: 'order_id',
  tr_af: 'affiliation',
  tr_tt: 'revenue',
  tr_tx: 'tax',
  tr_sh: 'shipping',
  tr_ci: 'city',
  tr_st: 'state',
  tr_co: 'country',
  tr_cu: 'currency',
};
const TRANSACTION_ITEM: Parameters = {
  ti_id: 'order_id',
  ti_sk: 'sku',
  ti_nm: 'name',
  ti_ca: 'category',
  ti_pr: 'price',
  ti_qu: 'quantity',
  ti_cu: 'currency',
};
const NUMBERS = new Set([
  'min_x',
  'max_x',
  'min_y',
  'max_y',
  'value',
  'revenue',
  'tax',
  'shipping',
  'price',
  'quantity',
]);

function putAll(sent: Wire, draft: Draft, parameters: Parameters): undefined {
  putParameters(draft, sent, parameters, NUMBERS);
}

function translateSelfDescribing(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  const field = sent.ue_px == null ? 'ue_pr' : 'ue_px';
  const parsed = parsePackedText(sent[field], field === 'ue_px');
  if (parsed === undefined) return unreadable(`/${field}`, `\`${field}\` holds no JSON.`);
  const inner = selfDescribing(selfDescribing(parsed)?.data);
  if (inner === null) return unreadable(`/${field}`, `\`${field}\` holds no self-describing event.`);
  const name = schemaName(inner.schema);
  draft.context('schema', inner.schema, `/${field}`);
  if (name === 'screen_view') {
    draft.put('type', 'screen', '/e');
    draft.put('name', objectOf(inner.data).name, `/${field}`);
  } else draft.put('event', name, `/${field}`);
  draft.opaque(`/${field}`);
  draft.properties(inner.data, `/${field}`);
}

function translateContexts(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  const field = sent.cx == null ? 'co' : 'cx';
  if (sent[field] == null || sent[field] === '') return;
  const parsed = parsePackedText(sent[field], field === 'cx');
  const list = selfDescribing(parsed)?.data;
  if (!Array.isArray(list)) return unreadable(`/${field}`, `\`${field}\` holds no list of contexts.`);
  const entities = list.map(selfDescribing);
  if (!entities.every((entity) => entity !== null)) {
    return unreadable(`/${field}`, `\`${field}\` holds a context without a schema.`);
  }
  for (const { schema, data } of entities) readEntity(schemaName(schema), objectOf(data), draft, `/${field}`);
  draft.opaque(`/${field}`);
  draft.context('entities', entitiesOf(entities), `/${field}`);
}

/** Contexts that tell what our columns hold. */
function readEntity(name: string, data: Wire, draft: Draft, place: string): void {
  if (name === 'web_page') draft.context('pageViewId', textOf(data.id), place);
  if (name === 'client_session') {
    draft.context('sessionId', data.sessionId, place);
    if (draft.wire.anonymousId == null) draft.put('anonymousId', data.userId, place);
  }
  if (name !== 'mobile_context') return;
  draft.inContext('os', 'name', data.osType, place);
  draft.inContext('os', 'version', data.osVersion, place);
  draft.inContext('device', 'manufacturer', data.deviceManufacturer, place);
  draft.inContext('device', 'model', data.deviceModel, place);
  draft.inContext('device', 'type', data.osType, place);
}
