/**
 * Page: the place in a site where an event happened, and its traffic source: URL, path, title, referrer domain,
 * campaign.
 *
 * The URL is cut by hand: `new URL` costs more than the rest of the enrichment, and it refuses relative and odd URLs,
 * which are facts too.
 * A referrer of the page's own site (site.ts) is navigation within it, not a source of traffic: it has no domain.
 * Campaign fields that the client names (`context.campaign`) win over the `utm_*` of the URL.
 */
import type { JsonObject } from '../../core/event/event.ts';
import { textOf } from './json-read.ts';
import { domainOf, isSameSite } from './site.ts';

export interface Page {
  readonly url: string | null;
  readonly path: string | null;
  readonly title: string | null;
  readonly referrerDomain: string | null;
}
export interface Campaign {
  readonly source: string | null;
  readonly medium: string | null;
  readonly name: string | null;
  readonly term: string | null;
  readonly content: string | null;
}

export const NO_PAGE: Page = { url: null, path: null, title: null, referrerDomain: null };
export const NO_CAMPAIGN: Campaign = { source: null, medium: null, name: null, term: null, content: null };

/** Reads `context.page`, or the properties of a page event: both use the same names. */
export function pageOf(page: JsonObject): Page {
  const url = textOf(page.url);
  return {
    url,
    path: textOf(page.path) ?? (url === null ? null : pathOf(url)),
    title: textOf(page.title),
    referrerDomain: referrerDomainOf(textOf(page.referrer), url),
  };
}

export function campaignOf(campaign: JsonObject | null, url: string | null): Campaign {
  const query = url === null ? '' : queryOf(url);
  const inUrl = query.includes('utm_') ? new URLSearchParams(query) : null;
  if (campaign === null && inUrl === null) return NO_CAMPAIGN;
  const read = (field: string, parameter: string) => textOf(campaign?.[field]) ?? (inUrl?.get(parameter) || null);
  return {
    source: read('source', 'utm_source'),
    medium: read('medium', 'utm_medium'),
    name: read('name', 'utm_campaign'),
    term: read('term', 'utm_term'),
    content: read('content', 'utm_content'),
  };
}

function referrerDomainOf(referrer: string | null, url: string | null): string | null {
  const domain = referrer === null ? null : domainOf(referrer);
  if (domain === null || url === null) return domain;
  const own = domainOf(url);
  return own !== null && isSameSite(domain, own) ? null : domain;
}

/** The path of an absolute URL, or of a URL that begins with its path. Null for any other text. */
function pathOf(url: string): string | null {
  const scheme = url.indexOf('://');
  const bare = url.slice(0, endOf(url, /[?#]/));
  if (scheme === -1) return bare.startsWith('/') ? bare : null;
  const slash = bare.indexOf('/', scheme + 3);
  return slash === -1 ? '/' : bare.slice(slash);
}

/**
 * The text between `?` and `#`; and the text after a `?` behind the `#`, where a single-page app keeps its own URL. Both
 * may be there: a link to `/?utm_source=news` lands on `/?utm_source=news#/cart?step=2`.
 */
function queryOf(url: string): string {
  const hash = endOf(url, /#/);
  const queries = [url.slice(0, hash), url.slice(hash)].flatMap((part) => {
    const mark = part.indexOf('?');
    return mark === -1 ? [] : [part.slice(mark + 1)];
  });
  return queries.join('&');
}

function endOf(text: string, stop: RegExp): number {
  const index = text.search(stop);
  return index === -1 ? text.length : index;
}
