/**
 * Security headers: set on every answer, they keep a browser from guessing types, from framing pages and from leaking
 * referrers, and every cache from keeping answers.
 *
 * An answer to a key may show a secret, and the rule of RFC 9111 for `Authorization` does not cover `x-write-key`: an
 * answer is not to be stored unless its route sets `cache-control` itself.
 *
 * Setting a header costs a call out of JavaScript, which shows on the busiest call. An answer made with `apiHeaders`
 * gets all of them at once; any other answer gets them one by one.
 */

const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['strict-transport-security', 'max-age=31536000; includeSubDomains'],
];
/** The policy of every answer but pages, which bring their own. */
const API_CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Headers to be made once and given to many answers, each of which copies them. */
export function apiHeaders(own: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(own);
  addSecurityHeaders(headers);
  return headers;
}

/** Adds the headers in place, because Hono's `c.header` makes the answer anew at each call. */
export function addSecurityHeaders(headers: Headers): void {
  if (headers.has('x-content-type-options')) return;
  for (const [name, value] of SECURITY_HEADERS) headers.set(name, value);
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', API_CONTENT_SECURITY_POLICY);
}
