/**
 * NotFound: the answer to a request that no route takes: 405 with `Allow` when the path exists for other methods, else
 * 404.
 *
 * Pages of every origin may read a 404: a vendor's SDK that asks for an unknown path should see why. A preflight of such a
 * path is granted, because the browser would not send the request otherwise, and show no reason at all.
 */
import type { Context, Hono } from 'hono';
import { Problem, renderProblem } from './problem.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export function answerNotFound(app: Hono) {
  return (c: Context): Response => {
    const allowed = METHODS.filter((method) => hasRoute(app, method, c.req.path));
    if (allowed.length === 0) {
      c.header('access-control-allow-origin', '*');
      if (isPreflight(c)) return grantPreflight(c);
      return renderProblem(c, new Problem(404, 'route-not-found', 'The path does not exist; /docs lists all calls.'));
    }
    const detail = `This path does not take ${c.req.method}; it takes ${allowed.join(', ')}.`;
    return renderProblem(c, new Problem(405, 'method-not-allowed', detail, { headers: { allow: allowed.join(', ') } }));
  };
}

function isPreflight(c: Context): boolean {
  return c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
}

function grantPreflight(c: Context): Response {
  c.header('access-control-allow-methods', METHODS.join(', '));
  c.header('access-control-allow-headers', c.req.header('access-control-request-headers') ?? '*');
  return c.body(null, 204);
}

/** Whether a route takes this method and path; the middleware that matches everything does not count. */
function hasRoute(app: Hono, method: string, path: string): boolean {
  const [handlers] = app.router.match(method, path);
  return handlers.some(([[, route]]) => route.method === method);
}
