/**
 * Page: the place in a site where an event happened, and its traffic source: URL, path, title, referrer domain,
 * campaign.
 *
 * The URL is cut by hand: `new URL` costs more than the rest of the enrichment, and it refuses relative and odd URLs,
 * which are facts too.
 * A referrer of the page's own host is navigation within the site, not a source of traffic: it has no domain.
 * Campaign fields that the client names (`context.campaign`) win over the `utm_*` of the URL.
 */
import type { JsonObject } from '../../core/event/event.ts';
import { textOf } from './json-read.ts';

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
  return domain === null || (url !== null && domain === domainOf(url)) ? null : domain;
}

/** The host of an absolute URL in lower case, without user, port and `www.`. Null for any other text. */
export function domainOf(url: string): string | null {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:]+|\[[^\]]*\])/i.exec(url);
  return authority?.[1] === undefined ? null : authority[1].toLowerCase().replace(/^www\./, '');
}

/** The path of an absolute URL, or of a URL that begins with its path. Null for any other text. */
function pathOf(url: string): string | null {
  const scheme = url.indexOf('://');
  const bare = url.slice(0, endOf(url, /[?#]/));
  if (scheme === -1) return bare.startsWith('/') ? bare : null;
  const slash = bare.indexOf('/', scheme + 3);
  return slash === -1 ? '/' : bare.slice(slash);
}

/** The text between `?` and `#`. When a single-page app put its URL behind `#`, the text after the `?` in there. */
function queryOf(url: string): string {
  const mark = url.indexOf('?');
  if (mark === -1) return '';
  const query = url.slice(mark + 1);
  return query.slice(0, endOf(query, /#/));
}

function endOf(text: string, stop: RegExp): number {
  const index = text.search(stop);
  return index === -1 ? text.length : index;
}
