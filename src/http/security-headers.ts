/**
 * Security headers: what keeps a browser from guessing, framing or telling others, on every answer.
 *
 * Each header set costs a call out of JavaScript, which the busiest call feels: an answer made of `apiHeaders` has them
 * all at once, any other gets them one by one.
 */

const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['strict-transport-security', 'max-age=31536000; includeSubDomains'],
];
/** Of everything but pages, which bring their own. */
const API_CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** To be made once and given to many answers, each of which copies it. */
export function apiHeaders(own: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(own);
  addSecurityHeaders(headers);
  return headers;
}

/** On the answer's own headers: Hono's `c.header` makes the answer anew at each call. */
export function addSecurityHeaders(headers: Headers): void {
  if (headers.has('x-content-type-options')) return;
  for (const [name, value] of SECURITY_HEADERS) headers.set(name, value);
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', API_CONTENT_SECURITY_POLICY);
}
