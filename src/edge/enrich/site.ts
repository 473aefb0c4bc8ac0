/**
 * Site: the hosts that belong together, such as `shop.example`, `www.shop.example` and `checkout.shop.example`.
 *
 * Two hosts are of one site when they share the domain that somebody registered: the last two labels of a name, or one
 * more below a suffix under which everybody registers (`co.uk`, `github.io`). The suffixes are a short list: the whole
 * public list has ten thousand, and a missing one costs a source of traffic among its neighbours only.
 * An IP address is a site by itself. Ports do not matter.
 */

/** The host of an absolute URL in lower case, without user, port, `www.` and a final dot. Null for any other text. */
export function domainOf(url: string): string | null {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]+)/i.exec(url)?.[1];
  if (host === undefined) return null;
  return host
    .toLowerCase()
    .replace(/^www\.(?=.)/, '')
    .replace(/(.)\.$/, '$1');
}

export function isSameSite(a: string, b: string): boolean {
  return a === b || (!isAddress(a) && !isAddress(b) && siteOf(a) === siteOf(b));
}

/** Suffixes of country domains under which names are registered: `co.uk`, `com.au`, `or.jp`. */
const SECOND_LEVELS = new Set(['ac', 'co', 'com', 'edu', 'gob', 'gouv', 'gov', 'ne', 'net', 'or', 'org']);
/** Hosts that give each customer a name of its own. */
const SHARED_HOSTS = new Set([
  'azurewebsites.net',
  'blogspot.com',
  'cloudfront.net',
  'firebaseapp.com',
  'fly.dev',
  'github.io',
  'gitlab.io',
  'herokuapp.com',
  'myshopify.com',
  'netlify.app',
  'onrender.com',
  'pages.dev',
  'substack.com',
  'tumblr.com',
  'vercel.app',
  'web.app',
  'wixsite.com',
  'wordpress.com',
  'workers.dev',
]);

function siteOf(host: string): string {
  const labels = host.split('.');
  const suffix = labels.slice(-2);
  const isShared =
    SHARED_HOSTS.has(suffix.join('.')) || (suffix[1]?.length === 2 && SECOND_LEVELS.has(suffix[0] as string));
  return labels.slice(isShared ? -3 : -2).join('.');
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
