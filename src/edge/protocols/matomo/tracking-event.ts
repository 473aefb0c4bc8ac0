/**
 * Tracking event: the parameters of a call of Matomo's tracking API, `{url, action_name, _id, uid, e_c, e_a, …}`, as one of our
 * events. All values are texts.
 *
 * | parameters | event |
 * |---|---|
 * | `e_c` and `e_a` | called like its action, with category, name and value |
 * | `idgoal` above 0 | `goal`, with `goal_id` and `revenue` |
 * | `idgoal=0` with `ec_id` | `order`, with `order_id`, `revenue` and items; without `ec_id` a `cart_update` |
 * | `search`, `link`, `download` | `search`, `outlink`, `download` |
 * | `c_n` | `content_impression`, or with `c_i` `content_interaction` |
 * | `ping=1` | `ping` |
 * | others | a page |
 *
 * Reference: https://developer.matomo.org/api-reference/tracking-api
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import type { Draft } from '../kit/draft.ts';
import { looseId, numeric, objectOf, parseJsonText, textOf } from '../kit/loose.ts';
import { type Parameters, putParameters } from '../kit/parameters.ts';
import type { UnreadableEvent } from '../protocol.ts';

export function translateTrackingEvent(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  draft.put('id', eventIdOf(sent), '/rand');
  draft.put('userId', sent.uid, '/uid');
  const device = sent.cid == null ? '_id' : 'cid';
  draft.put('anonymousId', sent[device], `/${device}`);
  draft.put('timestamp', timeOf(sent.cdt), '/cdt');
  translateVisit(sent, draft);
  translatePlace(sent, draft);
  translateKind(sent, draft);
  translateVariables(sent, draft);
  return undefined;
}

/**
 * The tracker draws `rand` for each call, and `pv_id` for each page. Together with the visitor they name a call, and a retry
 * repeats them. Null when one is missing.
 */
function eventIdOf({ rand, pv_id: page, _id, cid }: Wire): string | null {
  const visitor = textOf(cid) ?? textOf(_id);
  const parts = [visitor, textOf(page), textOf(rand)];
  return parts.includes(null) ? null : parts.join('.');
}

/** `2026-03-10 12:00:00` is UTC; a number counts seconds. */
function timeOf(cdt: unknown): unknown {
  if (typeof cdt !== 'string') return cdt;
  const [, day, clock] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})$/.exec(cdt) ?? [];
  return day === undefined ? numeric(cdt) : `${day}T${clock}Z`;
}

function translateVisit(sent: Wire, draft: Draft): void {
  draft.inContext('page', 'url', sent.url, '/url');
  draft.inContext('page', 'title', sent.action_name, '/action_name');
  draft.inContext('page', 'referrer', sent.urlref, '/urlref');
  draft.inContext('campaign', 'name', sent._rcn, '/_rcn');
  draft.inContext('campaign', 'term', sent._rck, '/_rck');
  draft.context('userAgent', sent.ua, '/ua');
  draft.context('locale', sent.lang, '/lang');
  draft.context('ip', sent.cip, '/cip');
  draft.context('pageViewId', sent.pv_id, '/pv_id');
  draft.inContext('app', 'name', sent.idsite, '/idsite');
  draft.screen(sent.res, '/res');
}

/** Matomo takes the place from a sender with a token. */
function translatePlace(sent: Wire, draft: Draft): void {
  const country = textOf(sent.country)?.toUpperCase();
  draft.inContext('location', 'country', country, '/country');
  draft.inContext('location', 'region', sent.region, '/region');
  draft.inContext('location', 'city', sent.city, '/city');
}

const EVENT: Parameters = { e_c: 'category', e_n: 'name', e_v: 'value' };
const SEARCH: Parameters = { search: 'query', search_cat: 'category', search_count: 'results' };
const CONTENT: Parameters = { c_n: 'content_name', c_p: 'content_piece', c_t: 'content_target', c_i: 'interaction' };
const ORDER: Parameters = {
  ec_id: 'order_id',
  revenue: 'revenue',
  ec_st: 'subtotal',
  ec_tx: 'tax',
  ec_sh: 'shipping',
  ec_dt: 'discount',
};
const NUMBERS = new Set(['value', 'results', 'revenue', 'subtotal', 'tax', 'shipping', 'discount', 'goal_id']);

function translateKind(sent: Wire, draft: Draft): void {
  const kind = KINDS.find(({ place }) => sent[place] != null && sent[place] !== '');
  if (kind === undefined) draft.put('type', 'page', '/action_name');
  else if (kind.place === 'idgoal') translateGoal(sent, draft);
  else putNamed(sent, draft, { ...kind, name: kind.nameOf?.(sent) ?? kind.place });
}

/** An event that is no page: the parameter that tells it, and its properties. */
interface Kind {
  readonly place: string;
  readonly parameters: Parameters;
  /** Default: the parameter. */
  readonly nameOf?: (sent: Wire) => unknown;
}

/** The first that fits counts. */
const KINDS: readonly Kind[] = [
  { place: 'e_a', parameters: EVENT, nameOf: ({ e_a: action }) => action },
  { place: 'e_c', parameters: EVENT, nameOf: () => '' },
  { place: 'idgoal', parameters: {} },
  { place: 'search', parameters: SEARCH },
  { place: 'link', parameters: { link: 'target' }, nameOf: () => 'outlink' },
  { place: 'download', parameters: { download: 'target' } },
  { place: 'c_n', parameters: CONTENT, nameOf: ({ c_i: act }) => (act ? 'content_interaction' : 'content_impression') },
  { place: 'ping', parameters: {} },
];

function translateGoal(sent: Wire, draft: Draft): void {
  if (looseId(sent.idgoal) !== '0') {
    putNamed(sent, draft, { place: 'idgoal', parameters: { idgoal: 'goal_id', revenue: 'revenue' }, name: 'goal' });
    return;
  }
  putNamed(sent, draft, { place: 'idgoal', parameters: ORDER, name: sent.ec_id ? 'order' : 'cart_update' });
  const items = typeof sent.ec_items === 'string' ? parseJsonText(sent.ec_items) : undefined;
  draft.opaque('/ec_items');
  if (Array.isArray(items)) draft.property('items', items.map(itemOf), '/ec_items');
}

/** An item is written as `[sku, name, category, price, quantity]`. */
function itemOf(item: unknown): unknown {
  if (!Array.isArray(item)) return item;
  const [sku, name, category, price, quantity] = item as unknown[];
  return { sku, name, category, price: numeric(price), quantity: numeric(quantity) };
}

function putNamed(sent: Wire, draft: Draft, { place, parameters, name }: Kind & { readonly name: unknown }): void {
  draft.put('event', name, place === 'e_c' ? '/e_a' : `/${place}`);
  putParameters(draft, sent, parameters, NUMBERS);
}

/** Custom dimensions (`dimension3`), and custom variables: `{"1": ["name", "value"]}` in `cvar` and `_cvar`. */
function translateVariables(sent: Wire, draft: Draft): void {
  for (const name in sent) if (/^dimension\d+$/.test(name)) draft.property(name, sent[name], `/${name}`);
  for (const place of ['_cvar', 'cvar']) {
    const text = textOf(sent[place]);
    if (text === null) continue;
    draft.opaque(`/${place}`);
    for (const pair of Object.values(objectOf(parseJsonText(text)))) {
      if (Array.isArray(pair) && typeof pair[0] === 'string') draft.property(pair[0], pair[1], `/${place}`);
    }
  }
}
