/**
 * Observe: the one middleware around every request: counts it, sees a refusal through to its sender, and sets the headers
 * that keep a browser from guessing.
 */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { drainRefused } from './drain.ts';
import type { RequestCounter } from './request-counter.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const ANY_PATH = '/*';

const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['strict-transport-security', 'max-age=31536000; includeSubDomains'],
];
/** Of everything but pages, which bring their own. */
const API_CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'";
const SWITCHING_PROTOCOLS = 101;

export function observe(counter: RequestCounter): MiddlewareHandler {
  return async (c, next) => {
    await next();
    await drainRefused(c.req.raw, c.res.status);
    const route = routePath(c, -1);
    const method = METHODS.has(c.req.method) ? c.req.method : 'OTHER';
    counter.add(method, route === ANY_PATH ? 'none' : route, c.res.status);
    if (c.res.status === SWITCHING_PROTOCOLS) return;
    // Not `c.header`: once there is an answer, each call of that makes a new one.
    const { headers } = c.res;
    for (const [name, value] of SECURITY_HEADERS) headers.set(name, value);
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', API_CONTENT_SECURITY_POLICY);
  };
}
