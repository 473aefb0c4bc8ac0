/**
 * Observe: the one middleware around every request. It counts the request, makes sure that a refusal reaches its
 * sender, and sets the security headers.
 */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { RequestCounter } from '../observe/metrics.ts';
import { drainRefused } from './drain.ts';
import { addSecurityHeaders } from './security-headers.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const ANY_PATH = '/*';

const SWITCHING_PROTOCOLS = 101;

export function observe(counter: RequestCounter): MiddlewareHandler {
  return async (c, next) => {
    await next();
    await drainRefused(c.req.raw, c.res.status);
    const route = routePath(c, -1);
    const method = METHODS.has(c.req.method) ? c.req.method : 'OTHER';
    counter.add(method, route === ANY_PATH ? 'none' : route, c.res.status);
    if (c.res.status === SWITCHING_PROTOCOLS) return;
    addSecurityHeaders(c.res.headers);
  };
}
