/**
 * Plausible: the rows of `events_v2`, the table of a self-hosted Plausible in ClickHouse, as CSV with a header
 * (`FORMAT CSVWithNames`) or JSON lines (`FORMAT JSONEachRow`).
 *
 * The files that Plausible's settings export are totals of days, without a visit in them: they are refused.
 * Reference: https://github.com/plausible/analytics (priv/ingest_repo/migrations)
 */
import type { ImportEvent } from '../mapping.ts';
import type { HistoryFormat } from './history.ts';
import { bagOf, jsonOf, mustObject, numberOf, type Row, textOf, utcOf } from './rows.ts';

export const plausible: HistoryFormat = { open: () => (row) => eventOf(mustObject(row)) };

function eventOf(row: Row): ImportEvent {
  if (row.visitors !== undefined && row.date !== undefined) throw new Error(TOTALS);
  const name = textOf(row.name) ?? '';
  const properties = propertiesOf(row);
  return {
    ...(name === 'pageview' ? { type: 'page' as const } : { event: name }),
    anonymousId: textOf(row.user_id),
    timestamp: utcOf(row.timestamp),
    ...(properties && { properties }),
    context: contextOf(row)!,
  };
}

const TOTALS =
  'the row is a total of a day, as Plausible exports them, and no event; a self-hosted Plausible has the events: ' +
  'SELECT * FROM events_v2 FORMAT JSONEachRow';

function propertiesOf(row: Row) {
  const keys = listOf(row['meta.key']);
  const values = listOf(row['meta.value']);
  const own = Object.fromEntries(keys.map((key, i) => [String(key), values[i]]));
  return bagOf({
    ...own,
    revenue: numberOf(row.revenue_source_amount),
    currency: textOf(row.revenue_source_currency),
    scroll_depth: row.name === 'engagement' ? numberOf(row.scroll_depth) : undefined,
    engagement_ms: row.name === 'engagement' ? numberOf(row.engagement_time) : undefined,
  });
}

/** A list; CSV writes it as `['a','b']`. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const text = textOf(value);
  if (text === undefined) return [];
  const list = jsonOf(
    text.replace(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => JSON.stringify(inner.replaceAll("\\'", "'"))),
  );
  return Array.isArray(list) ? list : [];
}

function contextOf(row: Row) {
  const host = textOf(row.hostname);
  const path = textOf(row.pathname) ?? '/';
  const source = textOf(row.utm_source);
  return bagOf({
    page: bagOf({ url: host === undefined ? path : `https://${host}${path}`, referrer: referrerOf(row) }),
    campaign: bagOf({
      source,
      medium: textOf(row.utm_medium),
      name: textOf(row.utm_campaign),
      term: textOf(row.utm_term),
      content: textOf(row.utm_content),
    }),
    sessionId: textOf(row.session_id),
    location: bagOf({ country: countryOf(row), region: textOf(row.subdivision1_code) }),
    device: bagOf({ type: DEVICES[textOf(row.screen_size) ?? ''] }),
    os: bagOf({ name: textOf(row.operating_system), version: textOf(row.operating_system_version) }),
    browser: bagOf({ name: textOf(row.browser), version: textOf(row.browser_version) }),
  });
}

/** A `FixedString(2)` of an unknown country has two NULs. */
function countryOf(row: Row): string | undefined {
  const code = textOf(row.country_code);
  return code !== undefined && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/** Plausible keeps the referrer without its scheme. */
function referrerOf(row: Row): string | undefined {
  const referrer = textOf(row.referrer);
  if (referrer === undefined) return undefined;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(referrer) ? referrer : `https://${referrer}`;
}

const DEVICES: Readonly<Record<string, string>> = {
  Desktop: 'desktop',
  Laptop: 'desktop',
  Tablet: 'tablet',
  Mobile: 'mobile',
};
