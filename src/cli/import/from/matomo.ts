/**
 * Matomo: the visits of its Reporting API, `Live.getLastVisitsDetails` as JSON: a visit a row, with its actions.
 * Reference: https://developer.matomo.org/api-reference/reporting-api
 */

import { objectOf } from '../../../edge/protocols/kit/loose.ts';
import type { ImportEvent } from '../mapping.ts';
import type { HistoryFormat } from './history.ts';
import { bagOf, Links, mustObject, numberOf, type Row, textOf } from './rows.ts';

export const matomo: HistoryFormat = {
  format: 'ndjson',
  open() {
    const links = new Links();
    return (row) => eventsOf(mustObject(row), links);
  },
};

function eventsOf(visit: Row, links: Links): readonly ImportEvent[] | null {
  if (!Array.isArray(visit.actionDetails)) throw new Error('the visit has no `actionDetails`');
  const userId = textOf(visit.userId);
  const anonymousId = textOf(visit.visitorId);
  const context = contextOf(visit);
  const events = visit.actionDetails.map((detail, index): ImportEvent => {
    const action = objectOf(detail);
    return {
      id: `matomo ${textOf(visit.idVisit) ?? ''} ${textOf(action.idlink_va) ?? textOf(action.orderId) ?? index}.${index}`,
      ...kindOf(action),
      userId,
      anonymousId,
      timestamp: Number(action.timestamp),
      context: bagOf({ ...context, page: pageOf(visit, action, index) })!,
    };
  });
  if (events.length === 0) return null;
  const link = links.linkOf(events[0]!);
  return link === null ? events : [...events, link];
}

/** The referrer of a visit is that of its first action. */
function pageOf(visit: Row, action: Row, index: number) {
  const referrer = index === 0 ? textOf(visit.referrerUrl) : undefined;
  return bagOf({ url: action.url, title: action.pageTitle, referrer });
}

function contextOf(visit: Row) {
  const [width, height] = (textOf(visit.resolution) ?? '').split('x');
  const isCampaign = visit.referrerType === 'campaign';
  return {
    sessionId: textOf(visit.idVisit),
    campaign: isCampaign ? bagOf({ name: visit.referrerName, term: visit.referrerKeyword }) : undefined,
    location: bagOf({
      country: textOf(visit.countryCode)?.toUpperCase(),
      region: textOf(visit.regionCode) ?? textOf(visit.region),
      city: visit.city,
    }),
    device: bagOf({
      type: DEVICES[textOf(visit.deviceType) ?? ''],
      model: visit.deviceModel,
      manufacturer: visit.deviceBrand,
    }),
    os: bagOf({ name: visit.operatingSystemName, version: visit.operatingSystemVersion }),
    browser: bagOf({ name: visit.browserName, version: visit.browserVersion }),
    locale: visit.languageCode,
    screen: bagOf({ width: numberOf(width), height: numberOf(height) }),
    app: bagOf({ name: textOf(visit.idSite) }),
  };
}

const DEVICES: Readonly<Record<string, string>> = {
  Desktop: 'desktop',
  Smartphone: 'mobile',
  'Feature phone': 'mobile',
  Phablet: 'mobile',
  Tablet: 'tablet',
  TV: 'tv',
};

function kindOf(action: Row): Pick<ImportEvent, 'type' | 'event' | 'properties'> {
  switch (action.type) {
    case 'event':
      return named(action.eventAction, {
        category: action.eventCategory,
        name: action.eventName,
        value: numberOf(action.eventValue),
      });
    case 'goal':
      return named('goal', {
        goal_id: numberOf(action.goalId),
        goal_name: action.goalName,
        revenue: numberOf(action.revenue),
      });
    case 'ecommerceOrder':
      return named('order', {
        order_id: textOf(action.orderId),
        revenue: numberOf(action.revenue),
        subtotal: numberOf(action.revenueSubTotal),
        tax: numberOf(action.revenueTax),
        shipping: numberOf(action.revenueShipping),
        discount: numberOf(action.revenueDiscount),
        items: itemsOf(action.itemDetails),
      });
    case 'ecommerceAbandonedCart':
      return named('cart_update', { revenue: numberOf(action.revenue), items: itemsOf(action.itemDetails) });
    case 'search':
      return named('search', {
        query: action.siteSearchKeyword,
        category: action.siteSearchCategory,
        results: numberOf(action.siteSearchCount),
      });
    case 'outlink':
    case 'download':
      return named(action.type, { target: action.url });
    case 'content':
      return named('content_impression', { content_name: action.contentName, content_piece: action.contentPiece });
    default:
      return { type: 'page' };
  }
}

function named(event: unknown, properties: Row): Pick<ImportEvent, 'event' | 'properties'> {
  const bag = bagOf(properties);
  return { event: textOf(event) ?? '', ...(bag && { properties: bag }) };
}

function itemsOf(list: unknown): unknown {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  return list.map(objectOf).map(({ itemSKU, itemName, itemCategory, price, quantity }) => {
    return bagOf({
      sku: itemSKU,
      name: itemName,
      category: itemCategory,
      price: numberOf(price),
      quantity: numberOf(quantity),
    });
  });
}
