/**
 * Umami: the rows of `website_event`, as its export of data writes them: CSV with a header, or JSON lines.
 * Reference: https://umami.is/docs/cloud/export-data
 */
import type { ImportEvent } from '../mapping.ts';
import type { HistoryFormat } from './history.ts';
import { bagOf, mustObject, numberOf, type Row, textOf, utcOf, withLinks } from './rows.ts';

/** The values of `event_type`. */
const PAGE_VIEW = '1';

export const umami: HistoryFormat = { open: () => withLinks((row) => eventOf(mustObject(row))) };

function eventOf(row: Row): ImportEvent {
  const name = textOf(row.event_name);
  const isPage = textOf(row.event_type) === PAGE_VIEW || name === undefined;
  const tag = bagOf({ tag: textOf(row.tag) });
  return {
    id: textOf(row.event_id)!,
    ...(isPage ? { type: 'page' as const } : { event: name }),
    userId: textOf(row.distinct_id),
    anonymousId: textOf(row.session_id),
    timestamp: utcOf(row.created_at),
    ...(tag && { properties: tag }),
    context: contextOf(row)!,
  };
}

function contextOf(row: Row) {
  const host = textOf(row.hostname);
  const query = textOf(row.url_query);
  const path = `${textOf(row.url_path) ?? '/'}${query === undefined ? '' : `?${query}`}`;
  const [width, height] = (textOf(row.screen) ?? '').split('x');
  return bagOf({
    page: bagOf({
      url: host === undefined ? path : `https://${host}${path}`,
      title: textOf(row.page_title),
      referrer: referrerOf(row),
    }),
    sessionId: textOf(row.visit_id),
    location: bagOf({
      country: textOf(row.country),
      region: textOf(row.region ?? row.subdivision1),
      city: textOf(row.city),
    }),
    device: bagOf({ type: DEVICES[textOf(row.device) ?? ''] ?? textOf(row.device) }),
    os: bagOf({ name: textOf(row.os) }),
    browser: bagOf({ name: textOf(row.browser) }),
    locale: textOf(row.language),
    screen: bagOf({ width: numberOf(width), height: numberOf(height) }),
  });
}

const DEVICES: Readonly<Record<string, string>> = { laptop: 'desktop' };

function referrerOf(row: Row): string | undefined {
  const domain = textOf(row.referrer_domain);
  if (domain === undefined) return undefined;
  const query = textOf(row.referrer_query);
  return `https://${domain}${textOf(row.referrer_path) ?? ''}${query === undefined ? '' : `?${query}`}`;
}
